# SPDX-License-Identifier: Apache-2.0
"""A real Redis to break, in a folder of its own. It keeps its data when it is killed: each command is in its log
before it is answered."""

import pathlib
import shutil
import subprocess
import tempfile

import redis

from kafka_server import free_ports
from server_process import ServerProcess
from waiting import die_with_parent, wait_until


class RedisServer(ServerProcess):
    def __init__(self, settings=("--appendonly", "yes", "--appendfsync", "no")):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="natmill-redis-"))
        self.port = free_ports(1)[0]
        self.settings = list(settings)
        self.process = None

    def start(self):
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--dir", self.folder, "--save", "",
                 *self.settings], stdin=subprocess.DEVNULL, stdout=log, stderr=log, preexec_fn=die_with_parent)
        wait_until(self._ready, 30, lambda: f"Redis is up: {self.log()[-1000:]}")
        return self

    def _ready(self):
        assert self.process.poll() is None, f"Redis ended: {self.log()[-1000:]}"
        try:
            return self.client().ping()
        except redis.exceptions.ConnectionError:
            return False

    def log(self):
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    def client(self, **more):
        return redis.Redis(host="127.0.0.1", port=self.port, decode_responses=True, socket_timeout=30, **more)

    def pairs(self):
        """All keys with their values."""
        client = self.client()
        keys = list(client.scan_iter(count=10000))
        for start in range(0, len(keys), 1000):
            part = keys[start:start + 1000]
            yield from zip(part, client.mget(part))

    def close(self):
        if self.process is not None:
            self.freeze(False)
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
