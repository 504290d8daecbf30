# SPDX-License-Identifier: Apache-2.0
"""What natmill holds in memory: a small budget, many partitions, a backlog of millions, and a sink that is away; and
whether that grows in a long run."""

import pathlib
import re
import subprocess
import threading
import time

import psycopg2
from confluent_kafka import Producer

import lines
from campaigns import campaign
from rig import ROOT
from waiting import wait_until

PARTITIONS = 100
WORKERS = 4
BUDGET = "100MB"
BOUND_MB = 130
BACKLOG = 2_000_000
AWAY = 30  # seconds, twice
GROWTH_MB = 6  # from the first half to the second
BESIDE_BACKLOG = 600_000  # with a second output: the brokers get each message twice
LARGE = 700_000  # bytes of one message: more than is asked of a broker at once
SLOPE_S = 60
SLOPE_MB = 4  # in the time looked at, which is that without its first third
CHUNK = 20_000
CUT_S = 5
PRODUCE = ROOT / "build" / "tests" / "bench" / "bench_produce"


class Resident:
    """`with Resident(pid)`: its memory in MB, ten times a second, by phase."""

    def __init__(self, pid):
        self.path = pathlib.Path(f"/proc/{pid}/statm")
        self.samples = []  # (phase, MB)
        self.phase = "start"
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def now(self):
        return int(self.path.read_text(encoding="ascii").split()[1]) * 4096 / 1e6

    def _run(self):
        while not self.stop.wait(0.1):
            try:
                self.samples.append((self.phase, self.now()))
            except (OSError, IndexError):
                return

    def most(self, phase=None):
        return max(size for name, size in self.samples if phase in (None, name))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.thread.join()


def produce(rig, topic, count):
    out = subprocess.run([PRODUCE, rig.kafka.bootstrap, topic, str(count), str(PARTITIONS)], check=True,
                         capture_output=True, text=True).stdout
    assert int(out) == count, f"produced {out} of {count}"


def settled(rig, topic):
    """How many messages the tables have."""
    try:
        return sum(rig.marks(topic).values())
    except psycopg2.Error:
        return 0  # the connection of before the outage


def produce_large(rig, topic):
    """One message that becomes a dead letter."""
    producer = Producer({"bootstrap.servers": rig.kafka.bootstrap, "log_level": 0})
    producer.produce(topic, b"x" * LARGE, partition=0)
    assert producer.flush(30) == 0


def outage(rig, resident, name, seconds):
    """The database is away for so long."""
    rig.postgres.stop()
    resident.phase = name
    time.sleep(seconds)
    rig.postgres.start()


def drain(rig, resident, topic, name, upto):
    """Messages a second until so many are settled."""
    resident.phase = name
    before, start = settled(rig, topic), time.monotonic()
    wait_until(lambda: settled(rig, topic) >= upto, 180, rig.tail)
    return (upto - before) / (time.monotonic() - start)


def set_up(rig, topic, backlog):
    produce(rig, topic, backlog)
    produce_large(rig, topic)
    rig.topics = {topic: [lines.TOPIC_VENDOR]}
    rig.batch = {"messages": 10000, "wait": "250ms"}
    rig.top = {"workers": WORKERS, "memory": BUDGET}
    rig.output["url"] = rig.url(port=rig.postgres.port)  # the proxy is slower than both ends


@campaign("memory", "M1 M2 S3")
def memory(rig, backlog=BACKLOG, away=AWAY, between=("first half", "second half")):
    """memory: 100MB, 4 workers, 100 partitions, a backlog of millions, the database away twice: below 130 MB"""
    topic = rig.kafka.create_topic(partitions=PARTITIONS)
    set_up(rig, topic, backlog)
    process = rig.start()
    with Resident(process.pid) as resident:
        first = drain(rig, resident, topic, "first half", backlog // 2)
        outage(rig, resident, "away", away)
        second = drain(rig, resident, topic, "second half", backlog - backlog // 10)
        outage(rig, resident, "away again", away)
        drain(rig, resident, topic, "rest", backlog + 1)
    return verdict(rig, resident, backlog, between, (first, second))


def verdict(rig, resident, backlog, between, rates):
    """Nothing lost, and the memory, which has not grown between two phases; what to tell."""
    stored = rig.sql('SELECT count(*), count(DISTINCT (partition, "offset")) FROM session_mapping')[0]
    letters = rig.sql("SELECT count(*), max(length(value)) FROM natmill_dead_letters")[0]
    told = ", ".join(f"{name} {resident.most(name):.0f}" for name in dict.fromkeys(one for one, _ in resident.samples))
    assert stored == (backlog, backlog) and letters == (1, LARGE), f"{stored} rows and {letters} of {backlog}"
    assert resident.most() < BOUND_MB, f"{resident.most():.0f} MB resident; {told}"
    grown = resident.most(between[1]) - resident.most(between[0])
    assert grown < GROWTH_MB, f"grows by {grown:.0f} MB; {told}"
    return f"most MB resident: {told}; {rates[0]:,.0f} and {rates[1]:,.0f} messages/s with {BUDGET}; 0 lost, 0 twice"


@campaign("memory-kafka", "M1 M2 S3")
def memory_kafka(rig, backlog=BESIDE_BACKLOG, away=AWAY):
    """the same with the output kafka beside the database: its producers' queues are of the budget, too"""
    topic = rig.kafka.create_topic(partitions=3)
    rig.others = [{"type": "kafka", "topic": topic}]
    return memory(rig, backlog, away, ("second half", "rest"))  # producers take their time to fill


def slope(samples):
    """MB a second of the line that fits (second, MB) best."""
    count, middle = len(samples), sum(at for at, _ in samples) / len(samples)
    mean = sum(size for _, size in samples) / count
    spread = sum((at - middle) ** 2 for at, _ in samples)
    return sum((at - middle) * (size - mean) for at, size in samples) / spread


@campaign("memory-slope", "M2")
def memory_slope(rig, seconds=SLOPE_S):
    """traffic without end and database connections that break: memory does not grow; for hours with --minutes"""
    topic = rig.kafka.create_topic(partitions=PARTITIONS, retention_bytes=4_000_000, segment_bytes=1_000_000)
    set_up(rig, topic, CHUNK)
    process = rig.start()
    start, cut, count, samples = time.monotonic(), 0, CHUNK + 1, []
    with Resident(process.pid) as resident:
        while (now := time.monotonic() - start) < seconds:
            wait_until(lambda: settled(rig, topic) >= count, 120, rig.tail)
            samples.append((now, resident.now()))
            produce(rig, topic, CHUNK)
            count += CHUNK
            if now - cut > CUT_S:
                cut = now
                rig.sql("TRUNCATE session_mapping")
                rig.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                        " WHERE datname = current_database() AND pid <> pg_backend_pid()")
    late = [one for one in samples if one[0] > seconds / 3]
    assert len(late) > 2, f"only {len(late)} samples"
    span = late[-1][0] - late[0][0]
    grown = slope(late) * span
    told = (f"{slope(late) * 3600:+.1f} MB an hour, {grown:+.1f} MB in {span:.0f} s; most MB resident "
            f"{resident.most():.0f}; {count:,} messages")
    assert grown < SLOPE_MB and resident.most() < BOUND_MB, told
    return told
