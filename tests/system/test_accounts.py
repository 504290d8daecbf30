# SPDX-License-Identifier: Apache-2.0
"""Conservation: what goes in is accounted for, exactly once in SQLite, through kill -9 at random moments too."""

import random
import re
import time

import pytest

import traffic
from waiting import wait_until

PER_PARTITION = 50000


def settled(err):
    """The sums of the closing line, by name."""
    sums = r": (\d+) records = (\d+) parsed \+ (\d+) ignored \+ (\d+) dead"
    found = re.findall(r"settled (\d+) messages in .*" + sums, err)
    return dict(zip(("messages", "records", "parsed", "ignored", "dead"), map(int, found[-1])))


def test_200000_messages_are_accounted_for(kafka, topic, configure, start_natmill, ledger):
    traffic.produce(kafka, topic, PER_PARTITION)
    process = start_natmill(configure(kafka, topic, workers=2))
    ledger.wait(topic, PER_PARTITION)
    assert process.terminate() == 0, process.err[-2000:]
    events, letters = ledger.check(topic, PER_PARTITION)
    sums = settled(process.err)
    assert sums["messages"] == sums["records"] == 4 * PER_PARTITION
    assert sums["parsed"] + sums["ignored"] + sums["dead"] == 4 * PER_PARTITION
    assert (sums["parsed"], sums["dead"]) == (events, letters)
    ignored = sum(traffic.kind(number) == "ignored" for number in range(PER_PARTITION))
    assert sums["ignored"] == 4 * ignored
    assert f"output sqlite: {events} offered = {events} stored + 0 rejected + 0 dropped" in process.err


def test_group_offset_follows(kafka, topic, group, configure, start_natmill, ledger):
    traffic.produce(kafka, topic, 1000)
    process = start_natmill(configure(kafka, topic))
    ledger.wait(topic, 1000)
    want = {number: 1000 for number in range(4)}
    wait_until(lambda: kafka.committed(group, topic) == want, 30, lambda: f"{kafka.committed(group, topic)}")
    assert process.terminate() == 0


@pytest.mark.slow
def test_20_kills_at_random_moments(kafka, topic, configure, start_natmill, ledger):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    traffic.produce(kafka, topic, PER_PARTITION)
    config = configure(kafka, topic, {"session.timeout.ms": 500}, workers=2, batch={"messages": 100, "wait": "20ms"})
    early = 0
    for _ in range(20):
        before = ledger.progress(topic)
        process = start_natmill(config)
        wait_until(lambda: ledger.progress(topic) > before or ledger.progress(topic) == 4 * PER_PARTITION, 30,
                   lambda: f"progress beyond {before}: {process.err[-1000:]}")
        time.sleep(dice.random() * 0.06)  # the random moment, not a wait for anything
        process.kill()
        early += ledger.progress(topic) < 4 * PER_PARTITION
    assert early >= 15, f"only {early} kills came before the end: make the batches smaller"
    process = start_natmill({**config, "batch": {"messages": 10000}})
    ledger.wait(topic, PER_PARTITION)
    assert process.terminate() == 0
    ledger.check(topic, PER_PARTITION)
