# SPDX-License-Identifier: Apache-2.0
"""The checks that are no test cases: lint and fuzzing. Each yields (name, passed, detail). Used by suite.py."""

import glob
import json
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

CLANG_FORMAT = "build/venv/bin/clang-format"
TIDY_BUILD = "build/asan"  # the compile commands are clang's own there


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


def clang_tidy():
    with open(TIDY_BUILD + "/compile_commands.json", encoding="utf-8") as file:
        known = {os.path.realpath(entry["file"]) for entry in json.load(file)}
    sources = [path for path in c_files("c", "cc") if os.path.realpath(path) in known]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return all(list(pool.map(lambda path: shown(["clang-tidy", "--quiet", "-p", TIDY_BUILD, path]), sources)))


def luacheck():
    folders = [folder for folder in ("scripts", "vendors", "tests/lua") if glob.glob(folder + "/*.lua")]
    return shown(["luacheck", "--quiet", "--no-color", *folders])


LINT = [
    ("clang-format", lambda: shown([CLANG_FORMAT, "--dry-run", "-Werror", *c_files()])),
    ("clang-tidy", clang_tidy),
    ("luacheck", luacheck),
    ("house rules", lambda: shown(["/usr/bin/python3", "tests/lint/house.py"])),
]


def lint():
    for name, check in LINT:
        start = time.monotonic()
        passed = check()
        print(f"   {name}: {'ok' if passed else 'FAILED'}, {time.monotonic() - start:.0f} s")
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
