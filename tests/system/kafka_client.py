# SPDX-License-Identifier: Apache-2.0
"""What tests ask of a cluster, real or mock: topics, produce, read, offsets. Over confluent-kafka, not over our own
code, so that the checking client is another one."""

import uuid

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from waiting import wait_until


class KafkaClient:
    replication = 1  # of topics made here

    def __init__(self, bootstrap):
        self.bootstrap = bootstrap
        self._admin = None

    @property
    def admin(self):
        if self._admin is None:
            self._admin = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
        return self._admin

    def create_topic(self, name=None, partitions=4, **config):
        """Returns the name, once the broker knows it; a fresh one by default. Config keys with _ for a dot."""
        name = name or "test." + uuid.uuid4().hex[:12]
        config = {key.replace("_", "."): str(value) for key, value in config.items()}
        new = NewTopic(name, num_partitions=partitions, replication_factor=self.replication, config=config)
        self.admin.create_topics([new])[name].result(30)
        wait_until(lambda: self.partitions(name) == partitions, 30, f"topic {name} is there")
        return name

    def delete_topic(self, name):
        self.admin.delete_topics([name])[name].result(30)
        wait_until(lambda: self.partitions(name) == 0, 30, f"topic {name} is gone")

    def partitions(self, name):
        """How many partitions that have a leader; 0 if there is no such topic."""
        found = self.admin.list_topics(timeout=30).topics.get(name)
        if found is None or found.error is not None:
            return 0
        return sum(partition.leader >= 0 for partition in found.partitions.values())

    def produce(self, topic, values, keys=None, partition=None, headers=None, **config):
        """Writes all values (bytes or str; None is a tombstone) and returns when the broker has acknowledged each."""
        settings = {"bootstrap.servers": self.bootstrap, "linger.ms": 5, "compression.type": "lz4",
                    "queue.buffering.max.messages": 2000000, "message.max.bytes": 20000000, "log_level": 0}
        settings.update({key.replace("_", "."): value for key, value in config.items()})
        producer = Producer(settings)
        bad = []

        def delivered(error, _):
            if error is not None:
                bad.append(error)

        place = {} if partition is None else {"partition": partition}
        if headers is not None:
            place["headers"] = headers
        count = 0
        for count, value in enumerate(values, 1):
            key = keys[count - 1] if keys is not None else None
            while True:
                try:
                    producer.produce(topic, value, key=key, on_delivery=delivered, **place)
                    break
                except BufferError:
                    producer.poll(0.1)
            if count % 1000 == 0:
                producer.poll(0)
        left = producer.flush(120)
        if bad or left:
            raise KafkaException(f"{topic}: {left} of {count} not written, {len(bad)} refused: {bad[:1]}")
        return count

    def produce_committed(self, topic, values, partition):
        """Writes all values in one transaction. Not on the mock cluster."""
        producer = Producer({"bootstrap.servers": self.bootstrap, "transactional.id": uuid.uuid4().hex, "log_level": 0})
        producer.init_transactions(30)
        producer.begin_transaction()
        for value in values:
            producer.produce(topic, value, partition=partition)
        producer.commit_transaction(30)

    def _consumer(self, group, **config):
        return Consumer({"bootstrap.servers": self.bootstrap, "group.id": group, "enable.auto.commit": False,
                         "auto.offset.reset": "earliest", "log_level": 0, **config})

    def end_offsets(self, topic):
        """{partition: the offset that the next message will get}"""
        consumer = self._consumer("natmill-test-offsets")

        def ask():
            try:
                return {number: consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=30)[1]
                        for number in range(self.partitions(topic))}
            except KafkaException as why:  # the leader moved between the two questions: who leads, where it ends
                if why.args[0].code() != KafkaError.NOT_LEADER_FOR_PARTITION:
                    raise
                return None

        try:
            return wait_until(ask, 30)
        finally:
            consumer.close()

    def committed(self, group, topic):
        """{partition: the group's committed offset}, without those that have none."""
        consumer = self._consumer(group)
        try:
            asked = [TopicPartition(topic, number) for number in range(self.partitions(topic))]
            return {one.partition: one.offset for one in consumer.committed(asked, timeout=30) if one.offset >= 0}
        finally:
            consumer.close()

    def read_from(self, topic, partition, offset, end, timeout=60):
        """{offset: value} of the messages from offset to end, which is the log's; what was aborted is none."""
        consumer = self._consumer("natmill-test-" + uuid.uuid4().hex[:8], **{"enable.partition.eof": True})
        consumer.assign([TopicPartition(topic, partition, offset)])
        found = {}
        seen = 0

        def read_all():
            nonlocal seen
            for m in consumer.consume(1000, timeout=0.2):
                if m.error() is None:
                    found[m.offset()] = m.value()
                elif m.error().code() == KafkaError._PARTITION_EOF:
                    seen = m.offset()
            return seen >= end

        try:
            wait_until(read_all, timeout, lambda: f"{topic} [{partition}] up to {end}; seen up to {seen}")
        finally:
            consumer.close()
        return found

    def read(self, topic, count, timeout=30):
        """The first `count` messages of a topic, from its start, in each partition's order."""
        consumer = self._consumer("natmill-test-" + uuid.uuid4().hex[:8])
        consumer.assign([TopicPartition(topic, number, 0) for number in range(self.partitions(topic))])
        messages = []

        def enough():
            messages.extend(m for m in consumer.consume(1000, timeout=0.2) if m.error() is None)
            return len(messages) >= count

        try:
            wait_until(enough, timeout, lambda: f"{count} messages in {topic}; there are {len(messages)}")
        finally:
            consumer.close()
        return messages
