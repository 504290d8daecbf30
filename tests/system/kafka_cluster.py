# SPDX-License-Identifier: Apache-2.0
"""Three Apache Kafka nodes as one cluster, each broker and controller: any one of them may die. Each topic lies on all
three; an answer says that two have it."""

from confluent_kafka.admin import AdminClient

from kafka_client import KafkaClient
from kafka_server import KafkaServer
from waiting import wait_until

NODES = 3
PROPERTIES = {
    "default.replication.factor": NODES,
    "min.insync.replicas": NODES - 1,
    "offsets.topic.replication.factor": NODES,
    "transaction.state.log.replication.factor": NODES,
    "transaction.state.log.min.isr": NODES - 1,
    "replica.lag.time.max.ms": 2000,
    "leader.imbalance.check.interval.seconds": 1,  # leaders go home soon
}


class KafkaCluster(KafkaClient):
    """nodes are KafkaServers, to be killed and started one by one."""

    is_mock = False
    replication = NODES

    def __init__(self, properties=None, places=({},) * NODES):
        """places: what else each KafkaServer is told, such as the address of its machine."""
        self.nodes = [KafkaServer(heap="256m", **place) for place in places]
        voters = ",".join(f"{number}@{node.host}:{node.controller_port}" for number, node in enumerate(self.nodes, 1))
        for number, node in enumerate(self.nodes, 1):
            node.configure({**PROPERTIES, "node.id": number, "controller.quorum.voters": voters, **(properties or {})})
        super().__init__(",".join(node.bootstrap for node in self.nodes))

    def start(self):
        for node in self.nodes:
            node.launch()
        for node in self.nodes:
            node.await_ready(120)
        wait_until(lambda: all(map(self._knows_all, self.nodes)), 60, "each node knows that all are in the cluster")
        return self

    @staticmethod
    def _knows_all(node):
        """A client that is new has no other node to ask."""
        client = AdminClient({"bootstrap.servers": node.bootstrap})
        return len(client.list_topics(timeout=30).brokers) == NODES

    def leaders(self, topic):
        """{partition: number of the node that leads it, from 1; -1 none}"""
        return {number: one.leader for number, one in self._partitions(topic).items()}

    def in_sync(self, topic):
        """Whether every node has all of it."""
        return all(len(one.isrs) == NODES for one in self._partitions(topic).values())

    def _partitions(self, topic):
        return self.admin.list_topics(topic, timeout=30).topics[topic].partitions

    def close(self):
        for node in self.nodes:
            node.close()

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_):
        self.close()
