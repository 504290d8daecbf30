# SPDX-License-Identifier: Apache-2.0
"""How long each partition stood still: looks at the watermarks all the time while every partition gets messages."""

import threading
import time

import psycopg2

EVERY = 0.01


class Pauses:
    """`with Pauses(rig.marks)`; longest() since the last reset()."""

    def __init__(self, marks):
        self.marks = marks
        self.lock = threading.Lock()
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.reset()

    def reset(self):
        with self.lock:
            self.moved, self.pause, self.seen = {}, {}, {}

    def _run(self):
        while not self.stop.wait(EVERY):
            try:
                marks = self.marks()
            except psycopg2.Error:
                continue
            now = time.monotonic()
            with self.lock:
                for number, offset in marks.items():
                    self.pause[number] = max(self.pause.get(number, 0), now - self.moved.setdefault(number, now))
                    if offset != self.seen.get(number):
                        self.seen[number], self.moved[number] = offset, now

    def longest(self, numbers=None):
        """Seconds, of these partitions or of all; 0 of none."""
        with self.lock:
            return max((pause for number, pause in self.pause.items() if numbers is None or number in numbers),
                       default=0)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()
