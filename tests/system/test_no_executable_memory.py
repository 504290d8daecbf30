# SPDX-License-Identifier: Apache-2.0
"""Where memory cannot be made executable LuaJIT ends its process at the first hot loop. natmill says so and goes on
without compiling."""

import json
import pathlib
import subprocess
import sys

import pytest

import restricted
import traffic
from natmill_process import Natmill, write_config

LAUNCHER = restricted.__file__
VENDORS = pathlib.Path(__file__).resolve().parents[2] / "vendors"
PER_PARTITION = 3000
WARNING = "warn memory cannot be made executable"

# Its regex and its handler would be compiled, too.
SCRIPT = """
local acme = vendor "acme"
acme:topics "acme"
acme:actions { on = "created" }
acme:regex("port_mapping", [[^nat (?P<action>on) (?P<src_ip>\\S+):(?P<src_port>\\d+) (?P<x_ip>\\S+):(?P<x_port>\\d+)$]])
acme:handler(function(message, event, emit)
    local sum = 0
    for i = 1, 1000 do sum = sum + i end
    if sum == 500500 then error("summed up") end
end)
return acme
"""

PROBE = """
import ctypes
libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
page = libc.mmap(None, 4096, 3, 0x22, -1, 0)  # to read and write
exit(libc.mprotect(ctypes.c_void_p(page), 4096, 5) == 0)  # to read and execute
"""


@pytest.fixture(params=["mdwe", "seccomp"])
def denied(request, natmill):
    """The beginning of a command that runs natmill so."""
    if request.param not in restricted.here():
        pytest.skip(f"this kernel has no {request.param}")
    return [sys.executable, LAUNCHER, request.param, str(natmill)]


def run(denied, *arguments, folder, status=0, **options):
    result = subprocess.run([*denied, *map(str, arguments)], cwd=folder, capture_output=True, text=True, timeout=120,
                            check=False, **options)
    assert result.returncode == status, (result.returncode, result.stdout, result.stderr)
    return result


def test_the_launcher_denies(denied, tmp_path):
    (tmp_path / "probe.py").write_text(PROBE)
    run([*denied[:3], sys.executable], "probe.py", folder=tmp_path)
    run([sys.executable], "probe.py", folder=tmp_path, status=1)


def test_run_stores_everything(denied, kafka, topic, configure, ledger, tmp_path):
    traffic.produce(kafka, topic, PER_PARTITION)
    path = write_config(tmp_path, configure(kafka, topic, workers=2))
    process = Natmill(denied[0], [*denied[1:], "run", "-c", str(path)], tmp_path)
    try:
        process.wait_for_err(WARNING + r" \(\w+.*\): .*remove MemoryDenyWriteExecute=")
        ledger.wait(topic, PER_PARTITION, what=process.err[-3000:])
        assert process.terminate() == 0
    finally:
        process.kill()
    ledger.check(topic, PER_PARTITION)
    assert process.err.count(WARNING) == 1


def test_try_of_regex_and_function(denied, tmp_path):
    (tmp_path / "acme.lua").write_text(SCRIPT)
    lines = "nat on 10.0.0.1:1 192.0.2.1:2\nsomething else\n" * 1000
    result = run(denied, "try", "--vendor", "acme", "--vendors", tmp_path, "--json", folder=tmp_path, input=lines)
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(answers) == 2000
    assert all(answer["verdict"] == "events" for answer in answers[0::2])
    assert all("summed up" in answer["reason"] for answer in answers[1::2])


def test_samples_and_warnings_are_the_same(denied, natmill, tmp_path):
    assert run(denied, "test", "--vendors", VENDORS, folder=tmp_path).stdout.endswith(" samples passed, 0 failed\n")
    (tmp_path / "vendors").symlink_to(VENDORS)
    result = run(denied, "check", folder=tmp_path)
    assert result.stdout == run([str(natmill)], "check", folder=tmp_path).stdout
    assert "not compiled" not in result.stdout + result.stderr


@pytest.mark.slow
def test_demo(denied, tmp_path):
    result = run(denied, "demo", "--seconds", "1", "--vendor", "nfware", "--vendors", VENDORS, "--dir",
                 tmp_path / "kept", folder=tmp_path)
    assert result.stderr == ""
    assert "Who held" in result.stdout
