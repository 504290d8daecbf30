# SPDX-License-Identifier: Apache-2.0
"""librdkafka's mock cluster in the place of Apache Kafka, with the methods of KafkaServer; for machines that cannot
fetch Kafka. The cluster is a process of its own (tests/setup/mock_kafka.c) that takes commands on its input."""

import pathlib
import subprocess
import uuid

import pytest

from kafka_client import KafkaClient
from waiting import die_with_parent, wait_until

PROGRAM = pathlib.Path(__file__).resolve().parents[2] / "build" / "tests" / "setup" / "mock_kafka"


class MockKafka(KafkaClient):
    is_mock = True

    def __init__(self):
        self.process = subprocess.Popen([PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=die_with_parent)
        super().__init__(self.process.stdout.readline().strip())

    def _tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().strip()
        if answer != "ok":
            raise RuntimeError(f"mock cluster: {command}: {answer or 'it has ended'}")

    def create_topic(self, name=None, partitions=4, **_):
        name = name or "test." + uuid.uuid4().hex[:12]
        self._tell(f"topic {name} {partitions}")
        wait_until(lambda: self.partitions(name) == partitions, 30, f"topic {name} is there")
        return name

    def delete_topic(self, name):
        pytest.skip("the mock cluster cannot delete a topic")

    def start(self):
        self._tell("up")
        return self

    def stop(self):
        self._tell("down")

    kill = stop

    def restart(self):
        self.stop()
        return self.start()

    def pause(self):
        pytest.skip("the mock cluster cannot freeze")

    resume = pause

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
