# SPDX-License-Identifier: Apache-2.0
"""Standard output, and where dead letters go when no database takes them."""

import json
import random
import time

import pytest

import traffic
from waiting import wait_until

COUNT = 500  # of each of four partitions
EVENTS = sum(traffic.kind(number) == "event" for number in range(COUNT)) * 4
LETTERS = {(partition, number) for partition in range(4) for number in range(COUNT) if traffic.kind(number) == "dead"}
STDOUT = [{"type": "stdout"}]


def events_of(process):
    """The whole lines on its standard output."""
    text = process.out_path.read_bytes()
    return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]


def check_events(events):
    assert sorted(event["src_ip"] for event in events) == sorted(
        traffic.source(partition, number) for partition in range(4) for number in range(COUNT)
        if traffic.kind(number) == "event")
    assert events[0].keys() == {"type", "timestamp", "host", "event", "vrf_id", "protocol", "src_ip", "src_port",
                                "x_ip", "x_port", "dst_ip", "dst_port", "host_name"}
    assert {event["type"] for event in events} == {"session-mapping"}
    assert {event["timestamp"] for event in events} == {"2025-05-02T11:34:56.870Z"}
    assert all(event["host"] == f"192.0.2.{int(event['vrf_id']) + 1}" for event in events)


def run_to_stdout(kafka, topic, configure, start_natmill, **sections):
    traffic.produce(kafka, topic, COUNT)
    process = start_natmill(configure(kafka, topic, outputs=STDOUT, **sections))
    wait_until(lambda: len(events_of(process)) == EVENTS, 30, lambda: f"{len(events_of(process))} lines\n{process.err}")
    assert process.terminate() == 0
    check_events(events_of(process))
    return process


def check_letters(letters, topic):
    """letters: JSON objects. Stores outside of a database keep each at least once."""
    assert {(letter["partition"], letter["offset"]) for letter in letters} == LETTERS
    for letter in letters:
        assert letter["topic"] == topic
        assert letter["reason"] != ""


def values_match(letter):
    value = traffic.value(letter["partition"], letter["offset"])
    kept = letter.get("value")
    return kept is None or kept.encode() == value


def test_stdout_and_letters_in_a_file(kafka, topic, configure, start_natmill, tmp_path):
    path = tmp_path / "dead.jsonl"
    run_to_stdout(kafka, topic, configure, start_natmill, workers=2, dead_letters={"type": "file", "path": str(path)})
    letters = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    check_letters(letters, topic)
    assert all(values_match(letter) for letter in letters)


def letters_in(kafka, topic, expect_from):
    """The letters of a Kafka topic as JSON-like objects, those about messages of `expect_from`."""
    found = []
    for message in kafka.read(topic, sum(kafka.end_offsets(topic).values())):
        headers = {name: (value or b"").decode() for name, value in message.headers()}
        if headers["natmill.topic"] == expect_from:
            found.append({"topic": headers["natmill.topic"], "partition": int(headers["natmill.partition"]),
                          "offset": int(headers["natmill.offset"]), "reason": headers["natmill.reason"],
                          "raw": message.value()})
    return found


def test_letters_in_a_kafka_topic(kafka, topic, configure, start_natmill):
    dead = kafka.create_topic(partitions=2)
    run_to_stdout(kafka, topic, configure, start_natmill, dead_letters={"type": "kafka", "topic": dead})
    letters = letters_in(kafka, dead, topic)
    check_letters(letters, topic)
    for letter in letters:
        assert letter["raw"] == traffic.value(letter["partition"], letter["offset"])


def test_letters_go_to_cgnat_dead_by_default(kafka, topic, configure, start_natmill):
    if kafka.partitions("cgnat.dead") == 0:
        kafka.create_topic("cgnat.dead", partitions=1)
    run_to_stdout(kafka, topic, configure, start_natmill)
    check_letters(letters_in(kafka, "cgnat.dead", topic), topic)


def test_missing_topic_for_letters_is_waited_for(kafka, topic, configure, start_natmill, group):
    """Nothing is lost and nothing goes past: events wait for the letters before them."""
    if kafka.is_mock:
        pytest.skip("the mock cluster makes every topic that is asked for")
    dead = f"{group}.dead"
    traffic.produce(kafka, topic, COUNT)
    process = start_natmill(configure(kafka, topic, outputs=STDOUT, dead_letters={"type": "kafka", "topic": dead}))
    process.wait_for_err(r"ALARM: output dead_letters: ")
    assert events_of(process) == []
    assert all(offset == 0 for offset in kafka.committed(group, topic).values())
    kafka.create_topic(dead, partitions=1)
    wait_until(lambda: len(events_of(process)) == EVENTS, 40, lambda: process.err[-2000:])
    assert process.terminate() == 0
    check_letters(letters_in(kafka, dead, topic), topic)


def test_kills_lose_nothing(kafka, topic, group, configure, start_natmill, tmp_path):
    """No watermarks here: at least once, and the group's offset never passes what was not written."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    traffic.produce(kafka, topic, COUNT)
    config = configure(kafka, topic, {"session.timeout.ms": 500}, outputs=STDOUT,
                       batch={"messages": 20, "wait": "20ms"},
                       dead_letters={"type": "file", "path": str(tmp_path / "dead.jsonl")})
    found = set()
    for _ in range(5):
        process = start_natmill(config)
        process.wait_for_err(r"Kafka: assigned \d+ partitions")
        time.sleep(dice.random() * 0.1)
        process.kill()
        found |= {event["src_ip"] for event in events_of(process)}
    process = start_natmill(config)
    end = {number: COUNT for number in range(4)}
    wait_until(lambda: kafka.committed(group, topic) == end, 30, lambda: process.err)
    assert process.terminate() == 0
    found |= {event["src_ip"] for event in events_of(process)}
    assert len(found) == EVENTS
    letters = [json.loads(line) for line in (tmp_path / "dead.jsonl").read_text(encoding="utf-8").splitlines()]
    assert {(letter["partition"], letter["offset"]) for letter in letters} == LETTERS


def test_two_outputs_both_have_all(kafka, topic, configure, start_natmill, ledger):
    traffic.produce(kafka, topic, COUNT)
    process = start_natmill(configure(
        kafka, topic, outputs=[{"type": "sqlite", "path": str(ledger.path)}, {"type": "stdout"}, {"type": "null"}]))
    ledger.wait(topic, COUNT)
    assert process.terminate() == 0
    check_events(events_of(process))
    ledger.check(topic, COUNT)
