# SPDX-License-Identifier: Apache-2.0
"""What the compiler and the linker were told to put into the released program, read off the program itself."""

import platform
import re
import subprocess

import pytest


def output(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


@pytest.fixture(scope="module")
def release(natmill):
    """Sanitizers have checks of their own, and their builds no hardening."""
    symbols = output("readelf", "--dyn-syms", "-W", natmill)
    if re.search(r"__(asan|tsan)_init", symbols):
        pytest.skip("built with a sanitizer")
    return natmill


def test_position_independent_and_bound_at_start(release):
    dynamic = output("readelf", "-hdW", release)
    assert re.search(r"Type:\s+DYN", dynamic)
    assert re.search(r"FLAGS_1\).*NOW.*PIE", dynamic)


def test_no_memory_is_writable_and_executable(release):
    """And what the loader has filled in is read-only afterwards."""
    headers = output("readelf", "-lW", release)
    segments = re.findall(r"^\s+(LOAD|GNU_STACK|GNU_RELRO)\s+(?:0x\w+\s+){5}([RWE ]{3})", headers, re.MULTILINE)
    assert {kind for kind, _ in segments} == {"LOAD", "GNU_STACK", "GNU_RELRO"}
    assert [one for one in segments if "W" in one[1] and "E" in one[1]] == []
    assert ("GNU_STACK", "RW ") in segments


def test_stack_and_buffers_are_checked(release):
    symbols = output("readelf", "--dyn-syms", "-W", release)
    wanted = ("__stack_chk_fail", "__memcpy_chk", "__snprintf_chk", "__vsnprintf_chk")
    assert [name for name in wanted if f" {name}@" not in symbols] == []


@pytest.mark.skipif(platform.machine() != "x86_64", reason="read off this processor's instructions")
def test_jumps_and_large_frames_are_checked(release):
    """endbr64 where an indirect call may land; a frame of pages is touched page by page."""
    code = output("objdump", "-d", "--no-show-raw-insn", release)
    main = re.search(r"^\w+ <main>:\n\s*\w+:\s+(\S+)", code, re.MULTILINE)
    assert main and main.group(1) == "endbr64"
    assert re.search(r"\bor[qb]?\s+\$0x0,(0x\w+)?\(%rsp", code)


def test_only_libraries_that_are_used(release):
    told = subprocess.run(["ldd", "-u", release], capture_output=True, text=True, timeout=60, check=False)
    assert told.stderr == "" and "Unused" not in told.stdout
