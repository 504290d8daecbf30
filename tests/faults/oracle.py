# SPDX-License-Identifier: Apache-2.0
"""Knows every message produced and what must become of it, and looks with a client of its own (psycopg2) whether it
has: each event in its table exactly once with the right content, each dead letter exactly once with the original
value, nothing else. And while a campaign runs: offsets only grow, and the group is never ahead of the tables."""

import threading
import time

import psycopg2
from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

import lines

COLUMNS = {
    "session_mapping": ["vrf_id", "src_ip", "x_ip", "protocol", "src_port", "x_port", "dst_ip", "dst_port"],
    "port_mapping": ["vrf_id", "src_ip", "x_ip", "protocol", "src_port", "x_port"],
    "port_block_mapping": ["vrf_id", "src_ip", "x_ip", "start_port", "end_port"],
    "address_mapping": ["vrf_id", "src_ip", "x_ip"],
}
COMMON = ["timestamp", "host", "event", "host_name"]
ADDRESSES = ("host", "src_ip", "x_ip", "dst_ip")


def selection(column):
    if column == "timestamp":
        return "(extract(epoch FROM timestamp) * 1000000)::bigint"
    return f"host({column})" if column in ADDRESSES else f'"{column}"'


class Produced:
    """What was written into one topic: {(partition, offset): value}, filled by the broker's answers. A message that was
    sent twice because the first answer was lost is acknowledged without its offset, or stands in the log twice: what
    no answer told of is looked for in the log."""

    def __init__(self, kafka, topic, partitions, properties=None):
        """properties: more of them for the producer."""
        self.kafka = kafka
        self.topic = topic
        self.partitions = partitions
        self.values = {}
        self.unplaced = []  # (partition, value)
        self.sent = 0
        self.repeated = 0  # messages that the log has once more
        self.failed = []
        self.number = 0
        self.make = lines.message
        self.producer = Producer({"bootstrap.servers": kafka.bootstrap, "linger.ms": 5, "enable.idempotence": True,
                                  "log_level": 0, **(properties or {})})

    def forget(self):
        """The topic is another one now."""
        self.values.clear()
        self.sent = self.repeated = 0

    def send(self, value, partition):
        def delivered(error, record):
            if error is not None:
                self.failed.append(str(error))
            elif record.offset() is None:
                self.unplaced.append((partition, value))
            else:
                self.values[partition, record.offset()] = value

        self.producer.produce(self.topic, value, partition=partition, on_delivery=delivered)
        self.sent += 1

    def numbers(self, count):
        """The next `count` messages, spread over the partitions."""
        for _ in range(count):
            self.send(self.make(self.number), self.number % self.partitions)
            self.number += 1
        self.producer.poll(0)

    def flush(self):
        left = self.producer.flush(60)
        assert left == 0 and not self.failed, f"{left} not written, {len(self.failed)} refused: {self.failed[:1]}"
        self._look_for_the_rest()
        told = len(self.values) - self.repeated
        assert told == self.sent, f"{self.sent} sent, {told} acknowledged"

    def _look_for_the_rest(self):
        for number, end in self.kafka.end_offsets(self.topic).items():
            of_log = {offset: value for (partition, offset), value in self.values.items() if partition == number}
            rest = sorted(set(range(end)) - of_log.keys())
            if rest:
                log = self.kafka.read_from(self.topic, number, rest[0], end)
                self._take(number, {offset: log[offset] for offset in rest if offset in log}, set(of_log.values()))

    def _take(self, partition, rest, told):
        """rest: {offset: value} that no answer told of; told: the values that one did. Offsets without a message are
        Kafka's own."""
        for offset, value in rest.items():
            self.values[partition, offset] = value
            if (partition, value) in self.unplaced:
                self.unplaced.remove((partition, value))
                told.add(value)
            else:
                assert value in told, f"{self.topic} [{partition}] offset {offset} is nobody's: {value[:200]}"
                self.repeated += 1


class Load:
    """`with Load(produced, rate)`: messages a second, all the time."""

    def __init__(self, produced, rate):
        self.produced = produced
        self.rate = rate
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        start, done = time.monotonic(), 0
        while not self.stop.wait(0.02):
            due = int((time.monotonic() - start) * self.rate)
            due = min(due, done + self.rate)  # a machine that stood still is not caught up with
            self.produced.numbers(due - done)
            done = due

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, failed, *_):
        self.stop.set()
        self.thread.join()
        if failed is None:  # else that is what to tell
            self.produced.flush()


