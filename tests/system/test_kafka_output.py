# SPDX-License-Identifier: Apache-2.0
"""The output kafka through the built program: events of each batch with the group's offsets, what the operator sees of
them, and configurations that cannot be."""

import json

import pytest
from confluent_kafka import KafkaException

import traffic
from natmill_process import write_config
from waiting import wait_until

COUNT = 300  # of each of four partitions
PLAIN = {"type": "kafka", "transactional": False}


@pytest.fixture
def target(kafka):
    if kafka.is_mock:
        pytest.skip("the mock has no transactions to speak of")
    return kafka.create_topic(partitions=2)


@pytest.fixture
def settled(kafka, topic, group, target, configure, start_natmill, tmp_path):
    """A natmill that has taken everything; (its process, path of its configuration)."""
    traffic.produce(kafka, topic, COUNT)
    config = configure(kafka, topic, outputs=[{"type": "kafka", "topic": target, "name": "queue"}],
                       dead_letters={"type": "file", "path": str(tmp_path / "dead.jsonl")})
    process = start_natmill(config)
    wait_until(lambda: all_at(kafka, group, topic, COUNT), 30, lambda: process.err)
    return process, str(write_config(tmp_path, config))


def all_at(kafka, group, topic, count):
    try:
        return kafka.committed(group, topic) == dict.fromkeys(range(4), count)
    except KafkaException:
        return False  # the first group of a broker waits for its coordinator


def read(kafka, target, count):
    return sorted(json.loads(one.value())["src_ip"] for one in kafka.read(target, count))


def sources(start=0):
    return sorted(traffic.source(partition, number) for partition in range(4) for number in range(start, COUNT)
                  if traffic.kind(number) == "event")


def test_events_and_watermarks(kafka, topic, target, group, settled, run_natmill, start_natmill, tmp_path):
    process, path = settled
    wanted = sources()
    assert read(kafka, target, len(wanted)) == wanted
    rows = [line.split() for line in run_natmill("watermarks", "list", "-c", path).stdout.splitlines()[1:]]
    assert [row[:4] for row in sorted(rows)] == [["queue", topic, str(number), str(COUNT)] for number in range(4)]
    assert all(row[4].endswith("Z") and len(row) == 6 for row in rows)

    back = ("watermarks", "set", "-c", path, "queue", topic, "1", "100")
    refused = run_natmill(*back)
    assert refused.returncode == 3 and "must have no members" in refused.stderr
    assert process.terminate() == 0
    done = run_natmill(*back)
    assert done.returncode == 0, done.stderr
    assert f"was {COUNT}" in done.stdout
    process = start_natmill((tmp_path / "natmill.yaml").read_text(encoding="utf-8"))
    wait_until(lambda: kafka.committed(group, topic)[1] == COUNT, 30, lambda: process.err)
    again = sorted(wanted + [traffic.source(1, number) for number in range(100, COUNT)
                             if traffic.kind(number) == "event"])
    assert read(kafka, target, len(again)) == again
    assert process.terminate() == 0


def test_nothing_is_written_twice_after_a_restart(kafka, topic, target, group, settled, start_natmill, tmp_path):
    process, _ = settled
    process.kill()
    process = start_natmill((tmp_path / "natmill.yaml").read_text(encoding="utf-8"))
    traffic.produce(kafka, topic, 100, start=COUNT)
    wait_until(lambda: all_at(kafka, group, topic, COUNT + 100), 30, lambda: process.err)
    wanted = sorted(traffic.source(partition, number) for partition in range(4) for number in range(COUNT + 100)
                    if traffic.kind(number) == "event")
    assert read(kafka, target, len(wanted)) == wanted


def test_without_transactions(kafka, topic, target, group, configure, start_natmill, tmp_path):
    traffic.produce(kafka, topic, COUNT)
    process = start_natmill(configure(kafka, topic, outputs=[{**PLAIN, "topic": target}],
                                      dead_letters={"type": "file", "path": str(tmp_path / "dead.jsonl")}))
    wait_until(lambda: all_at(kafka, group, topic, COUNT), 30, lambda: process.err)
    wanted = sources()
    assert read(kafka, target, len(wanted)) == wanted


@pytest.mark.parametrize("outputs, says", [
    ([{"type": "kafka"}, {"type": "kafka", "name": "second"}], "a second output with a Kafka transaction"),
    ([{"type": "kafka", "mode": "best_effort"}], "keeps watermarks and must be `required`"),
])
def test_what_cannot_be(kafka, topic, configure, run_natmill, tmp_path, outputs, says):
    path = write_config(tmp_path, configure(kafka, topic, outputs=outputs))
    result = run_natmill("check", "-c", str(path))
    assert result.returncode == 1
    assert says in result.stderr and len(result.stderr.splitlines()) == 1


def test_several_without_transactions(kafka, topic, configure, run_natmill, tmp_path):
    outputs = [{"type": "kafka"}, {**PLAIN, "name": "second"}, {**PLAIN, "name": "third", "mode": "best_effort"}]
    path = write_config(tmp_path, configure(kafka, topic, outputs=outputs))
    assert run_natmill("check", "-c", str(path)).returncode == 0
