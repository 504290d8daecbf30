# SPDX-License-Identifier: Apache-2.0
"""What natmill may cost others, counted on the wire: commits to Kafka, transactions and statements of the database."""

import re
import time

import data
import lines
from campaigns import campaign
from proxy import is_commit

OFFSET_COMMIT = 8  # number of the API in Kafka's protocol
COMMITS_A_SECOND = 5  # of one worker, to the group
WAIT = 0.25  # batch.wait, seconds
BATCH = 500
SLACK = 4  # whole ones at both ends of a measure
DEVICES = 10
FLOOR = 0.45  # of the speed, with a device of ten that sends nothing but poison; about two thirds on an idle machine
PAIRS_MAX = 5  # measures at most: a busy machine slows down one, seldom the best of them


class Counts:
    """`with Counts(rig)`: what one natmill sends meanwhile, and how long that was."""

    def __init__(self, rig):
        self.rig = rig
        self.group = self.transactions = self.statements = self.savepoints = 0
        self.seconds = 0.0

    def _kafka(self, link, kind, body, raw):
        self.group += kind == OFFSET_COMMIT

    def _postgres(self, link, kind, body, raw):
        self.transactions += is_commit(kind, body)
        self.statements += kind in (b"Q", b"P")
        self.savepoints += kind == b"Q" and b"ROLLBACK TO" in body

    def __enter__(self):
        self.start = time.monotonic()
        self.rig.proxy.hook, self.rig.world.detour.hook = self._postgres, self._kafka
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self.start
        self.rig.proxy.hook = self.rig.world.detour.hook = None

    def assert_few(self, messages):
        most = self.seconds * COMMITS_A_SECOND + SLACK
        assert 0 < self.group <= most, f"{self.group} commits to the group in {self.seconds:.1f} s, at most {most:.0f}"
        most = messages / BATCH + self.seconds / WAIT + SLACK
        assert 0 < self.transactions <= most, f"{self.transactions} transactions for {messages} messages in " \
            f"{self.seconds:.1f} s, at most {most:.0f}"

    def told(self):
        return f"{self.group} commits and {self.transactions} transactions in {self.seconds:.1f} s"


@campaign("few-commits", "O10")
def few_commits(rig):
    """commits to the group and transactions a second have a bound: for a trickle and for a flood"""
    rig.brokers = f"127.0.0.1:{rig.world.detour.port}"
    rig.batch = {"messages": BATCH, "wait": f"{int(WAIT * 1000)}ms"}
    rig.start()
    rig.produced.numbers(8)
    rig.drained()
    before = rig.produced.sent
    with Counts(rig) as trickle, rig.load(200):
        time.sleep(5)  # the measure
    trickle.assert_few(rig.produced.sent - before)
    rig.drained()
    before = rig.produced.sent
    with Counts(rig) as flood:
        for _ in range(60):
            rig.produced.numbers(1000)
        rig.drained()
    flood.assert_few(rig.produced.sent - before)
    return f"trickle: {trickle.told()}; flood of 60000: {flood.told()}; {rig.check()}"


def poisoned(number):
    """Every line of one device of ten has a NUL."""
    return data.POISON[number % 2 * 5] if number % DEVICES == 1 else lines.clean(number)


def backlog(rig, make, count):
    """Messages a second of one natmill that finds so many; by its own count."""
    rig.produced.make = make
    for _ in range(count // 1000):
        rig.produced.numbers(1000)
    rig.produced.flush()
    process = rig.start()
    rig.drained()
    assert process.terminate() == 0
    settled, seconds = re.search(r"settled (\d+) messages in ([\d.]+) s", process.err).groups()
    return int(settled) / float(seconds)


def speeds(rig, count):
    """Messages a second (without poison, with it), one right after the other."""
    return backlog(rig, lines.clean, count), backlog(rig, poisoned, count)


def part_kept(pairs):
    """The best speed with poison, as a part of the best without."""
    return max(with_it for _, with_it in pairs) / max(without for without, _ in pairs)


@campaign("device-of-nuls", "P10")
def device_of_nuls(rig, count=20000):
    """a device that has a NUL in every line costs no bisecting and no more statements; and how fast it is"""
    with Counts(rig) as good:
        backlog(rig, lines.clean, count)
    with Counts(rig) as bad:
        backlog(rig, poisoned, count)
    letters = rig.sql("SELECT count(*) FROM natmill_dead_letters")[0][0]
    assert letters >= count / DEVICES / 2, f"only {letters} of {count} messages are poison"
    assert rig.logged("ALARM") == 0, rig.tail()
    assert bad.savepoints == good.savepoints == 0, f"{bad.savepoints} times bisected"
    assert bad.transactions <= good.transactions + SLACK, f"{bad.transactions} against {good.transactions} transactions"
    most = good.statements + 2 * bad.transactions + SLACK  # two more a batch: BEGIN apart, and the dead letters
    assert bad.statements <= most, f"{bad.statements} statements against {good.statements} for good messages"
    last = rig.start()
    result = rig.check(either=data.POISON)
    assert last.terminate() == 0
    rig.output["url"] = rig.url(port=rig.postgres.port)
    rig.batch = {}  # the defaults
    pairs = [speeds(rig, 3 * count), speeds(rig, 3 * count)]
    while part_kept(pairs) < FLOOR and len(pairs) < PAIRS_MAX:
        pairs.append(speeds(rig, 3 * count))  # the machine may have had other things to do
    assert part_kept(pairs) >= FLOOR, f"{part_kept(pairs):.2f} of the speed is left, at least {FLOOR}: {pairs}"
    return (f"{bad.statements} statements against {good.statements}; {len(pairs)} times {3 * count} messages: "
            f"{part_kept(pairs):.2f} of the speed is left, at least {FLOOR}; {result}")
