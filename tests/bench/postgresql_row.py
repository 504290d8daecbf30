# SPDX-License-Identifier: Apache-2.0
"""The row kafka-postgresql of ./run bench: natmill into PostgreSQL against `psql \\copy` binary of the same rows into
the same table of the same server, the best of one and two streams. Rows are read back and counted on both sides.

psql reads a file and has both cores for the server; natmill shares them with the broker and reads Kafka. The `ceiling`
is about what an engine without any work of its own would reach: psql stores and bare librdkafka consumers read the same
number of messages, at once, until both are done."""

import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "faults"))

from database import Postgres  # noqa: E402

# The server's defaults for safety (fsync and synchronous_commit on), room for the log between checkpoints.
SETTINGS = ["max_wal_size=8GB", "shared_buffers=512MB", "autovacuum=off"]
TABLE = "session_mapping"


class Side:
    """The database side of the row."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o777)
        self.server = Postgres(SETTINGS).start()
        self.database = self.server.create()

    def url(self):
        return f"postgresql://postgres@127.0.0.1:{self.server.port}/{self.database}"

    def count(self):
        return self.server.run(self.database, f"SELECT count(*) FROM {TABLE}")[0][0]

    def empty(self):
        self.server.run(self.database, f"TRUNCATE {TABLE}")
        self.server.run(self.database, "TRUNCATE natmill_watermarks")
        self.server.run(self.database, "CHECKPOINT")

    def psql(self, command):
        return subprocess.Popen(["psql", "-q", "-X", "-d", self.url(), "-c", command], stderr=subprocess.PIPE,
                                text=True)

    def export(self, count):
        """The rows that natmill stored, as binary files of halves."""
        for part in range(2):
            path = self.folder / f"half{part}"
            done = self.psql(f"\\copy (SELECT * FROM {TABLE} LIMIT {count // 2} OFFSET {part * (count // 2)}) "
                             f"TO '{path}' (FORMAT binary)")
            assert done.wait() == 0, done.stderr.read()

    def copy(self, streams, count):
        """Seconds that psql takes for all rows, in one stream after the other or both at once."""
        halves = [f"\\copy {TABLE} FROM '{self.folder}/half{part}' (FORMAT binary)" for part in range(2)]
        start = time.monotonic()
        if streams == 1:
            for half in halves:
                assert self.psql(half).wait() == 0
        else:
            for process in [self.psql(half) for half in halves]:
                assert process.wait() == 0
        seconds = time.monotonic() - start
        assert self.count() == count, f"psql stored {self.count()} of {count} rows"
        return seconds

    def copy_beside(self, reader, streams, count):
        """Seconds until psql has stored all rows and a reader of Kafka has read as many messages, both at once."""
        with subprocess.Popen(reader, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout.readline() == "assigned\n"
            seconds = self.copy(streams, count)
            result = json.loads(process.stdout.readline())
        assert process.returncode == 0
        assert result["messages"] == count, f"the reader took {result['messages']} of {count}"
        return max(seconds, result["seconds"])

    def close(self):
        self.server.stop()


def kafka_postgresql(bench, rounds):
    with tempfile.TemporaryDirectory(prefix="natmill-bench-") as folder:
        side = Side(folder)
        try:
            return measure(bench, rounds, side)
        finally:
            side.close()


def measure(bench, rounds, side):
    ours, reference, ceiling = [], [], []
    for number in range(rounds):
        if number > 0:
            side.empty()
        ours.append(bench.natmill([{"type": "postgresql", "url": side.url()}]))
        assert side.count() == bench.count, f"natmill stored {side.count()} of {bench.count} rows"
        if number == 0:
            side.export(bench.count)
        for streams in (1, 2):
            side.empty()
            reference.append(bench.count / side.copy(streams, bench.count))
            side.empty()
            ceiling.append(bench.count / side.copy_beside(bench.yardstick(2), streams, bench.count))
    best = max(reference)
    row = {"path": "kafka-postgresql", **max(ours, key=lambda one: one["msgs_per_s"]),
           "reference": "psql copy binary"}
    row["ratio"] = round(row["msgs_per_s"] / best, 3)
    row["ceiling"] = round(max(ceiling))
    return row, {"msgs_per_s": round(best)}
