# SPDX-License-Identifier: Apache-2.0
"""Stops one thread of a process while its others go on, as a library call does that never returns."""

import contextlib
import ctypes
import os
import pathlib

PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # waitpid: also for a thread that is no child

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def _ptrace(what, thread):
    if _libc.ptrace(what, thread, None, None) < 0:
        raise OSError(ctypes.get_errno(), f"ptrace {what} of {thread}")


def thread_of(pid, name):
    for folder in pathlib.Path(f"/proc/{pid}/task").iterdir():
        if (folder / "comm").read_text().strip() == name:
            return int(folder.name)
    raise LookupError(f"process {pid} has no thread {name}")


@contextlib.contextmanager
def frozen(pid, name):
    """The thread of that name stands still meanwhile. The process must be a child."""
    thread = thread_of(pid, name)
    _ptrace(PTRACE_SEIZE, thread)
    _ptrace(PTRACE_INTERRUPT, thread)
    os.waitpid(thread, WALL)
    try:
        yield
    finally:
        _ptrace(PTRACE_DETACH, thread)
