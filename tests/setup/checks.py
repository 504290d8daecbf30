# SPDX-License-Identifier: Apache-2.0
"""The checks that are no test cases: lint and fuzzing. Each yields (name, passed, detail). Used by suite.py."""

import glob
import hashlib
import json
import os
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor

from watch import Watch

CLANG_FORMAT = "build/venv/bin/clang-format"
TIDY_BUILD = "build/asan"  # the compile commands are clang's own there
TIDY_CLEAN = "build/tidy"
# The slow analysis is for what ships; the tests run under the sanitizers anyway.
TESTS_WITHOUT = "-clang-analyzer-*,-cert-err34-c"
# How many states of a function are looked at: a third of clang's default takes a third of the time.
QUICK_ANALYSIS = [f"--extra-arg={word}" for word in ("-Xclang", "-analyzer-config", "-Xclang", "max-nodes=75000")]


def c_files(*suffixes):
    """The C and C++ files of the project with these suffixes, all by default."""
    suffixes = suffixes or ("c", "cc", "h")
    return sorted(path for folder in ("engine", "outputs", "tests") for suffix in suffixes
                  for path in glob.glob(f"{folder}/**/*.{suffix}", recursive=True))


def reformat():
    return subprocess.run([CLANG_FORMAT, "-i", *c_files()], check=False).returncode


def shown(command):
    """Runs a command; what it says is shown only if it fails. True if it passed."""
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if run.returncode != 0:
        print(run.stdout, end="")
    return run.returncode == 0


def clang_tidy(thorough):
    with open(TIDY_BUILD + "/compile_commands.json", encoding="utf-8") as file:
        entries = {os.path.relpath(entry["file"]): entry for entry in json.load(file)}
    os.makedirs(TIDY_CLEAN, exist_ok=True)
    with open(".clang-tidy", "rb") as file:
        version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout + file.read()
    more = [] if thorough else QUICK_ANALYSIS
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        sources = [entries[path] for path in c_files("c", "cc") if path in entries]
        return all(list(pool.map(lambda entry: tidy_one(entry, version, more), sources)))


def tidy_one(entry, version, more):
    """One source. What was found clean is remembered by a hash of all that the compiler sees, so that a second run
    looks only at what has changed."""
    path = os.path.relpath(entry["file"])
    command = shlex.split(entry["command"])
    start = 1 if command[0].endswith("ccache") else 0
    preprocess = command[start:command.index("-o")] + ["-E", entry["file"]]
    text = subprocess.run(preprocess, cwd=entry["directory"], capture_output=True, check=False).stdout
    seen = version + " ".join([*more, path]).encode() + text
    clean = os.path.join(TIDY_CLEAN, hashlib.sha256(seen).hexdigest())
    if os.path.exists(clean):
        return True
    less = [f"--checks={TESTS_WITHOUT}"] if path.startswith("tests/") else []
    if not shown(["clang-tidy", "--quiet", *more, *less, "-p", TIDY_BUILD, path]):
        return False
    with open(clean, "w", encoding="ascii"):
        return True


def luacheck():
    folders = [folder for folder in ("scripts", "vendors", "tests/lua") if glob.glob(folder + "/*.lua")]
    return shown(["luacheck", "--quiet", "--no-color", *folders])


LINT = [
    ("clang-format", lambda _: shown([CLANG_FORMAT, "--dry-run", "-Werror", *c_files()])),
    ("clang-tidy", clang_tidy),
    ("luacheck", lambda _: luacheck()),
    ("house rules", lambda _: shown(["/usr/bin/python3", "tests/lint/house.py"])),
]


def lint(thorough):
    """Yields (name, passed, detail) of each check; thorough: the analysis of clang-tidy goes as deep as it can."""
    for name, check in LINT:
        watch = Watch()
        passed = check(thorough)
        print(f"   {name}: {'ok' if passed else 'FAILED'}, {watch}")
        yield name, passed, ""


def fuzz_one(program, seconds, results):
    """One target on its stored corpus and on what earlier runs found (kept in build/fuzz)."""
    name = os.path.basename(program).removeprefix("fuzz_")
    found = f"build/fuzz/corpus/{name}"
    os.makedirs(found, exist_ok=True)
    stored = [folder for folder in [f"tests/fuzz/corpus/{name}"] if os.path.isdir(folder)]
    log = f"{results}/fuzz-{name}.log"
    command = [program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=1024", "-close_fd_mask=1",
               "-print_final_stats=1", f"-artifact_prefix={results}/fuzz-{name}-", found, *stored]
    with open(log, "w", encoding="utf-8") as file:
        status = subprocess.run(command, stdout=file, stderr=subprocess.STDOUT, check=False).returncode
    return name, status == 0, f"status {status}, see {log}"


def fuzz(seconds, results):
    programs = sorted(p for p in glob.glob("build/fuzz/tests/fuzz/fuzz_*") if os.access(p, os.X_OK))
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, passed, detail in pool.map(lambda program: fuzz_one(program, seconds, results), programs):
            print(f"   {name}: {'ok' if passed else 'FAILED: ' + detail}")
            yield name, passed, detail
