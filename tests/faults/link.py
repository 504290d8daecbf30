# SPDX-License-Identifier: Apache-2.0
"""The way between natmill and PostgreSQL: cut, slow, away, and answers that get lost."""

import pathlib
import re
import time

from campaigns import campaign
from proxy import is_commit
from waiting import wait_until

POLL_MS = 3000  # max.poll.interval.ms of campaigns in which an output takes longer than that
TIMES = 12
AWAY_RATE = 300  # messages a second
GROWTH_MB = 32  # librdkafka fills its prefetch, 8 MB


def resident(process):
    """Its memory, MB."""
    text = pathlib.Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+) kB", text).group(1)) // 1000


def assert_stayed(rig, assignments):
    """The group took nothing away: no rebalance beside the first."""
    assert rig.logged(r"Kafka: assigned") == assignments, f"thrown out of the group:\n{rig.tail(30)}"
    assert rig.logged(r"Kafka: lost") == 0, rig.tail(30)


class Harm:
    """Does one of several things to the next COMMIT, and tells when it is done."""

    def __init__(self, rig):
        self.rig = rig
        self.kind = None
        self.done = True
        self.committed = 0
        rig.proxy.hook = self.hook

    def strike(self, kind):
        self.kind, self.done = kind, False
        wait_until(lambda: self.done, 20, lambda: f"{kind}\n{self.rig.tail()}", every=0.002)

    def hook(self, link, kind, body, raw):
        if self.done or not is_commit(kind, body):
            return True
        if self.kind == "answer lost":
            link.drop_answer()
            link.send(raw)
            answer = link.await_answer()
            assert b"COMMIT\0" in answer, answer
            self.committed += 1
        elif self.kind == "cut at once":
            link.drop_answer()
            link.send(raw)
        link.cut()  # "never sent" too
        self.done = True
        return False


@campaign("lost-commit-answer", "P5 O6")
def lost_commit_answer(rig, times=TIMES):
    """COMMIT is sent and its answer never comes: done, not done, or nobody knows"""
    rig.watch()
    rig.start()
    harm = Harm(rig)
    with rig.load():
        rig.advance(500)
        for number in range(times):
            harm.strike(("answer lost", "never sent", "cut at once")[number % 3])
            rig.advance(200)
    result = rig.check()
    told = rig.logged("the COMMIT whose answer was lost had happened")
    assert told >= harm.committed, f"{harm.committed} answers lost, {told} found by reading the watermarks"
    return f"{times} lost, {told} had happened; {result}"


@campaign("cut", "O1 P7 S3")
def cut(rig, times=40):
    """the connection is cut at random moments, now and then with a restart of natmill before it can go on"""
    rig.watch()
    process = rig.start()
    with rig.load():
        rig.advance(500)
        for number in range(times):
            rig.advance(1)
            time.sleep(rig.dice.random() * 0.1)
            rig.proxy.cut()
            if number % 10 == 9:
                process.kill()
                process = rig.start()
    return rig.check()


@campaign("postgres-away", "S3 S5 S1")
def postgres_away(rig):
    """the database is out of reach for longer than max.poll.interval.ms; natmill stays in the group and resumes"""
    rig.properties["max.poll.interval.ms"] = POLL_MS
    rig.watch()
    rig.start()
    with rig.load():
        rig.advance(500)
        before = rig.logged(r"Kafka: assigned")
        rig.proxy.refuse()
        time.sleep(POLL_MS / 1000 * 3)
        rig.proxy.refuse(False)
        took = rig.advance(1000, 15)
    assert_stayed(rig, before)
    return f"resumed after {took:.1f} s; {rig.check()}"


@campaign("sink-away", "S3 S1 S5")
def sink_away(rig, seconds=20):
    """the database is out of reach for longer than every time-out and than stall_exit; for hours with --minutes"""
    rig.properties["max.poll.interval.ms"] = POLL_MS
    rig.kafka_options = {"stall_alarm": "2s", "stall_restart": "4s", "stall_exit": "6s"}
    rig.watch()
    process = rig.start()
    with rig.load(AWAY_RATE):
        rig.advance(500)
        before = rig.logged(r"Kafka: assigned")
        rig.proxy.refuse()
        stands, memory = rig.progress(), resident(process)
        time.sleep(seconds)
        grown = resident(process) - memory
        assert process.running(), f"ended with {process.wait()}: {process.err[-2000:]}"
        assert rig.progress() == stands
        rig.proxy.refuse(False)
        took = rig.advance(1000, 15)
    assert_stayed(rig, before)
    assert rig.logged("made anew") == 0, rig.tail(30)
    assert grown < GROWTH_MB, f"{grown} MB more memory meanwhile"
    return f"away for {seconds} s, resumed after {took:.1f} s, {grown:+} MB meanwhile; {rig.check(120)}"


@campaign("slow", "S5")
def slow(rig):
    """each answer takes so long that a batch is slower than max.poll.interval.ms"""
    rig.properties["max.poll.interval.ms"] = POLL_MS
    rig.output |= {"session_bound": "20s", "connect_timeout": "30s"}
    rig.watch()
    rig.start()
    with rig.load(1000):
        rig.advance(500)
        before = rig.logged(r"Kafka: assigned")
        rig.proxy.delay["down"] = POLL_MS / 1000 * 0.9  # two answers a batch at least
        rig.advance(1, 60)
        rig.advance(1, 60)
        rig.proxy.delay["down"] = 0
        rig.advance(1000)
    assert_stayed(rig, before)
    return rig.check()


@campaign("silent", "S3 S2")
def silent(rig):
    """the database takes everything and answers nothing, until the statement's time is up"""
    rig.output["statement_timeout"] = "1s"
    rig.watch()
    rig.start()
    with rig.load():
        rig.advance(500)
        rig.proxy.hook = lambda link, kind, body, raw: False
        wait_until(lambda: rig.logged("no answer in time") > 0, 20, rig.tail)
        rig.proxy.hook = None
        rig.proxy.cut()
        rig.advance(1000)
    return rig.check()