class Watch:
    """Looks all the time: neither the group's offsets nor the watermarks go back, and the group is never ahead of the
    tables. Reads the group first and the tables after, so that what it sees is true whatever happens between."""

    def __init__(self, kafka, group, topic, partitions, watermarks):
        self.watermarks = watermarks
        self.consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": group, "enable.auto.commit": False,
                                  "log_level": 0})
        self.asked = [TopicPartition(topic, number) for number in range(partitions)]
        self.wrong = []
        self.looks = 0
        self.committed = {}
        self.marks = {}
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.stop.wait(0.1):
            try:
                committed = {one.partition: one.offset for one in self.consumer.committed(self.asked, timeout=2)
                             if one.offset >= 0}
                marks = self.watermarks()
            except (KafkaException, psycopg2.Error):
                continue  # broken just now, on purpose
            self._compare(committed, marks)
            self.looks += 1

    def _compare(self, committed, marks):
        for name, before, now in (("group's offset", self.committed, committed), ("watermark", self.marks, marks)):
            for number, offset in now.items():
                if offset < before.get(number, 0):
                    self.wrong.append(f"{name} of partition {number} went back from {before[number]} to {offset}")
        for number, offset in committed.items():
            if marks and offset > marks.get(number, 0):
                self.wrong.append(f"partition {number}: the group is at {offset}, the tables at {marks.get(number)}")
        self.committed.update(committed)
        self.marks.update(marks)

    def close(self):
        if not self.stop.is_set():
            self.stop.set()
            self.thread.join()
            self.consumer.close()


class Tables:
    """One look at the database. refused(table, fields): the events that a constraint refuses. either: values that may
    be an event or a dead letter."""

    def __init__(self, connection, topic, refused=None, either=(), letters=True):
        self.connection = connection
        self.topic = topic
        self.refused = refused or (lambda table, fields: False)
        self.either = set(either)
        self.keeps_letters = letters
        self.wrong = []

    def rows(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, (self.topic,))
            while found := cursor.fetchmany(20000):
                yield from found

    def events(self):
        """{(partition, offset, index): (table, fields)}; what is there twice goes to wrong."""
        seen = {}
        for table, own in COLUMNS.items():
            columns = COMMON + own
            listed = ", ".join(map(selection, columns))
            for row in self.rows(f'SELECT "partition", "offset", idx, {listed} FROM {table} WHERE topic = %s'):
                place, fields = row[:3], dict(zip(columns, row[3:]))
                if place in seen:
                    self.wrong.append(("twice", place, table))
                seen[place] = (table, fields)
        return seen

    def letters(self):
        """{(partition, offset, record, index, output): value}"""
        return {row[:5]: row[5] and bytes(row[5]) for row in self.rows(
            'SELECT "partition", "offset", record, idx, output, value FROM natmill_dead_letters WHERE topic = %s')}

    def check(self, values):
        """values: {(partition, offset): value}. Returns (events, dead letters) found; self.wrong has what is wrong."""
        events, letters = self.events(), self.letters()
        total = len(events), len(letters)
        by_message = {}
        for place, value in letters.items():
            by_message.setdefault(place[:2], []).append((place[2:], value))
        for place, value in values.items():
            self._message(place, value, events, by_message.pop(place, []))
        self.wrong += [("from nowhere", place, found) for place, found in events.items()]
        self.wrong += [("letter from nowhere", place, found) for place, found in by_message.items()]
        return total

    def _message(self, place, value, events, letters):
        if value in self.either:
            found = (events.pop((*place, 0), None) is not None) + len(letters)
            if found != 1:
                self.wrong.append((f"poison {found} times", place, value))
            return
        wanted, dead = lines.expected(value)
        refused = 0
        for index, table, fields in wanted:
            found = events.pop((*place, index), None)
            if self.refused(table, fields):
                refused += 1
                if found is not None:
                    self.wrong.append(("stored though refused", place, found))
            elif found is None:
                self.wrong.append(("lost", place, table, fields))
            elif found != (table, fields):
                self.wrong.append(("changed", place, found, (table, fields)))
        if any(one[1] != value for one in letters):
            self.wrong.append(("letter with another value", place))
        of_scripts = sum(one[0][2] == "" for one in letters)
        if not self.keeps_letters:
            dead = 0
        if (of_scripts, len(letters) - of_scripts) != (dead, refused):
            self.wrong.append(("dead letters", place, f"{len(letters)} instead of {dead} and {refused} refused"))

    def report(self):
        kinds = {}
        for one in self.wrong:
            kinds[one[0]] = kinds.get(one[0], 0) + 1
        return ", ".join(f"{count} {kind}" for kind, count in kinds.items()) + f"; the first: {self.wrong[:3]}"
