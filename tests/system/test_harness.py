# SPDX-License-Identifier: Apache-2.0
"""The harness itself: what is written to the cluster comes back, through a restart too."""

import pytest

import mock_kafka
from waiting import Late, wait_until


def test_written_is_read_back(kafka, topic, group):
    values = [f"line {number}".encode() for number in range(1000)]
    assert kafka.produce(topic, values) == 1000
    assert sorted(message.value() for message in kafka.read(topic, 1000)) == sorted(values)
    assert sum(kafka.end_offsets(topic).values()) == 1000
    assert kafka.committed(group, topic) == {}


@pytest.mark.slow
def test_cluster_survives_a_kill(own_kafka):
    topic = own_kafka.create_topic(partitions=1)
    own_kafka.produce(topic, ["before"])
    own_kafka.kill()
    own_kafka.start()
    own_kafka.produce(topic, ["after"])
    assert [message.value() for message in own_kafka.read(topic, 2)] == [b"before", b"after"]


def test_topic_is_deleted_and_made_anew(kafka, topic):
    kafka.produce(topic, ["old"], partition=0)
    kafka.delete_topic(topic)
    kafka.create_topic(topic, partitions=2)
    assert kafka.end_offsets(topic) == {0: 0, 1: 0}


def test_mock_cluster_takes_the_place():
    mock = mock_kafka.MockKafka()
    try:
        topic = mock.create_topic(partitions=2)
        mock.stop()
        mock.start()
        assert mock.produce(topic, ["a", None, "b"], partition=1) == 3
        assert [message.value() for message in mock.read(topic, 3)] == [b"a", None, b"b"]
    finally:
        mock.close()


def test_waiting_ends():
    with pytest.raises(Late, match="never"):
        wait_until(lambda: False, timeout=0.05, what="never")
