# SPDX-License-Identifier: Apache-2.0
"""Where natmill starts when group, partitions or the whole cluster are others than before: rightly or with an alarm,
and never without a line that says so."""

import pytest
from confluent_kafka.admin import NewPartitions

import traffic
from waiting import wait_until

SLOW = {"topic.metadata.refresh.interval.ms": 3000}  # what comes before natmill notices must count


@pytest.fixture(autouse=True)
def real(kafka):
    if kafka.is_mock:
        pytest.skip("the mock cluster cannot add partitions")


def told(process, topic, how):
    """How many partitions, in one line of a topic; None when there is none, or more than one."""
    lines = [line for line in process.err.splitlines() if f"has no offset of topic {topic}" in line and how in line]
    assert len(lines) <= 1, lines
    return int(lines[0].rsplit(": ", 1)[1].split()[0]) if lines else None


def add_partition(kafka, topic):
    """And writes at once into both."""
    kafka.admin.create_partitions([NewPartitions(topic, 2)])[topic].result(30)
    wait_until(lambda: kafka.partitions(topic) == 2, 30, "the second partition")
    kafka.produce(topic, (traffic.value(1, number) for number in range(100)), partition=1)
    kafka.produce(topic, (traffic.value(0, number) for number in range(100, 200)), partition=0)


def with_start(config, start):
    return {**config, "kafka": {**config["kafka"], "start": start}}


@pytest.mark.parametrize("start", ["earliest", "latest"])
@pytest.mark.parametrize("when", ["while it runs", "while it is away", "with another group"])
def test_added_partition_is_read_from_its_beginning(when, start, kafka, configure, start_natmill, ledger):
    topic = kafka.create_topic(partitions=1)
    config = with_start(configure(kafka, topic, SLOW), start)
    process = start_natmill(config)
    wait_until(lambda: ledger.watermarks(topic) == {0: 0}, 30, lambda: process.err)
    traffic.produce(kafka, topic, 100, partitions=1)
    ledger.wait(topic, 100, partitions=1)
    if when != "while it runs":
        assert process.terminate() == 0
    add_partition(kafka, topic)
    if when != "while it runs":
        if when == "with another group":
            config["kafka"]["group"] += "-renamed"
        process = start_natmill(config)
    wait_until(lambda: ledger.watermarks(topic) == {0: 200, 1: 100}, 30, lambda: process.err)
    assert process.terminate() == 0
    events = dict(ledger.query('SELECT "partition", count(*) FROM session_mapping WHERE topic = ? GROUP BY 1', topic))
    assert events == {number: sum(traffic.kind(n) == "event" for n in range(count))
                      for number, count in ((0, 200), (1, 100))}
    assert "gaps" not in process.err or " 0 gaps" in process.err


@pytest.mark.parametrize("away", [False, True], ids=["while it runs", "while it is away"])
def test_added_partition_without_watermarks(away, kafka, group, configure, start_natmill):
    """Where only the group knows the topic."""
    topic = kafka.create_topic(partitions=1)
    config = with_start(configure(kafka, topic, SLOW, outputs=[{"type": "stdout"}],
                                  dead_letters={"type": "file", "path": "dead"}), "latest")
    process = start_natmill(config)
    wait_until(lambda: kafka.committed(group, topic) == {0: 0}, 30, lambda: process.err)
    if away:
        assert process.terminate() == 0
    add_partition(kafka, topic)
    process = start_natmill(config) if away else process
    wait_until(lambda: kafka.committed(group, topic).get(1) == 100, 30, lambda: process.err)
    assert process.terminate() == 0
    assert len(process.out.splitlines()) == 2 * sum(traffic.kind(number) == "event" for number in range(100))


def test_latest_of_a_topic_that_nobody_knew(kafka, topic, configure, start_natmill, ledger):
    """Two workers join one group for the first time: what one of them commits is no past for the other."""
    traffic.produce(kafka, topic, 100)
    process = start_natmill(with_start(configure(kafka, topic, workers=2), "latest"))
    wait_until(lambda: ledger.watermarks(topic) == {n: 100 for n in range(4)}, 30, lambda: process.err)
    assert process.terminate() == 0
    assert "start behind the latest message (option start)" in process.err
    assert ledger.count() == 0 and not ledger.letters()


