# SPDX-License-Identifier: Apache-2.0
"""Writes each Accounting-Request to Kafka as one flat JSON object, attribute name to text. FreeRADIUS' rlm_python3
calls it from its threads; radiusd.conf names the functions.

A request is answered (OK) when Kafka has acknowledged the message, else not (FAIL), and the device sends it again: so
nothing is lost, and a repeated request is a repeated message.
"""

import json
import os
import time

import radiusd  # made by rlm_python3
from confluent_kafka import KafkaException, Producer

TOPIC = "cgnat.accounting."
# A vendor's topic, by how its NAT attributes begin; the first attribute that fits decides. Else `generic`.
VENDORS = (("NFWare-vCGNAT-", "nfware"), ("Alc-", "nokia"), ("Huawei-", "huawei"))
# A request can tell several port blocks by repeating these; each repetition becomes an object of its own. Of any other
# attribute that is repeated the last value is kept.
REPEATED = ("Alc-Nat-Port-Range", "Alc-Nat-Outside-Ip-Addr", "Huawei-NAT-Public-Address", "Huawei-NAT-Start-Port",
            "Huawei-NAT-End-Port")
SOURCE = "Tmp-String-0"  # radiusd.conf puts the sender's address there
WAIT_S = float(os.environ.get("RADIUS_KAFKA_WAIT_S", "5"))  # below the time after which devices repeat
TURN_S = 0.005

state = {}


class Delivery:
    """What became of the messages of one request. Reports come in whichever thread polls, so each thread polls in
    short turns until its own are there."""

    def __init__(self, count):
        self.left = count
        self.error = None

    def report(self, error, _message):
        self.error = self.error or error
        self.left -= 1

    def wait(self):
        """True when Kafka has all."""
        deadline = time.monotonic() + WAIT_S + 1
        while self.left > 0 and time.monotonic() < deadline:
            state["producer"].poll(TURN_S)
        return self.left == 0 and self.error is None


def properties():
    """librdkafka's, from the environment and the file of KAFKA_PROPERTIES_FILE (key=value)."""
    found = {
        "bootstrap.servers": os.environ.get("KAFKA_BOOTSTRAP_SERVERS", "kafka:9092"),
        "client.id": "freeradius",
        "acks": "all",
        "linger.ms": 2,
        "compression.codec": "lz4",
        "message.timeout.ms": int(WAIT_S * 1000),
    }
    path = os.environ.get("KAFKA_PROPERTIES_FILE")
    if path:
        with open(path, encoding="utf-8") as file:
            for line in file:
                key, equals, value = line.strip().partition("=")
                if equals and not key.startswith("#"):
                    found[key] = value
    return found


def instantiate(_):
    # FreeRADIUS prints dates in local time, with the zone's short name: only UTC says the same everywhere.
    os.environ["TZ"] = "UTC"
    time.tzset()
    try:
        state["producer"] = Producer(properties())
    except KafkaException as error:
        radiusd.radlog(radiusd.L_ERR, f"Kafka: {error}")
        return -1
    try:  # so that the first request need not wait for the connection
        state["producer"].list_topics(timeout=WAIT_S)
    except KafkaException as error:
        radiusd.radlog(radiusd.L_ERR, f"Kafka: {error}; no request is answered until it is there")
    return 0


def records(pairs):
    """The objects of one request, and the topic they go to."""
    vendor = "generic"
    record = {}
    repeated = {}
    for name, value in pairs:
        if vendor == "generic":
            vendor = next((topic for prefix, topic in VENDORS if name.startswith(prefix)), vendor)
        record[name] = value
        if name in REPEATED:
            repeated.setdefault(name, []).append(record[name])
    source = record.pop(SOURCE, "")
    record.setdefault("NAS-IP-Address", record.get("NAS-IPv6-Address") or source)
    rows = max(map(len, repeated.values()), default=1)
    return TOPIC + vendor, [{**record, **{name: values[min(row, len(values) - 1)] for name, values in repeated.items()}}
                            for row in range(rows)]


def accounting(pairs):
    topic, rows = records(pairs)
    delivery = Delivery(len(rows))
    try:
        for row in rows:
            state["producer"].produce(topic, json.dumps(row, ensure_ascii=False).encode(), on_delivery=delivery.report)
    except (BufferError, KafkaException) as error:
        radiusd.radlog(radiusd.L_ERR, f"Kafka: {error}; not answered, the device sends it again")
        return radiusd.RLM_MODULE_FAIL
    if not delivery.wait():
        radiusd.radlog(radiusd.L_ERR, f"Kafka: {topic}: {delivery.error or 'no answer'}; not answered, the device "
                       "sends it again")
        return radiusd.RLM_MODULE_FAIL
    return radiusd.RLM_MODULE_OK


def detach(*_):
    state["producer"].flush(5)
    state.clear()  # here, with the interpreter's lock held: rlm_python3 ends the interpreter without it
    return 0
