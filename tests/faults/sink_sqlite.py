# SPDX-License-Identifier: Apache-2.0
"""natmill killed with SQLite as an output. It stands behind PostgreSQL in the same natmill, so that a kill often
falls between the two commits; a reader of its own compares every row."""

import contextlib
import json
import sqlite3

import json_oracle
from campaigns import campaign
from killing import kill_again_and_again
from oracle import COLUMNS
from waiting import wait_until

DEFAULT_KILLS = 20
PLACE = ("topic", "partition", "offset", "idx")


def rows(path, sql, *arguments):
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as db:
        db.row_factory = sqlite3.Row
        return db.execute(sql, arguments).fetchall()


def copies(path, topic):
    """(identity, JSON) of each row."""
    for table in COLUMNS:
        for row in rows(path, f"SELECT * FROM {table} WHERE topic = ?", topic):
            event = {name: row[name] for name in row.keys() if name not in PLACE and row[name] is not None}
            yield (tuple(row[name] for name in PLACE[1:]),
                   json.dumps({"type": table.replace("_", "-"), **event}))


def check(rig, path):
    """The verdict over both."""
    def marks():
        found = rows(path, "SELECT partition, next_offset FROM natmill_watermarks WHERE topic = ?", rig.topic)
        return {row["partition"]: row["next_offset"] for row in found}

    told = rig.check(90)
    wait_until(lambda: marks() == rig.ends(), 60, lambda: f"{marks()} instead of {rig.ends()}\n{rig.tail()}")
    events, again = json_oracle.check(rig.produced.values, copies(path, rig.topic))
    assert again == 0, f"{again} of {events} events are in SQLite twice"
    return f"{told}; {events} rows in SQLite, 0 lost, 0 twice"


def kill(rig, count, processes):
    path = rig.folder / "events.db"
    rig.others = [{"type": "sqlite", "path": str(path)}]
    told = kill_again_and_again(rig, count, processes)
    return f"{told.split(';', maxsplit=1)[0]}; {check(rig, path)}"


@campaign("sqlite-kills", "O1 O3 O7 O8")
def sqlite_kills(rig, count=DEFAULT_KILLS):
    """kill -9 at random moments, and at every boundary of a batch in the database before it"""
    return kill(rig, count, 1)


@campaign("sqlite-kills-pair", "O3 O6 O7 S6")
def sqlite_kills_pair(rig, count=DEFAULT_KILLS // 2):
    """two processes with one database file, killed in turn"""
    return kill(rig, count, 2)
