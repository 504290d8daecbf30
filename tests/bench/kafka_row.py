# SPDX-License-Identifier: Apache-2.0
"""The row kafka-kafka of ./run bench: natmill into a topic of the same Kafka, events and offsets in one transaction a
batch, against a bare librdkafka loop that copies the messages in transactions of the same size with the same
settings, the best of one and two streams. What readers of committed records find is counted on both sides."""

import json
import subprocess

from confluent_kafka import Consumer, KafkaError, TopicPartition

BATCH = 10000  # messages a transaction, natmill's default
TARGET_PARTITIONS = 4
# What natmill sets for its producers (outputs/kafka_settings.c).
PRODUCER = ["compression.codec=lz4", "queue.buffering.max.kbytes=16384", "message.max.bytes=16777216"]


def count(bench, topic):
    """Records that were committed."""
    consumer = Consumer({"bootstrap.servers": bench.kafka.bootstrap, "group.id": bench.group("count"),
                         "enable.auto.commit": False, "enable.partition.eof": True, "check.crcs": False})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(TARGET_PARTITIONS)])
    found, left = 0, TARGET_PARTITIONS
    while left > 0:
        for one in consumer.consume(50000, timeout=1):
            if one.error() is None:
                found += 1
            else:
                assert one.error().code() == KafkaError._PARTITION_EOF, one.error()
                left -= 1
    consumer.close()
    return found


def target(bench):
    return bench.kafka.create_topic(f"copy.{bench.group('topic')}", TARGET_PARTITIONS)


def done(bench, topic, who):
    found = count(bench, topic)
    bench.kafka.delete_topic(topic)
    assert found == bench.count, f"{who} wrote {found} of {bench.count} records"


def natmill(bench):
    topic = target(bench)
    row = bench.natmill([{"type": "kafka", "topic": topic}])
    done(bench, topic, "natmill")
    return row


def loop(bench, streams):
    """Messages a second of the loop."""
    topic = target(bench)
    command = [bench.build / "tests" / "bench" / "bench_copy", bench.kafka.bootstrap, bench.group("copy"), bench.topic,
               topic, str(bench.count), str(streams), str(BATCH),
               *(f"consumer.{one}" for one in bench.properties), *(f"producer.{one}" for one in PRODUCER)]
    out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    done(bench, topic, "the loop")
    return bench.count / json.loads(out)["seconds"]


def kafka_kafka(bench, rounds):
    ours, bare = [], []
    for _ in range(rounds):
        bare += [loop(bench, streams) for streams in (1, 2)]
        ours.append(natmill(bench))
    row = {"path": "kafka-kafka", **max(ours, key=lambda one: one["msgs_per_s"]), "reference": "librdkafka copy"}
    row["ratio"] = round(row["msgs_per_s"] / max(bare), 3)
    return row, {"msgs_per_s": round(max(bare))}
