# SPDX-License-Identifier: Apache-2.0
"""syslog-ng: what devices send, by UDP and TCP, becomes the envelope on the vendor's topic and the event in
PostgreSQL; nothing is dropped."""

import json
import re

import pytest

from daemons import SyslogNg

COLLECTOR = SyslogNg
TOPICS = {"cgnat.syslog.nfware": ["nfware"], "cgnat.syslog.a10_thunder": ["a10"]}
KEYS = {"version", "type", "timestamp", "program", "message", "ip", "host"}
RECEIVED = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"


def session(address, port=443):
    return f"A VRF 7 6 INT {address}:40000 EXT 203.0.113.5:1024 DST 198.51.100.9:{port} DIR OUT"


@pytest.fixture(scope="module")
def written(bus, collector):
    """written(topic, mark): the envelope on that topic whose message holds the mark."""

    def find(topic, mark):
        count = sum(bus.end_offsets(topic).values())
        for message in bus.read(topic, count):
            envelope = json.loads(message.value())
            if mark in envelope["message"]:
                return envelope
        return None

    def wait(topic, mark):
        from waiting import wait_until
        envelope = wait_until(lambda: find(topic, mark), 20, lambda: f"{mark} on {topic}\n{collector.said()}")
        assert set(envelope) == KEYS and all(isinstance(value, str) for value in envelope.values()), envelope
        assert envelope["version"] == "1" and envelope["type"] == "generic"
        return envelope

    return wait


def test_rfc5424(collector, written, events):
    line = f"<134>1 2025-05-02T11:34:56.870123+02:00 cgn-1 nfware 123 - - {session('10.1.0.1')}"
    collector.send(line.encode(), source="127.0.0.7")
    row = events.wait("session_mapping", "10.1.0.1")[0]
    assert row["timestamp"] == "2025-05-02T09:34:56.870123+00:00"
    assert (row["host"], row["vrf_id"], row["protocol"], row["x_port"]) == ("127.0.0.7", "7", 6, 1024)
    assert written("cgnat.syslog.nfware", "10.1.0.1:") == {
        "version": "1", "type": "generic", "timestamp": "2025-05-02T11:34:56.870123+02:00", "program": "nfware",
        "message": session("10.1.0.1"), "ip": "127.0.0.7", "host": "cgn-1"}
