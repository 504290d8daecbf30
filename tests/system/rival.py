# SPDX-License-Identifier: Apache-2.0
"""Another client of the group that comes under the name of a natmill's worker (kafka.instance)."""

from confluent_kafka import Consumer

from waiting import wait_until


def take_name(kafka, group, topic, name):
    """It joins the group, reads nothing, and is gone; its membership stays, as a static one does."""
    other = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": group, "group.instance.id": name,
                      "partition.assignment.strategy": "roundrobin", "enable.auto.commit": False, "log_level": 0})
    given = []
    other.subscribe([topic], on_assign=lambda _, partitions: given.extend(partitions) or other.assign([]))

    def taken():
        other.poll(0.1)  # errors pass, or the name is not taken in time
        return given

    try:
        wait_until(taken, 30, f"{name} is taken")
    finally:
        other.close()
