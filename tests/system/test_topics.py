# SPDX-License-Identifier: Apache-2.0
"""What happens to a topic beneath natmill: deleted and made anew, cut by retention, new ones. Never skips or repeats
in silence."""

import sqlite3

import pytest
from confluent_kafka import TopicPartition

import traffic
from waiting import wait_until

STOPPED = r"ALARM: topic {} partition 0 stopped: the topic was deleted and made anew since"


@pytest.fixture(autouse=True)
def real(kafka):
    if kafka.is_mock:
        pytest.skip("the mock cluster cannot delete topics")


def make_anew(kafka, topic, count):
    kafka.delete_topic(topic)
    kafka.create_topic(topic, partitions=1)
    traffic.produce(kafka, topic, count, partitions=1)


@pytest.mark.parametrize("count", [50, 1000], ids=["shorter than before", "longer than before"])
def test_topic_made_anew_while_it_runs(count, kafka, configure, start_natmill, ledger):
    """Longer than before, Kafka itself would go on at the old place in the new log."""
    topic = kafka.create_topic(partitions=1)
    traffic.produce(kafka, topic, 100, partitions=1)
    process = start_natmill(configure(kafka, topic, {"topic.metadata.refresh.interval.ms": 60000}))
    ledger.wait(topic, 100, partitions=1)
    make_anew(kafka, topic, count)
    process.wait_for_err(STOPPED.format(topic))
    stored = ledger.count()
    traffic.produce(kafka, topic, 100, partitions=1, start=count)
    assert process.terminate() == 0
    assert ledger.count() == stored


def test_topic_made_anew_while_it_is_away(kafka, configure, start_natmill, ledger):
    topic = kafka.create_topic(partitions=1)
    traffic.produce(kafka, topic, 100, partitions=1)
    config = configure(kafka, topic)
    process = start_natmill(config)
    ledger.wait(topic, 100, partitions=1)
    assert process.terminate() == 0
    make_anew(kafka, topic, 1000)
    process = start_natmill(config)
    process.wait_for_err(STOPPED.format(topic))
    assert process.terminate() == 0
    ledger.check(topic, 100, partitions=1)


def test_stopped_topic_does_not_hold_up_others(kafka, configure, start_natmill, ledger, topic):
    gone = kafka.create_topic(partitions=1)
    traffic.produce(kafka, gone, 100, partitions=1)
    config = configure(kafka, gone)
    config["kafka"]["strategy"] = "cooperative-sticky"
    config["topics"][topic] = ["nfware"]
    process = start_natmill(config)
    ledger.wait(gone, 100, partitions=1)
    assert process.terminate() == 0
    make_anew(kafka, gone, 200)
    process = start_natmill(config)
    process.wait_for_err(STOPPED.format(gone))
    traffic.produce(kafka, topic, 1000)
    ledger.wait(topic, 1000)
    second = start_natmill(config)  # the stopped partition can be revoked too
    second.wait_for_err(r"assigned \d partitions")
    assert process.terminate() == 0
    second.wait_for_err(r"5 in all")
    traffic.produce(kafka, topic, 1000, start=1000)
    ledger.wait(topic, 2000)
    assert second.terminate() == 0
    ledger.check(topic, 2000)


def delete_records(kafka, topic, before):
    for future in kafka.admin.delete_records([TopicPartition(topic, 0, before)]).values():
        future.result(30)


def test_gap_is_reported(kafka, configure, start_natmill, ledger):
    topic = kafka.create_topic(partitions=1)
    traffic.produce(kafka, topic, 100, partitions=1)
    config = configure(kafka, topic)
    process = start_natmill(config)
    ledger.wait(topic, 100, partitions=1)
    assert process.terminate() == 0
    traffic.produce(kafka, topic, 300, partitions=1, start=100)
    delete_records(kafka, topic, 250)
    process = start_natmill(config)
    process.wait_for_err(rf"ALARM: topic {topic} partition 0: offsets 100 to 249 were deleted by the topic's retention "
                         r"before they were read: at most 150 messages are lost")
    ledger.wait(topic, 400, partitions=1)
    assert process.terminate() == 0
    assert "1 gaps" in process.err
    assert ledger.query('SELECT min("offset") FROM session_mapping WHERE "offset" >= 100') == [(250,)]


def test_gap_while_it_runs(kafka, configure, start_natmill, ledger):
    """The database holds natmill up; meanwhile retention takes away what it has not fetched yet."""
    topic = kafka.create_topic(partitions=1)
    traffic.produce(kafka, topic, 100, partitions=1)
    process = start_natmill(configure(kafka, topic, {"queued.min.messages": 1, "fetch.message.max.bytes": 1000},
                                      batch={"messages": 10}))
    ledger.wait(topic, 100, partitions=1)
    database = sqlite3.connect(ledger.path, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    traffic.produce(kafka, topic, 20000, partitions=1, start=100)
    process.wait_for_err(r"another process writes to it")
    delete_records(kafka, topic, 20000)
    database.execute("ROLLBACK")
    database.close()
    process.wait_for_err(r"ALARM: topic .* partition 0: offsets \d+ to 19999 were deleted")
    ledger.wait(topic, 20100, partitions=1)
    assert process.terminate() == 0


def test_new_topic_and_partitions_are_found(kafka, configure, start_natmill, ledger, group):
    """A regex subscription sees a topic that is made later."""
    first = kafka.create_topic(f"{group}.one", partitions=1)
    process = start_natmill(configure(kafka, f"^{group}\\..*"))
    traffic.produce(kafka, first, 100, partitions=1)
    ledger.wait(first, 100, partitions=1)
    second = kafka.create_topic(f"{group}.two", partitions=2)
    traffic.produce(kafka, second, 100, partitions=2)
    ledger.wait(second, 100, partitions=2)
    assert process.terminate() == 0
    ledger.check(second, 100, partitions=2)


def test_start_latest(kafka, configure, start_natmill, ledger, topic):
    """Where nothing is known the option decides; afterwards the watermark does."""
    traffic.produce(kafka, topic, 100)
    config = configure(kafka, topic)
    config["kafka"]["start"] = "latest"
    process = start_natmill(config)
    wait_until(lambda: ledger.watermarks(topic) == {n: 100 for n in range(4)}, 30, lambda: process.err)
    assert process.terminate() == 0
    traffic.produce(kafka, topic, 100, start=100)
    process = start_natmill(config)
    ledger.wait(topic, 200)
    assert process.terminate() == 0
    assert ledger.query('SELECT min("offset") FROM session_mapping') == [(100,)]


def test_topic_without_script_gives_dead_letters(kafka, topic, configure, start_natmill, ledger):
    """Not the events of whatever script another topic has."""
    unserved = kafka.create_topic(partitions=1)
    traffic.produce(kafka, topic, 10)
    traffic.produce(kafka, unserved, 1, partitions=1)
    process = start_natmill(configure(kafka, topic, topics={topic: ["nfware"], unserved: {"zone": "UTC"}}))
    ledger.wait(unserved, 1, partitions=1)
    ledger.wait(topic, 10)
    letters = [reason for where, _, _, reason in ledger.letters() if where == unserved]
    assert letters == ["no vendor script serves this topic"]
    assert process.terminate() == 0
