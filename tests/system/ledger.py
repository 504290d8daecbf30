# SPDX-License-Identifier: Apache-2.0
"""Reads a SQLite output with Python's own client, and checks conservation: every message is found exactly once among
events, dead letters and what is ignored."""

import collections
import sqlite3

import traffic
from waiting import wait_until

TABLES = ("session_mapping", "port_mapping", "port_block_mapping", "address_mapping")


class Ledger:
    def __init__(self, path):
        self.path = path

    def query(self, sql, *values):
        """All rows; none while the database or the table is not there yet."""
        if not self.path.exists():
            return []
        database = sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=10)
        try:
            return database.execute(sql, values).fetchall()
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            database.close()

    def count(self):
        return sum(rows[0][0] for rows in (self.query(f"SELECT count(*) FROM {name}") for name in TABLES) if rows)

    def letters(self, columns="topic, \"partition\", \"offset\", reason"):
        return self.query(f"SELECT {columns} FROM natmill_dead_letters ORDER BY topic, \"partition\", \"offset\"")

    def watermarks(self, topic, output="sqlite"):
        """{partition: next offset}"""
        return dict(self.query('SELECT "partition", next_offset FROM natmill_watermarks WHERE topic = ? AND output = ?',
                               topic, output))

    def progress(self, topic):
        return sum(self.watermarks(topic).values())

    def wait(self, topic, per_partition, partitions=4, timeout=60, what=""):
        """Until each partition's watermark stands at per_partition."""
        want = {number: per_partition for number in range(partitions)}
        wait_until(lambda: self.watermarks(topic) == want, timeout,
                   lambda: f"all watermarks of {topic} at {per_partition}: {self.watermarks(topic)} {what}")

    def check(self, topic, per_partition, partitions=4):
        """traffic.produce()'s messages 0..per_partition-1 of each partition: each found once, with its own content.
        Returns the numbers of events and dead letters."""
        events = collections.Counter()
        for table in TABLES:
            rows = self.query(f'SELECT "partition", "offset", src_ip FROM {table} WHERE topic = ?', topic)
            for partition, offset, source in rows:
                assert source == traffic.source(partition, offset), f"partition {partition} offset {offset}: {source}"
                events[partition, offset] += 1
        letters = collections.Counter(row[1:3] for row in self.letters() if row[0] == topic)
        wrong = [(place, kind, events[place], letters[place])
                 for place, kind in ((place, traffic.kind(place[1]))
                                     for place in all_places(per_partition, partitions))
                 if (events[place], letters[place]) != (int(kind == "event"), int(kind == "dead"))]
        assert not wrong, f"{len(wrong)} wrong, as (place, kind, events, dead letters): {wrong[:10]}"
        assert set(events) | set(letters) <= set(all_places(per_partition, partitions))
        return events.total(), letters.total()


def all_places(per_partition, partitions):
    return [(partition, offset) for partition in range(partitions) for offset in range(per_partition)]
