# SPDX-License-Identifier: Apache-2.0
"""Several processes in one group: partitions wander, nothing is lost, nothing is twice in a transactional output."""

import signal

import pytest

import traffic
from waiting import wait_until

PER_PARTITION = 15000
SMALL = {"messages": 100, "wait": "20ms"}  # many batches, so that there is always one under way


@pytest.mark.parametrize("strategy", ["roundrobin", "range", "cooperative-sticky"])
def test_processes_come_and_go(strategy, kafka, topic, group, configure, start_natmill, ledger):
    """Alone, with a second one, alone again with what it gave away, then only a third: every partition is revoked
    and some are regained."""
    traffic.produce(kafka, topic, PER_PARTITION)
    config = configure(kafka, topic, batch=SMALL)
    config["kafka"]["strategy"] = strategy

    def progress(process, by):
        before = ledger.progress(topic)
        end = min(before + by, 4 * PER_PARTITION)
        wait_until(lambda: ledger.progress(topic) >= end, 30, lambda: f"progress from {before}: {process.err[-2000:]}")

    first = start_natmill(config)
    progress(first, 2000)
    second = start_natmill(config)
    second.wait_for_err(r"assigned \d partitions, 2 in all")
    progress(second, 2000)
    assert second.terminate() == 0
    progress(first, 4000)
    third = start_natmill(config)
    third.wait_for_err(r"assigned \d partitions, 2 in all")
    assert first.terminate() == 0
    ledger.wait(topic, PER_PARTITION, what=third.err[-2000:])
    end = {number: PER_PARTITION for number in range(4)}  # the group's offsets follow, once a rebalance is over
    wait_until(lambda: kafka.committed(group, topic) == end, 30, lambda: f"{kafka.committed(group, topic)}")
    assert third.terminate() == 0
    ledger.check(topic, PER_PARTITION)
    assert "ALARM" not in first.err + second.err + third.err
    assert kafka.committed(group, topic) == end


def test_two_groups_on_one_database(kafka, topic, configure, start_natmill, ledger):
    """Both read everything and move the same watermarks: each batch is stored by the one that is faster, and the other
    takes up its position anew."""
    config = configure(kafka, topic, batch=SMALL)
    one = start_natmill(config, name="one.yaml")
    other = start_natmill({**config, "kafka": {**config["kafka"], "group": config["kafka"]["group"] + "-other"}},
                          name="other.yaml")
    for process in one, other:
        process.wait_for_err("4 in all")
    traffic.produce(kafka, topic, 3000)
    ledger.wait(topic, 3000, what=one.err[-2000:])
    assert one.terminate() == 0
    assert other.terminate() == 0
    ledger.check(topic, 3000)
    assert "another natmill has moved it" in one.err + other.err


@pytest.mark.parametrize("strategy", ["roundrobin", "cooperative-sticky"])
def test_zombie_is_fenced(strategy, kafka, topic, configure, start_natmill, ledger):
    """Stopped for longer than its session, in the middle of its work, and woken up again when others have its
    partitions."""
    traffic.produce(kafka, topic, PER_PARTITION)
    config = configure(kafka, topic, batch=SMALL)
    config["kafka"]["strategy"] = strategy
    zombie = start_natmill(config)
    wait_until(lambda: ledger.progress(topic) >= 2000, 30, lambda: zombie.err)
    other = start_natmill(config)
    other.wait_for_err(r"assigned \d partitions, 2 in all")
    zombie.signal(signal.SIGSTOP)
    other.wait_for_err(r"Kafka: assigned \d+ partitions, 4 in all")
    before = zombie.err.count("partitions")
    zombie.signal(signal.SIGCONT)
    wait_until(lambda: "assigned" in zombie.err.split("partitions", before)[-1], 30, lambda: zombie.err)
    ledger.wait(topic, PER_PARTITION, what=other.err[-2000:])
    traffic.produce(kafka, topic, 100, start=PER_PARTITION)
    ledger.wait(topic, PER_PARTITION + 100)
    assert zombie.terminate() == 0
    assert other.terminate() == 0
    ledger.check(topic, PER_PARTITION + 100)
