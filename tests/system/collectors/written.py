# SPDX-License-Identifier: Apache-2.0
"""What the collectors have written to Kafka, read as it comes by one consumer."""

import json
import uuid

from confluent_kafka import Consumer, TopicPartition

from waiting import wait_until


class Written:
    """Topics of one partition, from their starts."""

    def __init__(self, bus, topics, collector):
        self.found = []  # (topic, object, text)
        self.collector = collector
        self.consumer = Consumer({"bootstrap.servers": bus.bootstrap, "group.id": "written-" + uuid.uuid4().hex[:8],
                                  "enable.auto.commit": False, "fetch.wait.max.ms": 20, "log_level": 0})
        self.consumer.assign([TopicPartition(topic, 0, 0) for topic in topics])

    def close(self):
        self.consumer.close()

    def wait(self, fits, count=1):
        """The first objects for which fits(topic, object, text) holds, in the order of their topics."""

        def enough():
            for message in self.consumer.consume(1000, timeout=0.05):
                if message.error() is None:
                    text = message.value().decode()
                    self.found.append((message.topic(), json.loads(text), text))
            here = [one for one in self.found if fits(*one)]
            return len(here) >= count and here

        return [one[1] for one in wait_until(enough, 20, lambda: f"{count} written\n{self.collector.said()}")]
