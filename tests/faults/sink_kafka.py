# SPDX-License-Identifier: Apache-2.0
"""Kafka as an output, in the same cluster that messages come from: kill -9 at each request of a transaction, zombies,
brokers and leaders that go, answers that are lost. It stands behind PostgreSQL in the same natmill, whose watermark is
then ahead of the group's offset now and then; an oracle of its own reads what is committed."""

import signal
import time

import broker
import group
import json_oracle
import killing
from campaigns import campaign
from confluent_kafka import Consumer, KafkaError, TopicPartition
from kafka_cluster import KafkaCluster
from waiting import wait_until

PRODUCE, ADD_OFFSETS, END_TXN, TXN_OFFSETS = 0, 25, 26, 28  # numbers of APIs in Kafka's protocol
DEFAULT_KILLS = 20
RATE = 1000  # messages a second: after each kill a transaction has to time out before anything goes on
TXN_MS = 1500  # how long the transaction of a natmill that was killed holds up readers and the next owner

# As killing.POINTS: the broker has what was sent "after", natmill has no answer.
POINTS = tuple((f"{when} {name}", lambda kind, _, wanted=api: kind == wanted, when == "before")
               for name, api in (("Produce", PRODUCE), ("AddOffsetsToTxn", ADD_OFFSETS),
                                 ("TxnOffsetCommit", TXN_OFFSETS), ("EndTxn", END_TXN))
               for when in ("before", "after"))


def beside(rig, txn_ms=TXN_MS, **options):
    """A topic for the events, the output for it, and a proxy between natmill and Kafka. Returns the topic."""
    topic = rig.kafka.create_topic(partitions=3)
    rig.others = [{"type": "kafka", "topic": topic, "key_field": "src_ip",
                   "properties": {"transaction.timeout.ms": txn_ms, "message.timeout.ms": txn_ms}, **options}]
    return topic


def through_proxy(rig):
    rig.brokers = f"127.0.0.1:{rig.world.detour.port}"
    return rig.world.detour


def readable(rig, topic, level):
    """{partition: end} as a reader of that isolation level sees it."""
    consumer = Consumer({"bootstrap.servers": rig.kafka.bootstrap, "group.id": "reader", "isolation.level": level,
                         "log_level": 0})
    try:
        return {number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=30)[1]
                for number in range(rig.kafka.partitions(topic))}
    finally:
        consumer.close()


def committed(rig, topic):
    """(identity, JSON) of each record of the topic that a reader of what is committed gets."""
    wait_until(lambda: readable(rig, topic, "read_committed") == readable(rig, topic, "read_uncommitted"), 30,
               "all transactions have ended")
    consumer = Consumer({"bootstrap.servers": rig.kafka.bootstrap, "group.id": "reader", "enable.auto.commit": False,
                         "isolation.level": "read_committed", "enable.partition.eof": True, "log_level": 0})
    left = rig.kafka.partitions(topic)
    consumer.assign([TopicPartition(topic, number, 0) for number in range(left)])
    try:
        while left > 0:
            for one in consumer.consume(10000, timeout=1):
                if one.error() is None:
                    identity = dict(one.headers())["natmill.id"].decode()
                    yield json_oracle.read_identity(identity, rig.topic), one.value()
                else:
                    assert one.error().code() == KafkaError._PARTITION_EOF, one.error()
                    left -= 1
    finally:
        consumer.close()


def check(rig, topic, twice=False):
    """The verdict over both."""
    told = rig.check(90)
    wait_until(lambda: rig.kafka.committed(rig.group, rig.topic) == rig.ends(), 60,
               lambda: f"the group at {rig.ends()}: {rig.kafka.committed(rig.group, rig.topic)}\n{rig.tail()}")
    events, again = json_oracle.check(rig.produced.values, committed(rig, topic))
    assert twice or again == 0, f"{again} of {events} events are in Kafka twice"
    return f"{told}; {events} events in Kafka (read committed), 0 lost, {again} twice"


def kill(rig, kills, processes):
    topic = beside(rig)
    proxy = through_proxy(rig)
    told = killing.kill_again_and_again(rig, kills, processes, POINTS, proxy, RATE)
    return f"{told.split(';', maxsplit=1)[0]}; {check(rig, topic)}"


