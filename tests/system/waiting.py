# SPDX-License-Identifier: Apache-2.0
"""Waiting for a condition with a deadline, instead of sleeping and hoping."""

import ctypes
import signal
import time

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


class Late(AssertionError):
    """What was waited for did not come in time."""


def wait_until(condition, timeout=30.0, what=None, every=0.02):
    """Calls condition until it gives something true, and returns that. Raises Late after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise Late(f"not within {timeout:g} s: {what() if callable(what) else what or condition.__name__}")
        time.sleep(every)


def die_with_parent():
    """For subprocess' preexec_fn: the child is killed when the test run dies, however it dies."""
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
