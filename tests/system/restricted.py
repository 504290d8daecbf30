# SPDX-License-Identifier: Apache-2.0
"""Runs a command that may not make memory executable: restricted.py HOW COMMAND ARGS... HOW is `mdwe` (the kernel's own
switch, Linux 6.3) or `seccomp` (the rule that systemd's MemoryDenyWriteExecute= sets on older kernels)."""

import ctypes
import os
import platform
import struct
import sys

PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, PR_SET_MDWE = 38, 22, 65
MDWE_REFUSE_EXEC_GAIN = 1
SECCOMP_MODE_FILTER = 2
PROT_WRITE, PROT_EXEC = 2, 4
LOAD, AND, EQUALS, RETURN = 0x20, 0x54, 0x15, 0x06  # of classic BPF, on 32-bit words and constants
NUMBER, ARGUMENT_2 = 0, 32  # offsets in struct seccomp_data, little endian
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | 1  # EPERM
CALLS = {"x86_64": (9, 10), "aarch64": (222, 226)}  # mmap, mprotect

_libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_char_p)]


def prctl(what, *arguments):
    if _libc.prctl(what, *[ctypes.c_ulong(one) if isinstance(one, int) else one for one in arguments]) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {what}")


def deny_by_kernel():
    prctl(PR_SET_MDWE, MDWE_REFUSE_EXEC_GAIN, 0, 0, 0)


def deny_by_filter():
    """mprotect to executable, and mmap of memory that is writable and executable, fail with EPERM."""
    mmap, mprotect = CALLS[platform.machine()]
    both = PROT_WRITE | PROT_EXEC
    lines = [
        (LOAD, 0, 0, NUMBER),
        (EQUALS, 1, 0, mprotect),
        (EQUALS, 3, 7, mmap),
        (LOAD, 0, 0, ARGUMENT_2),
        (AND, 0, 0, PROT_EXEC),
        (EQUALS, 3, 4, PROT_EXEC),
        (LOAD, 0, 0, ARGUMENT_2),
        (AND, 0, 0, both),
        (EQUALS, 0, 1, both),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
    code = b"".join(struct.pack("HBBI", *line) for line in lines)
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(Program(len(lines), code)), 0, 0)


DENY = {"mdwe": deny_by_kernel, "seccomp": deny_by_filter}


def here():
    """The ways that this machine has."""
    kernel = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
    ways = ["mdwe"] if kernel >= (6, 3) else []
    return ways + (["seccomp"] if platform.machine() in CALLS else [])


if __name__ == "__main__":
    DENY[sys.argv[1]]()
    os.execv(sys.argv[2], sys.argv[2:])
