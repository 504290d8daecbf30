# SPDX-License-Identifier: Apache-2.0
"""The service manager's side of sd_notify(3): a socket of the test's own, and a watchdog that only notes."""

import socket
import threading
import time

from waiting import wait_until


class NotifySocket:
    """address: a path or @name. `told` holds (time.monotonic(), key, value) of each line, in order."""

    def __init__(self, address):
        self.address = str(address)
        self.told = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + self.address[1:] if self.address.startswith("@") else self.address)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self):
        while data := self._socket.recv(4096):
            now = time.monotonic()
            self.told += [(now, *line.split("=", 1)) for line in data.decode().splitlines()]

    def environment(self, watchdog_s=0):
        watchdog = {"WATCHDOG_USEC": str(int(watchdog_s * 1e6))} if watchdog_s else {}
        return {"NOTIFY_SOCKET": self.address, **watchdog}

    def values(self, key):
        return [value for _, name, value in list(self.told) if name == key]

    def times(self, key):
        return [when for when, name, _ in list(self.told) if name == key]

    def wait_for(self, key, value=None, count=1, timeout=30):
        """Until the line was told so often; value: a part of it."""
        wait_until(lambda: sum(value is None or value in one for one in self.values(key)) >= count, timeout,
                   lambda: f"{count} times {key}={value}: {self.told[-20:]}")

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as mine:
            mine.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()
