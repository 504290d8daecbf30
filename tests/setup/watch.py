# SPDX-License-Identifier: Apache-2.0
"""How long a runner took, and how much of the processors it and all that it started used. Used by suite.py and
checks.py. What a server does that has left its parents (PostgreSQL's pg_ctl, say) is not counted."""

import os
import time


class Watch:
    """Begins when it is made; as a string: the time since, `12 s (34 s of processors)`."""

    def __init__(self):
        self.began = time.monotonic()
        self.used_before = used()

    def __str__(self):
        return f"{time.monotonic() - self.began:.0f} s ({used() - self.used_before:.0f} s of processors)"


def used():
    """Seconds of all children that have ended and were waited for, at any depth."""
    times = os.times()
    return times.children_user + times.children_system
