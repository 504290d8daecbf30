# SPDX-License-Identifier: Apache-2.0
"""A topic that a reload drops and another takes back before the group has followed: what came meanwhile is neither
skipped nor repeated."""

import confluent_kafka

import traffic
from test_reload import running  # noqa: F401  pylint: disable=unused-import
from waiting import wait_until


def sleepy_member(config, topic):
    """Another member of the group, with partitions of the topic. Until it is closed no rebalance comes to an end."""
    member = confluent_kafka.Consumer({"bootstrap.servers": config["brokers"], "group.id": config["group"],
                                       "partition.assignment.strategy": "cooperative-sticky"})
    member.subscribe([topic])
    wait_until(lambda: member.poll(0.1) or member.assignment(), what="the second member gets partitions")
    return member


def test_dropped_and_taken_back_before_the_group_follows(kafka, topic, running, ledger):  # noqa: F811
    other = kafka.create_topic(partitions=4)
    one = running(kafka={"strategy": "cooperative-sticky"})
    both = {topic: ["nfware"], other: ["nfware"]}
    one.write(topics=both)
    one.reload()
    traffic.produce(kafka, other, 100)
    ledger.wait(other, 100, what=one.process.err[-2000:])
    member = sleepy_member(one.config["kafka"], kafka.create_topic(partitions=1))
    one.write(topics={topic: ["nfware"]})
    one.reload()
    traffic.produce(kafka, other, 100, start=100)
    before = ledger.progress(topic)
    traffic.produce(kafka, topic, 100, start=one.count)
    one.count += 100
    wait_until(lambda: ledger.progress(topic) > before, 30, "the topic that stays is read")
    assert set(ledger.watermarks(other).values()) == {100}
    one.write(topics=both)
    one.reload()
    traffic.produce(kafka, other, 100, start=200)
    ledger.wait(other, 300, what=one.process.err[-2000:])
    member.close()
    ledger.check(other, 300)
    assert "are not there" not in one.process.err
    ledger.wait(topic, one.count, what=one.process.err[-2000:])
    one.end()
