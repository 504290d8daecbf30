# SPDX-License-Identifier: Apache-2.0
"""The row kafka-redis of ./run bench: natmill into Redis against `redis-benchmark -P` with the same commands, SET with
keys of the same scheme and a value as natmill writes it, into the same server: the best of some depths of its
pipeline, over as many connections as natmill has workers."""

import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "faults"))

from server_redis import RedisServer  # noqa: E402

WORKERS = 2
DEPTHS = (16, 128, 1000)


class Side:
    """The server, and what of natmill's is compared."""

    def __init__(self):
        self.server = RedisServer(["--appendonly", "no"]).start()
        self.keys = self.value = None

    def stored(self):
        return int(self.server.client().info("commandstats")["cmdstat_set"]["calls"])

    def look(self):
        """The number of keys that natmill made, and a value of the usual length."""
        client = self.server.client()
        self.keys = client.dbsize()
        keys = [client.randomkey() for _ in range(99)]
        self.value = sorted(client.mget(keys), key=len)[49]

    def empty(self):
        client = self.server.client()
        client.flushall()
        client.config_resetstat()

    def benchmark(self, count, depth):
        """Seconds that redis-benchmark takes for as many commands over as many keys."""
        self.empty()
        start = time.monotonic()
        done = subprocess.run(
            ["redis-benchmark", "-p", str(self.server.port), "-c", str(WORKERS), "-P", str(depth), "-n", str(count),
             "-r", str(self.keys), "-q", "SET", "cgnat:events:sessionmapping:__rand_int__", self.value],
            check=True, capture_output=True, text=True, timeout=300)
        seconds = time.monotonic() - start
        assert self.stored() >= count, f"redis-benchmark sent {self.stored()} of {count} commands"
        told = float(re.findall(r"([\d.]+) requests per second", done.stdout)[-1])
        return count / max(told, count / seconds)


def kafka_redis(bench, rounds):
    side = Side()
    try:
        return measure(bench, rounds, side)
    finally:
        side.server.close()


def measure(bench, rounds, side):
    ours, reference = [], []
    output = {"type": "redis", "address": f"127.0.0.1:{side.server.port}"}
    for number in range(rounds):
        side.empty()
        ours.append(bench.natmill([output], WORKERS))
        assert side.stored() == bench.count, f"natmill stored {side.stored()} of {bench.count} events"
        if number == 0:
            side.look()
        reference += [bench.count / side.benchmark(bench.count, depth) for depth in DEPTHS]
    best = max(reference)
    row = {"path": "kafka-redis", **max(ours, key=lambda one: one["msgs_per_s"]), "reference": "redis-benchmark -P"}
    row["ratio"] = round(row["msgs_per_s"] / best, 3)
    return row, {"msgs_per_s": round(best)}