def test_renamed_group_stores_nothing_twice_in_a_database(kafka, topic, configure, start_natmill, ledger):
    traffic.produce(kafka, topic, 100)
    config = configure(kafka, topic)
    process = start_natmill(config)
    ledger.wait(topic, 100)
    assert process.terminate() == 0
    assert told(process, topic, "start at the earliest message (option start)") == 4
    config["kafka"]["group"] += "-renamed"
    traffic.produce(kafka, topic, 100, start=100)
    process = start_natmill(config)
    ledger.wait(topic, 200)
    assert process.terminate() == 0
    ledger.check(topic, 200)
    assert told(process, topic, "start at the outputs' watermarks") == 4


@pytest.mark.parametrize("start, words, again", [("earliest", "start at the earliest message (option start)", 100),
                                                 ("latest", "start behind the latest message (option start)", 0)])
def test_renamed_group_is_told_elsewhere(start, words, again, kafka, topic, group, configure, start_natmill):
    """An output without watermarks gets everything again, or nothing of it; and there is a line that says so."""
    traffic.produce(kafka, topic, 100)
    config = configure(kafka, topic, outputs=[{"type": "stdout"}], dead_letters={"type": "file", "path": "dead"})
    process = start_natmill(config)
    wait_until(lambda: kafka.committed(group, topic) == {n: 100 for n in range(4)}, 30, lambda: process.err)
    assert process.terminate() == 0
    first = process.out
    process = start_natmill(config)  # the same group goes on where it was, and there is nothing to tell
    process.wait_for_err("4 in all")
    wait_until(lambda: kafka.committed(group, topic) == {n: 100 for n in range(4)}, 30, lambda: process.err)
    assert process.terminate() == 0
    assert process.out == "" and "has no offset" not in process.err
    config["kafka"]["group"] += "-renamed"
    process = start_natmill(with_start(config, start))
    wait_until(lambda: kafka.committed(f"{group}-renamed", topic) == {n: 100 for n in range(4)}, 30,
               lambda: process.err)
    assert process.terminate() == 0
    assert sorted(process.out.splitlines()) == (sorted(first.splitlines()) if again else [])
    assert first and told(process, topic, words) == 4


@pytest.mark.slow
def test_replaced_cluster_is_told_at_start(own_kafka, configure, start_natmill, ledger):
    """Its offsets mean other messages: all of them are read, none of the old ones again."""
    topic = own_kafka.create_topic(partitions=1)
    traffic.produce(own_kafka, topic, 100, partitions=1)
    config = configure(own_kafka, topic)
    process = start_natmill(config)
    ledger.wait(topic, 100, partitions=1)
    assert process.terminate() == 0
    stored = ledger.count()
    own_kafka.replace()
    own_kafka.create_topic(topic, partitions=1)
    traffic.produce(own_kafka, topic, 50, partitions=1)
    process = start_natmill(config)
    clusters = 'SELECT next_offset FROM natmill_watermarks WHERE topic = ? AND cluster = ?'
    wait_until(lambda: ledger.query(clusters, topic, own_kafka.cluster_id) == [(50,)], 30, lambda: process.err)
    assert process.terminate() == 0
    assert ledger.count() == stored + sum(traffic.kind(number) == "event" for number in range(50))
    assert told(process, topic, f"in cluster {own_kafka.cluster_id}") == 1


@pytest.mark.slow
@pytest.mark.parametrize("outputs", [None, [{"type": "stdout"}]], ids=["database", "stdout"])
def test_cluster_replaced_while_it_runs(outputs, own_kafka, configure, start_natmill, ledger):
    topic = own_kafka.create_topic(partitions=1)
    traffic.produce(own_kafka, topic, 100, partitions=1)
    given = {"outputs": outputs, "dead_letters": {"type": "file", "path": "dead"}} if outputs else {}
    process = start_natmill(configure(own_kafka, topic, **given))
    events = sum(traffic.kind(number) == "event" for number in range(100))
    wait_until(lambda: events in (ledger.count(), len(process.out.splitlines())), 30, lambda: process.err)
    own_kafka.replace()
    own_kafka.create_topic(topic, partitions=1)
    traffic.produce(own_kafka, topic, 50, partitions=1)
    assert process.wait(60) == 3
    assert f"ALARM: Kafka: the brokers are of another cluster now ({own_kafka.cluster_id}, was" in process.err
    if not outputs:
        ledger.check(topic, 100, partitions=1)
