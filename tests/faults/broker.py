# SPDX-License-Identifier: Apache-2.0
"""What happens to Kafka: the broker dies and comes back, retention deletes what was not read, a topic is made anew."""

import re
import subprocess
import time

from confluent_kafka import TopicPartition

from campaigns import campaign
from kafka_cluster import KafkaCluster
from rig import program
from rival import take_name
from waiting import wait_until


@campaign("broker-restart", "S4 S1 O4")
def broker_restart(rig, times=3):
    """the only broker is killed and started again, under load"""
    rig.watch()
    rig.start()
    with rig.load(1000):
        for _ in range(times):
            rig.advance(500, 60)
            restart(rig)
        rig.advance(500, 60)
    return rig.check(90)


def restart(rig):
    rig.kafka.kill()
    time.sleep(rig.dice.random())
    rig.kafka.start()


@campaign("fenced-broker-restart", "S4 G6")
def fenced_broker_restart(rig):
    """another client takes natmill's name for a moment, and the consumer made anew sees the broker die and come back"""
    rig.kafka_options = {"instance": "machine"}
    rig.watch()
    process = rig.start()
    with rig.load(1000):
        rig.advance(500)
        take_name(rig.kafka, rig.group, rig.topic, "machine-0")
        rig.await_log(process, r"its consumer is made anew and takes it back")
        rig.all_advance()
        restart(rig)
        assert process.running(), rig.tail()
        rig.all_advance()
    result = rig.check(90)
    assert process.running(), rig.tail()
    return result


@campaign("leader-moves", "S4 S1 O3")
def leader_moves(rig, times=3):
    """a cluster of three: each node in turn is killed and started again, leaders and coordinators move, under load"""
    with KafkaCluster() as cluster:
        own = rig.with_kafka(cluster)
        try:
            return lead_about(own, cluster, times)
        finally:
            own.close()


def lead_about(rig, cluster, times):
    rig.watch()
    rig.start()
    rig.start()
    moves = 0
    with rig.load(1000):
        rig.advance(500)
        for turn in range(times):
            before = cluster.leaders(rig.topic)
            victim = turn % len(cluster.nodes) + 1
            cluster.nodes[victim - 1].kill()
            wait_until(lambda gone=victim: gone not in cluster.leaders(rig.topic).values(), 30, "others lead")
            rig.all_advance()
            after = cluster.leaders(rig.topic)
            moves += sum(after[number] != leader for number, leader in before.items())
            cluster.nodes[victim - 1].start(120)
            wait_until(lambda: cluster.in_sync(rig.topic), 60, "all nodes have everything")
            rig.all_advance()
    assert moves >= times, f"leaders moved only {moves} times"  # each leads one of four partitions at least
    assert rig.logged("ALARM") == 0, rig.tail()
    return f"{moves} moves; {rig.check(90)}"


@campaign("retention-gap", "O11")
def retention_gap(rig):
    """messages were deleted before they were read: told with range and number, and on with the rest"""
    rig.watch()
    first = rig.start()
    rig.produced.numbers(2000)
    rig.drained()
    first.kill()
    rig.produced.numbers(4000)
    rig.produced.flush()
    stood, cut = rig.marks(), {number: offset + 700 for number, offset in rig.marks().items()}
    asked = [TopicPartition(rig.topic, number, offset) for number, offset in cut.items()]
    for answer in rig.kafka.admin.delete_records(asked).values():
        answer.result(30)
    second = rig.start()
    rig.drained()
    told = {int(one[0]): (int(one[1]), int(one[2]), int(one[3])) for one in re.findall(
        r"ALARM: topic \S+ partition (\d+): offsets (\d+) to (\d+) were deleted.*at most (\d+) messages", second.err)}
    assert told == {number: (stood[number], cut[number] - 1, 700) for number in cut}, second.err
    for place in list(rig.produced.values):
        if stood[place[0]] <= place[1] < cut[place[0]]:
            del rig.produced.values[place]
            rig.produced.sent -= 1
    return f"{4 * 700} deleted and told; {rig.check()}"


def topic_anew(rig, running):
    process = rig.start()
    rig.produced.numbers(4000)
    rig.drained()
    stood = rig.marks()
    if not running:
        process.kill()
    rig.kafka.delete_topic(rig.topic)
    rig.kafka.create_topic(rig.topic, rig.partitions)
    rig.produced.forget()
    rig.produced.numbers(8000)
    rig.produced.flush()
    if not running:
        process = rig.start()
    rig.await_log(process, r"ALARM: topic \S+ partition \d stopped: .*made anew", 40)
    time.sleep(1)
    assert rig.marks() == stood, f"went on in silence: {stood} {rig.marks()}"
    process.terminate()


@campaign("topic-anew", "P11")
def topic_made_anew(rig):
    """the topic was deleted and made anew while natmill was away: stops with an alarm, until the operator decides"""
    topic_anew(rig, running=False)
    for table in ("session_mapping", "port_mapping", "port_block_mapping", "address_mapping", "natmill_dead_letters"):
        rig.sql(f"DELETE FROM {table}")
    for number in range(rig.partitions):
        command = [program(), "watermarks", "set", "-c", rig.folder / "natmill-0.yaml", "postgresql", rig.topic]
        done = subprocess.run([*command, str(number), "0"], capture_output=True, text=True, check=False, timeout=30)
        assert done.returncode == 0, done.stderr + done.stdout
    rig.start()
    return rig.check()


@campaign("topic-anew-running", "P11")
def topic_made_anew_running(rig):
    """the same under natmill's eyes"""
    topic_anew(rig, running=True)
    return "stopped with an alarm"
