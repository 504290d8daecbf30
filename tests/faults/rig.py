# SPDX-License-Identifier: Apache-2.0
"""What a campaign works with: a fresh topic, group and database, a proxy in front of the database, natmill processes,
and an oracle. Kafka and PostgreSQL themselves are shared (World); a campaign that breaks them mends them."""

import os
import pathlib
import random
import re
import shutil
import signal
import tempfile
import time
import types
import uuid

import psycopg2

import lines
from database import Postgres
from kafka_server import KafkaServer, available
from natmill_process import Natmill, write_config
from oracle import Load, Produced, Tables, Watch
from proxy import Proxy, Requests
from waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTITIONS = 4
SESSION_MS = 2000
SHORT_SESSION_MS = 500  # for kills; librdkafka keeps it only while messages flow
BOUND_MS = 2000  # session_bound of the output: how long a frozen natmill may hold anything
QUICK = {"session.timeout.ms": SESSION_MS, "heartbeat.interval.ms": 100, "topic.metadata.refresh.interval.ms": 1000,
         "reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 500}


def program():
    found = pathlib.Path(os.environ.get("NATMILL") or ROOT / "build" / "natmill").resolve()
    assert found.exists(), f"{found} is missing; ./run build"
    return found


class World:
    """The servers, for all campaigns of a run."""

    def __init__(self):
        assert available(), "Apache Kafka is missing; ./run set-up fetches it"
        self.postgres = Postgres(["fsync=off", "max_connections=80"])
        self.detour = Proxy(None, Requests)  # for natmills that are to reach Kafka through it
        self.kafka = KafkaServer({"log.retention.check.interval.ms": 500, "log.initial.task.delay.ms": 500,
                                  "log.segment.delete.delay.ms": 100}, detour_to=self.detour.port)
        self.detour.target = ("127.0.0.1", self.kafka.detour_port)

    def __enter__(self):
        try:
            self.postgres.start()
            self.kafka.start()
        except BaseException:
            self.close()
            raise
        return self

    def close(self):
        self.detour.close()
        self.kafka.close()
        self.postgres.close()

    def __exit__(self, *_):
        self.close()


class Rig:
    """within: the folder of an outer rig, in which this one's is and with which it is removed or kept."""

    def __init__(self, world, seed, partitions=PARTITIONS, within=None):
        self.world = world
        self.kafka = world.kafka
        self.postgres = world.postgres
        self.seed = seed
        self.dice = random.Random(seed)  # an int or a text
        self.partitions = partitions
        self.inner = within is not None
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="natmill-faults-", dir=within))
        self.group = "faults-" + uuid.uuid4().hex[:12]
        self.topic = self.kafka.create_topic(partitions=partitions)
        self.database = self.postgres.create()
        self.proxy = Proxy(self.postgres.port)
        self.produced = Produced(self.kafka, self.topic, partitions)
        self.processes = []
        self.topics = {self.topic: [lines.TOPIC_VENDOR]}
        self.output = {"type": "postgresql", "identity": True, "session_bound": f"{BOUND_MS}ms",
                       "url": self.url(), "connect_timeout": "2s", "statement_timeout": "10s"}
        self.others = []  # outputs beside it
        self.brokers = self.kafka.bootstrap
        self.kafka_options = {}  # the section kafka: the watchdog, a name in the group
        self.properties = dict(QUICK)
        self.batch = {"messages": 500, "wait": "20ms"}
        self.strategy = "roundrobin"
        self.top = {"workers": 1}  # options of the top level
        self._watch = None
        self._eye = None

    def with_kafka(self, cluster):
        """Another rig, on that cluster."""
        world = types.SimpleNamespace(kafka=cluster, postgres=self.postgres, detour=self.world.detour)
        return Rig(world, self.seed, within=self.folder)

    def url(self, user="postgres", port=None):
        return f"postgresql://{user}@127.0.0.1:{port or self.proxy.port}/{self.database}?sslmode=disable"

    def session(self, ms):
        """Kafka's session time-out of processes started from now on."""
        self.properties["session.timeout.ms"] = ms

    def config(self):
        return {"kafka": {"brokers": self.brokers, "group": self.group, "strategy": self.strategy,
                          "properties": self.properties, **self.kafka_options},
                "vendors": str(lines.vendors(self.folder)), "topics": self.topics, "batch": self.batch,
                "outputs": [self.output, *self.others], "shutdown": "5s", **self.top}

    def start(self):
        """One more natmill."""
        path = write_config(self.folder, self.config(), f"natmill-{len(self.processes)}.yaml")
        process = Natmill(program(), ["run", "-c", str(path)], self.folder)
        self.processes.append(process)
        return process

    def watch(self):
        """From now on offsets are looked at all the time."""
        self._watch = Watch(self.kafka, self.group, self.topic, self.partitions, self.marks)
        return self._watch

    def load(self, rate=3000):
        return Load(self.produced, rate)

    # What the tables say, read directly, not through the proxy.

    def sql(self, text, *values):
        return self.postgres.run(self.database, text, *values)

    def marks(self, topic=None):
        """{partition: next offset}; none while there is no table. Over one connection that is made anew when it
        breaks."""
        try:
            if self._eye is None or self._eye.closed:
                self._eye = self.postgres.connect(self.database)
            with self._eye.cursor() as cursor:
                cursor.execute('SELECT partition, next_offset FROM natmill_watermarks WHERE topic = %s AND '
                               "output = 'postgresql'", (topic or self.topic,))
                return dict(cursor.fetchall())
        except psycopg2.errors.UndefinedTable:
            return {}
        except psycopg2.Error:
            self._eye = None
            raise

    def progress(self):
        try:
            return sum(self.marks().values())
        except psycopg2.Error:
            return 0

    def ends(self):
        """{partition: the offset behind the last message}"""
        return self.kafka.end_offsets(self.topic)

    def advance(self, by=1, timeout=30):
        """Waits until the tables have that many messages more. Returns how long it took."""
        start, before = time.monotonic(), self.progress()
        wait_until(lambda: self.progress() >= before + by, timeout,
                   lambda: f"progress from {before} by {by}, is {self.progress()}\n{self.tail()}", every=0.005)
        return time.monotonic() - start

    def all_advance(self, timeout=60):
        """Waits until each partition has moved."""
        before = self.marks()
        wait_until(lambda: all(offset > before.get(number, 0) for number, offset in self.marks().items()), timeout,
                   lambda: f"each partition beyond {before}: {self.marks()}\n{self.tail()}", every=0.02)

    def tail(self, count=12):
        """Of those that run, or have ended though nobody has ended them."""
        told = [(number, one) for number, one in enumerate(self.processes) if one.running() or not one.to_end]
        return "\n".join(f"natmill {number} ({'runs' if one.running() else one.process.returncode}): "
                         + "\n  ".join(one.err.splitlines()[-count:]) for number, one in told)

    def drained(self, timeout=60):
        """Waits until everything produced is settled."""
        self.produced.flush()
        ends = self.ends()
        wait_until(lambda: self.reached(ends), timeout, lambda: f"watermarks at {ends}: {self.marks()}\n{self.tail()}")

    def reached(self, ends):
        """Outages are no news here."""
        try:
            marks = self.marks()
        except psycopg2.Error:
            return False
        return all(marks.get(number, 0) >= end for number, end in ends.items())

    def fresh(self, timeout=30):
        """One more event for each partition goes through."""
        for number in range(self.partitions):
            self.produced.send(lines.wrap(lines.line(8 + 56 * number), number), number)
        self.drained(timeout)

    def check(self, timeout=60, refused=None, either=()):
        """The verdict: everything settled, a fresh message goes through, each is where it belongs exactly once."""
        self.drained(timeout)
        self.fresh()
        if self._watch is not None:
            self._watch.close()
            assert not self._watch.wrong, f"{len(self._watch.wrong)} times: {self._watch.wrong[:5]}"
            assert self._watch.looks > 3, "the watch has seen nothing"
        return self.check_tables(self.database, refused, either)

    def check_tables(self, database, refused=None, either=(), output="postgresql"):
        """Of another database than the first: without dead letters, which lie in the first alone."""
        connection = self.postgres.connect(database)
        try:
            tables = Tables(connection, self.topic, refused, either, letters=output == "postgresql")
            events, letters = tables.check(self.produced.values)
        finally:
            connection.close()
        assert not tables.wrong, f"{len(tables.wrong)} wrong of {len(self.produced.values)}: {tables.report()}"
        again = f" ({self.produced.repeated} of them again in the log)" if self.produced.repeated else ""
        return (f"{len(self.produced.values)} messages{again}: {events} events and {letters} dead letters, 0 lost, "
                "0 twice")

    def logged(self, pattern):
        """How often in the logs of all processes."""
        return sum(len(re.findall(pattern, one.err)) for one in self.processes)

    def await_log(self, process, pattern, timeout=30):
        return process.wait_for_err(pattern, timeout)

    def close_processes(self):
        if self._watch is not None:
            self._watch.close()
        for process in self.processes:
            if process.running():
                process.signal(signal.SIGCONT)
            process.kill()

    def close(self, keep=False):
        self.close_processes()
        self.proxy.close()
        self.world.detour.calm()
        if self._eye is not None:
            self._eye.close()
        try:
            self.postgres.drop(self.database)
        except (psycopg2.Error, OSError):
            pass  # a campaign has left it broken; the server ends with the run
        if keep:
            print(f"   kept: {self.folder}")
        elif not self.inner:
            shutil.rmtree(self.folder, ignore_errors=True)
