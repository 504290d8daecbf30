# SPDX-License-Identifier: Apache-2.0
"""Runs the checks for `run`: suite.py test [--all] | lint [--fix] | fuzz [SECONDS].

Each runner goes on after another one has failed; summary.py adds them up. What they leave (JUnit files, logs of fuzz
targets) lies in build/results. The set-up is done by `run` before. The tests mostly wait, for servers and for time to
pass, so lint and fuzzing run in a process of their own beside them (`suite.py beside [--all]`), at low priority.
"""

import contextlib
import os
import shutil
import subprocess
import sys

import checks
from summary import Summary
from watch import Watch

RESULTS = "build/results"
BESIDE = RESULTS + "/beside"  # .log: what the process beside prints; .json: what it found
PYTEST = ["build/venv/bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
FAULTS_SKIPPED = RESULTS + "/faults-skipped"  # tests/faults/faults.py writes it
MOCK_MARK = RESULTS + "/mock-cluster"  # tests/system/conftest.py makes it when Apache Kafka is not there
# Twice as many as processors: most tests wait for a server or for time to pass.
AT_A_TIME = str(2 * os.cpu_count())
# Each file in one process, which has servers of its own.
SIDE_BY_SIDE = ["-n", AT_A_TIME, "--dist", "loadfile"]
QUICK = ["-m", "not slow"]  # the mark is made in tests/system/conftest.py
TSAN = {"TSAN_OPTIONS": f"halt_on_error=1:second_deadlock_stack=1:suppressions={os.getcwd()}/tests/setup/tsan.supp"}
LONG = {"TEST_OUTAGE_S": "120"}  # of --all, where a short outage serves otherwise


class Suite:
    def __init__(self):
        self.summary = Summary()
        os.makedirs(RESULTS, exist_ok=True)

    def run(self, title, command, env=None):
        """Runs one runner with its output shown; returns its exit status."""
        print(f"== {title}")
        watch = Watch()
        status = subprocess.run(command, env={**os.environ, **(env or {})}, check=False).returncode
        print(f"   {watch}")
        return status

    def build(self, kind):
        """Builds one type; a build that fails is one failure, and what it would have run cannot."""
        ok = self.run(f"build {kind}", ["./run", "build", kind]) == 0
        if not ok:
            self.summary.check(f"build {kind}", False)
        return ok

    def ctest(self, kind, folder):
        if not self.build(kind):
            return
        title = f"unit and contract, {kind}"
        junit = f"{os.getcwd()}/{RESULTS}/ctest-{kind}.xml"
        command = ["ctest", "--test-dir", folder, "--quiet", "--no-tests=error", "-j", AT_A_TIME,
                   "--output-junit", junit]
        self.summary.junit(title, junit, self.run(title, command, TSAN), show=True)

    def busted(self):
        junit = RESULTS + "/busted.xml"
        command = ["busted", "--lua=/usr/bin/luajit", "-o", "junit", "-Xoutput", junit]
        self.summary.junit("busted", junit, self.run("busted", command), show=True)

    def pytest(self, title, folders, env=None, options=()):
        folders = [folder for folder in folders if has_tests(folder)]
        if not folders:
            return
        junit = f"{RESULTS}/pytest-{title.replace(' ', '-')}.xml"
        status = self.run(title, PYTEST + [f"--junitxml={junit}", *options, *folders], env)
        self.summary.junit(title, junit, status)

    def faults(self, arguments):
        title = " ".join(["faults", *arguments])
        self.summary.check(title, self.run(title, ["./run", "faults", *arguments]) == 0)

    def valgrind(self):
        """Every output and the consumer opened and closed many times: no error, nothing lost for good."""
        for program in ("test_reconnect", "test_reconnect_kafka"):
            command = ["valgrind", "-q", "--leak-check=full", "--errors-for-leak-kinds=definite", "--error-exitcode=9",
                       "--child-silent-after-fork=yes", "build/tests/contract/" + program]
            title = f"{program} under valgrind"
            self.summary.check(title, self.run(title, command) == 0)

    def lint(self, thorough=True):
        print("== lint")
        for name, passed, detail in checks.lint(thorough):
            self.summary.check(f"lint: {name}", passed, detail)

    def fuzz(self, seconds):
        if not self.build("fuzz"):
            return
        print(f"== fuzz, {seconds} s each")
        for name, passed, detail in checks.fuzz(seconds, RESULTS):
            self.summary.check(f"fuzz: {name}", passed, detail)

    @contextlib.contextmanager
    def beside(self, everything):
        """Lints and fuzzes in a process of its own for as long as the body runs, and then to its end."""
        command = ["nice", "-n", "19", sys.executable, __file__, "beside", *(["--all"] if everything else [])]
        with open(BESIDE + ".log", "w+", encoding="utf-8") as log:
            with subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT) as process:
                try:
                    yield
                except BaseException:
                    process.terminate()
                    raise
            log.seek(0)
            print(log.read(), end="")
        self.summary.load("lint and fuzzing", BESIDE + ".json", process.returncode)

    def close(self):
        if os.path.exists(FAULTS_SKIPPED):
            with open(FAULTS_SKIPPED, encoding="utf-8") as file:
                for line in file:
                    self.summary.skip("faults", line.strip())
        if os.path.exists(MOCK_MARK):
            self.summary.notes.append("the system tests ran on librdkafka's mock cluster: Apache Kafka was not there")
        sys.exit(self.summary.close())


def has_tests(folder):
    return any(name.startswith("test_") for _, _, names in os.walk(folder) for name in names)


def test(suite, everything):
    shutil.rmtree(RESULTS)
    os.makedirs(RESULTS)
    with suite.beside(everything):
        # `release` first: the later runners use its program.
        suite.ctest("release", "build")
        suite.pytest("house", ["tests/lint", "tests/setup"])
        suite.ctest("asan", "build/asan")
        suite.busted()
        suite.pytest("system", ["tests/system"], LONG if everything else None,
                     SIDE_BY_SIDE + ([] if everything else QUICK))
        suite.pytest("short faults", ["tests/faults"])
    if everything:
        suite.pytest("containers", ["tests/containers"])
        suite.valgrind()
        suite.ctest("tsan", "build/tsan")
        for kind in ("asan", "tsan"):
            suite.pytest(f"system under {kind}", ["tests/system"], {"NATMILL": f"build/{kind}/natmill", **TSAN},
                         SIDE_BY_SIDE)
        suite.faults([])
        suite.faults(["--kills", "200"])


def main():
    sys.stdout.reconfigure(line_buffering=True)  # in step with what the runners print
    command, arguments = sys.argv[1], sys.argv[2:]
    if command == "lint" and arguments == ["--fix"]:
        sys.exit(checks.reformat())
    suite = Suite()
    if command == "beside":
        suite.lint(thorough=bool(arguments))
        suite.fuzz(60 if arguments else 5)
        suite.summary.save(BESIDE + ".json")
        return
    if command == "test" and arguments in ([], ["--all"]):
        test(suite, bool(arguments))
    elif command == "lint" and not arguments:
        suite.lint()
    elif command == "fuzz" and (not arguments or arguments[0].isdigit()):
        suite.fuzz(int(arguments[0]) if arguments else 60)
    else:
        sys.exit(f"run: `{command}` does not know {' '.join(arguments)}; see ./run help")
    suite.close()


if __name__ == "__main__":
    main()
