# SPDX-License-Identifier: Apache-2.0
"""Outputs and brokers that go away and come back; stopping in time, whatever is away."""

import signal
import sqlite3
import time

import traffic
from waiting import wait_until

PER_PARTITION = 5000
SMALL = {"messages": 200, "wait": "20ms"}


def test_unwritable_path_is_waited_for(kafka, topic, configure, start_natmill, ledger, tmp_path):
    ledger.path = tmp_path / "later" / "events.db"
    traffic.produce(kafka, topic, 100)
    process = start_natmill(configure(kafka, topic, outputs=[{"type": "sqlite", "path": str(ledger.path)}]))
    process.wait_for_err(r"ALARM: output sqlite: .*later/events.db: .*nothing is lost, tried again")
    assert process.running()
    ledger.path.parent.mkdir()
    ledger.wait(topic, 100)
    process.wait_for_err(r"output sqlite: works again")
    assert process.terminate() == 0
    ledger.check(topic, 100)


def test_locked_database_keeps_the_group(kafka, topic, configure, start_natmill, ledger):
    """Longer than the session: no rebalance, and all is there in the end."""
    process = start_natmill(configure(kafka, topic))
    traffic.produce(kafka, topic, 100)
    ledger.wait(topic, 100)
    database = sqlite3.connect(ledger.path, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    traffic.produce(kafka, topic, 1000, start=100)
    process.wait_for_err(r"another process writes to it")
    time.sleep(2.5)  # nothing to wait for: the test is that nothing happens
    database.execute("ROLLBACK")
    database.close()
    ledger.wait(topic, 1100)
    assert process.terminate() == 0
    ledger.check(topic, 1100)
    assert process.err.count("Kafka: assigned") == 1 and "lost" not in process.err


def test_stop_has_a_bound(kafka, topic, configure, start_natmill, ledger):
    """What cannot be delivered within it is left to the next owner."""
    process = start_natmill(configure(kafka, topic, shutdown="1s"))
    traffic.produce(kafka, topic, 100)
    ledger.wait(topic, 100)
    database = sqlite3.connect(ledger.path, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    traffic.produce(kafka, topic, 1000, start=100)
    process.wait_for_err(r"another process writes to it")
    start = time.monotonic()
    assert process.terminate() == 0
    assert time.monotonic() - start < 4
    database.execute("ROLLBACK")
    database.close()
    process = start_natmill(configure(kafka, topic))
    ledger.wait(topic, 1100)
    assert process.terminate() == 0
    ledger.check(topic, 1100)


def test_second_signal_stops_at_once(kafka, topic, configure, start_natmill, ledger):
    process = start_natmill(configure(kafka, topic, shutdown="60s"))
    traffic.produce(kafka, topic, 100)
    ledger.wait(topic, 100)
    database = sqlite3.connect(ledger.path, isolation_level=None)
    database.execute("BEGIN IMMEDIATE")
    traffic.produce(kafka, topic, 100, start=100)
    process.wait_for_err(r"another process writes to it")
    process.signal(signal.SIGTERM)
    process.wait_for_err(r"the batch under way is delivered")
    process.signal(signal.SIGINT)
    assert process.wait(timeout=5) == 0
    database.close()


def test_stop_drains(kafka, topic, configure, start_natmill, ledger):
    """The batch under way is delivered, and the group's offset is where the watermark is."""
    traffic.produce(kafka, topic, PER_PARTITION)
    config = configure(kafka, topic, workers=2, batch=SMALL)
    for _ in range(3):
        before = ledger.progress(topic)
        process = start_natmill(config)
        wait_until(lambda at=before: ledger.progress(topic) > at or at == 4 * PER_PARTITION, 30, lambda: process.err)
        assert process.terminate() == 0
        assert "0 messages to be read again" in process.err
        if kafka.is_mock:
            continue  # it refuses commits while the second worker joins; Kafka takes them
        marks = {number: at for number, at in ledger.watermarks(topic).items() if at > 0}
        committed = kafka.committed(config["kafka"]["group"], topic)
        assert {number: at for number, at in committed.items() if at > 0} == marks
    process = start_natmill(config)
    ledger.wait(topic, PER_PARTITION)
    assert process.terminate() == 0
    ledger.check(topic, PER_PARTITION)


def test_broker_killed_and_restarted(own_kafka, configure, start_natmill, ledger):
    topic = own_kafka.create_topic()
    traffic.produce(own_kafka, topic, PER_PARTITION)
    config = configure(own_kafka, topic, workers=2, batch=SMALL)
    process = start_natmill(config)
    wait_until(lambda: ledger.progress(topic) > PER_PARTITION, 30, lambda: process.err)
    own_kafka.kill()
    own_kafka.start()
    ledger.wait(topic, PER_PARTITION, timeout=60, what=process.err[-3000:])
    traffic.produce(own_kafka, topic, 100, start=PER_PARTITION)
    ledger.wait(topic, PER_PARTITION + 100)
    ledger.check(topic, PER_PARTITION + 100)
    own_kafka.kill()
    start = time.monotonic()
    assert process.terminate() == 0  # with nobody to say goodbye to
    assert time.monotonic() - start < 10