@campaign("kafka-kills", "O1 O3 O7 O8 P5")
def kafka_kills(rig, count=DEFAULT_KILLS):
    """kill -9 at random moments, and before and after each request of a Kafka transaction"""
    return kill(rig, count, 1)


@campaign("kafka-kills-pair", "O3 O6 O7 O8 S6")
def kafka_kills_pair(rig, count=DEFAULT_KILLS // 2):
    """the same with two processes in the group, killed in turn"""
    return kill(rig, count, 2)


@campaign("kafka-plain-kills", "O1 O7")
def kafka_plain_kills(rig, count=8):
    """without transactions: kill -9 loses nothing, and repeats what was under way"""
    topic = beside(rig, transactional=False)
    told = killing.kill_again_and_again(rig, count, 1, POINTS[:2], through_proxy(rig))
    return f"{told.split(';', maxsplit=1)[0]}; {check(rig, topic, twice=True)}"


@campaign("kafka-stop-past-session", "S2 O4 O6")
def kafka_stop_past_session(rig):
    """a process stopped for longer than its session wakes up when others have its partitions"""
    topic = beside(rig)
    group.stop_past_session(rig)
    return check(rig, topic)


@campaign("kafka-zombie", "S2 O4")
def kafka_zombie(rig):
    """stopped with a request of its transaction on the way, which reaches the broker when others go on"""
    topic = beside(rig)
    proxy = through_proxy(rig)
    rig.session(group.SESSION_MS)
    rig.watch()
    with rig.load(1000):
        for api in (TXN_OFFSETS, END_TXN, PRODUCE):
            zombie = rig.start()
            rig.advance(300)
            held = {}

            def hook(link, kind, body, raw, wanted=api, held=held, zombie=zombie):
                if held or kind != wanted:
                    return link is not held.get("link")
                zombie.signal(signal.SIGSTOP)
                held.update(link=link, raw=raw)
                return False

            proxy.hook = hook
            wait_until(lambda held=held: held, 20, lambda: f"a request to hold\n{rig.tail()}", every=0.002)
            proxy.hook = None
            heir = rig.start()
            rig.all_advance()
            try:
                held["link"].send(held["raw"])
            except OSError:
                pass  # the broker has closed it
            zombie.signal(signal.SIGCONT)
            rig.all_advance()
            for one in (zombie, heir):
                assert one.running(), rig.tail()
                one.kill()
        rig.start()
        rig.advance(300)
    return check(rig, topic)


@campaign("kafka-lost-answers", "P5 O1")
def kafka_lost_answers(rig, times=10):
    """each kind of request of a transaction reaches the broker, and its connection ends before the answer"""
    topic = beside(rig)
    proxy = through_proxy(rig)
    rig.watch()
    rig.start()
    with rig.load(1000):
        for number in range(times):
            rig.advance(200)
            hit = []

            def hook(link, kind, body, raw, wanted=(END_TXN, TXN_OFFSETS, PRODUCE)[number % 3], hit=hit):
                if hit or kind != wanted:
                    return True
                hit.append(kind)
                link.drop_answer()
                link.send(raw)
                time.sleep(0.05)  # the broker does it
                link.cut()
                return False

            proxy.hook = hook
            wait_until(lambda hit=hit: hit, 20, lambda: f"a request\n{rig.tail()}", every=0.002)
            proxy.hook = None
        rig.advance(500)
    return check(rig, topic)


@campaign("kafka-broker-restart", "S4 S1 O4")
def kafka_broker_restart(rig):
    """the only broker is killed and started again while natmill reads from it and writes to it"""
    topic = beside(rig)
    broker.broker_restart(rig, 2)
    return check(rig, topic)


@campaign("kafka-leader-moves", "S4 S1 O3")
def kafka_leader_moves(rig, times=3):
    """a cluster of three: leaders of both topics, coordinators of group and transactions move, under load"""
    with KafkaCluster() as cluster:
        own = rig.with_kafka(cluster)
        try:
            topic = beside(own, 10000)  # as long as a node may be missed
            broker.lead_about(own, cluster, times)
            return check(own, topic)
        finally:
            own.close()
