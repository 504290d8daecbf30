# SPDX-License-Identifier: Apache-2.0
"""The row kafka-sqlite of ./run bench: natmill into SQLite against a C loop of prepared inserts of the same rows into
the same tables with the same pragmas and rows a transaction (bench_insert.c). Rows are counted on both sides."""

import contextlib
import json
import pathlib
import sqlite3
import subprocess
import tempfile

BATCH = 10000  # natmill's default, and what the loop commits at once


def rows(path):
    with contextlib.closing(sqlite3.connect(path)) as db:
        return db.execute('SELECT count(*), count(DISTINCT "partition" << 40 | "offset") '
                          "FROM session_mapping").fetchone()


def remove(path):
    for end in ("", "-wal", "-shm"):
        pathlib.Path(f"{path}{end}").unlink(missing_ok=True)


def reference(bench, source, target):
    """Rows a second of the loop."""
    out = subprocess.run([bench.build / "tests" / "bench" / "bench_insert", source, target, str(BATCH)], check=True,
                         stdout=subprocess.PIPE, text=True).stdout
    told = json.loads(out)
    assert told["rows"] == bench.count and rows(target) == (bench.count, bench.count), f"the loop stored {rows(target)}"
    return bench.count / told["seconds"]


def kafka_sqlite(bench, rounds):
    ours, loop = [], []
    with tempfile.TemporaryDirectory(prefix="natmill-bench-") as folder:
        store, copy = f"{folder}/natmill.db", f"{folder}/loop.db"
        for _ in range(rounds):
            remove(store)
            ours.append(bench.natmill([{"type": "sqlite", "path": store}]))
            assert rows(store) == (bench.count, bench.count), f"natmill stored {rows(store)} of {bench.count}"
            remove(copy)
            loop.append(reference(bench, store, copy))
    row = {"path": "kafka-sqlite", **max(ours, key=lambda one: one["msgs_per_s"]), "reference": "prepared inserts"}
    row["ratio"] = round(row["msgs_per_s"] / max(loop), 3)
    return row, {"msgs_per_s": round(max(loop))}
