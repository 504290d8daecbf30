# SPDX-License-Identifier: Apache-2.0
"""pmacct's nfacctd: NAT records of NetFlow v9 and IPFIX, templates and data built here, become JSON on
cgnat.netflow.all and events in PostgreSQL."""

import time

import pytest

from daemons import Nfacctd
from packets import IPFIX, NETFLOW_V9, Exporter

COLLECTOR = Nfacctd
TOPICS = {"cgnat.netflow.all": ["netflow"]}
WRITES = list(TOPICS)
TIME_S = 1746185700  # 2025-05-02T11:35:00Z
TIME_MS = TIME_S * 1000 + 870
ABSENT = {"ip_dst": "", "post_nat_ip_src": "", "post_nat_ip_dst": "", "port_src": 0, "port_dst": 0, "ip_proto": "0",
          "post_nat_port_src": 0, "post_nat_port_dst": 0, "ingress_vrf": "0", "egress_vrf": "0",
          "nat_port_start": "0", "nat_port_end": "0", "nat_port_step": "0", "nat_port_count": "0", "nat_pool": "0",
          "post_nat_ip6_src": "::", "post_nat_ip6_dst": "::"}


MOMENT = "2025-05-02T11:35:00.87+00:00"


def session(src_ip, event, **more):
    return {"time_ms": TIME_MS, "src_ip": src_ip, "x_ip": "203.0.113.5", "dst_ip": "198.51.100.9",
            "x_dst_ip": "198.51.100.9", "src_port": 40000, "x_port": 1024, "dst_port": 443, "x_dst_port": 443,
            "protocol": 6, "vrf": 1002, "nat_event": event, **more}


@pytest.fixture(scope="module")
def records(written):
    """records(src_ip, count): those of one subscriber, by nat_event, without pmacct's own event_type."""

    def find(src_ip, count=1):
        found = written.wait(lambda _, one, __: one.get("ip_src") == src_ip, count)
        assert len(found) == count
        found = [{key: value for key, value in one.items() if key != "event_type"} for one in found]
        return sorted(found, key=lambda one: one["nat_event"])

    return find


@pytest.mark.parametrize("version", [NETFLOW_V9, IPFIX])
def test_session(collector, records, version):
    """All keys of a record, with the exporter, and the time in UTC whatever zone the machine has."""
    source = f"10.9.0.{version}"
    packet = Exporter(version).packet(session(source, 4), session(source, 5), time_s=TIME_S + 5)
    collector.send(packet, source="127.0.0.9")
    created, deleted = records(source, 2)
    assert created == {
        **ABSENT, "peer_ip_src": "127.0.0.9", "ip_src": source, "ip_dst": "198.51.100.9", "port_src": 40000,
        "port_dst": 443, "ip_proto": "tcp", "post_nat_ip_src": "203.0.113.5", "post_nat_ip_dst": "198.51.100.9",
        "post_nat_port_src": 1024, "post_nat_port_dst": 443, "nat_event": 4, "ingress_vrf": "1002",
        "timestamp_start": "2025-05-02 11:35:00.870000"}
    assert deleted == {**created, "nat_event": 5}


@pytest.mark.parametrize("version", [NETFLOW_V9, IPFIX])
def test_port_block(collector, records, version):
    """What a record lacks is "", 0, "0" or "::"."""
    source = f"10.9.1.{version}"
    exporter = Exporter(version)
    base = {"time_ms": TIME_MS, "src_ip": source, "x_ip": "203.0.113.5", "vrf": 7}
    collector.send(exporter.packet({**base, "port_start": 1024, "port_end": 1535, "nat_event": 16}, time_s=TIME_S))
    collector.send(exporter.packet({**base, "port_start": 1024, "port_step": 1, "port_count": 512, "nat_event": 17},
                                   time_s=TIME_S))
    allocated, freed = records(source, 2)
    assert allocated == {**ABSENT, "peer_ip_src": "127.0.0.1", "ip_src": source, "post_nat_ip_src": "203.0.113.5",
                         "nat_event": 16, "ingress_vrf": "7", "nat_port_start": "1024", "nat_port_end": "1535",
                         "timestamp_start": "2025-05-02 11:35:00.870000"}
    assert freed == {**allocated, "nat_event": 17, "nat_port_end": "0", "nat_port_step": "1", "nat_port_count": "512"}


def test_nat64_and_ipv6(collector, records):
    """IPv4 behind IPv6 is where IPv4 always is; pmacct leaves that empty for IPv6, so a primitive of ours has it."""
    exporter = Exporter(IPFIX)
    base = {"time_ms": TIME_MS, "src_ip6": "2001:db8::5", "dst_ip6": "64:ff9b::c000:205", "src_port": 47073,
            "x_port": 63527, "dst_port": 80, "x_dst_port": 80, "protocol": 6}
    collector.send(exporter.packet({**base, "x_ip": "192.0.2.2", "x_dst_ip": "192.0.2.5", "nat_event": 6},
                                   time_s=TIME_S))
    collector.send(exporter.packet({**base, "x_ip6": "2001:db8:9::5", "x_dst_ip6": "2001:db8:1::1", "nat_event": 4},
                                   time_s=TIME_S))
    nat66, nat64 = records("2001:db8::5", 2)
    assert (nat64["post_nat_ip_src"], nat64["post_nat_ip_dst"], nat64["post_nat_ip6_src"]) == (
        "192.0.2.2", "192.0.2.5", "::")
    assert (nat66["post_nat_ip_src"], nat66["post_nat_ip6_src"], nat66["post_nat_ip6_dst"]) == (
        "", "2001:db8:9::5", "2001:db8:1::1")


def test_protocol_names(collector, records):
    """In small letters, or the number as text where pmacct knows none."""
    names = {1: "icmp", 17: "udp", 47: "gre", 58: "ipv6-icmp", 132: "sctp", 254: "254"}
    for number in names:
        collector.send(Exporter(IPFIX).packet(session(f"10.9.2.{number}", 4, protocol=number), time_s=TIME_S))
    assert {number: records(f"10.9.2.{number}")[0]["ip_proto"] for number in names} == names


def test_without_a_time_of_its_own(collector, records):
    """The packet's is taken, to the second."""
    record = session("10.9.3.1", 8)
    del record["time_ms"]
    collector.send(Exporter(NETFLOW_V9).packet(record, time_s=TIME_S + 5))
    assert records("10.9.3.1")[0]["timestamp_start"] == "2025-05-02 11:35:05.000000"


def test_kafka_away(bus, collector, records):
    """Longer than pmacct's own Kafka plugin would wait: nothing is lost."""
    exporter = Exporter(IPFIX)
    bus.pause()
    try:
        for number in range(10):
            collector.send(exporter.packet(session(f"10.9.9.{number}", 4), time_s=TIME_S))
            time.sleep(0.6)  # so that several refreshes fall into the time
    finally:
        bus.resume()
    for number in range(10):
        records(f"10.9.9.{number}")


def test_sessions_to_postgresql(collector, events):
    """natEvents 1 to 7, by both protocols, from two devices."""
    for version, source in ((NETFLOW_V9, "127.0.0.3"), (IPFIX, "127.0.0.4")):
        exporter = Exporter(version)
        sessions = [session(f"10.9.5.{version * 10 + event}", event) for event in (1, 2, 4, 5)]
        collector.send(exporter.packet(*sessions, time_s=TIME_S), source=source)
        for record in sessions:
            created = record["nat_event"] in (1, 4)
            assert events.only("session_mapping", record["src_ip"]) == {
                "timestamp": MOMENT, "host": source, "event": 1 if created else 2, "vrf_id": "1002", "protocol": 6,
                "src_ip": record["src_ip"], "src_port": 40000, "x_ip": "203.0.113.5", "x_port": 1024,
                "dst_ip": "198.51.100.9", "dst_port": 443}


def test_nat64_to_postgresql(collector, events):
    exporter = Exporter(IPFIX)
    base = {"time_ms": TIME_MS, "dst_ip6": "64:ff9b::c000:205", "x_ip": "192.0.2.2", "x_dst_ip": "192.0.2.5",
            "src_port": 47073, "x_port": 63527, "dst_port": 80, "x_dst_port": 80, "protocol": 17}
    for event, name in ((6, "created"), (7, "deleted")):
        source = f"2001:db8:{event}::5"
        collector.send(exporter.packet({**base, "src_ip6": source, "nat_event": event}, time_s=TIME_S))
        found = events.only("session_mapping", source)
        assert (found["event"], found["x_ip"], found["x_port"], found["dst_ip"], found["protocol"]) == (
            ("created", "deleted").index(name) + 1, "192.0.2.2", 63527, "192.0.2.5", 17)


def test_bindings_to_postgresql(collector, events):
    """BIB entries are port mappings, address bindings address mappings."""
    exporter = Exporter(NETFLOW_V9)
    base = {"time_ms": TIME_MS, "src_ip": "10.9.6.1", "x_ip": "203.0.113.5", "vrf": 7}
    ports = {"src_port": 40000, "x_port": 1024, "protocol": 17}
    collector.send(exporter.packet({**base, **ports, "nat_event": 8}, {**base, **ports, "nat_event": 9}, time_s=TIME_S))
    collector.send(exporter.packet({**base, "nat_event": 14}, {**base, "nat_event": 15}, time_s=TIME_S))
    found = events.wait("port_mapping", "10.9.6.1", 2)
    assert [(one["event"], one["src_port"], one["x_port"], one["protocol"], one["vrf_id"]) for one in found] == [
        (1, 40000, 1024, 17, "7"), (2, 40000, 1024, 17, "7")]
    assert [one["event"] for one in events.wait("address_mapping", "10.9.6.1", 2)] == [1, 2]


@pytest.mark.parametrize("version", [NETFLOW_V9, IPFIX])
def test_port_blocks_to_postgresql(collector, events, version):
    """The end told, and the end told by the number of ports."""
    source = f"10.9.7.{version}"
    exporter = Exporter(version)
    base = {"time_ms": TIME_MS, "src_ip": source, "x_ip": "203.0.113.5", "vrf": 7, "port_start": 1024}
    collector.send(exporter.packet({**base, "port_end": 1535, "nat_event": 16}, time_s=TIME_S), source="127.0.0.5")
    collector.send(exporter.packet({**base, "port_step": 1, "port_count": 512, "nat_event": 17}, time_s=TIME_S),
                   source="127.0.0.5")
    allocated, freed = events.wait("port_block_mapping", source, 2)
    assert allocated == {
        "timestamp": MOMENT, "host": "127.0.0.5", "event": 1, "vrf_id": "7", "src_ip": source, "x_ip": "203.0.113.5",
        "start_port": 1024, "end_port": 1535}
    assert freed == {**allocated, "event": 2}


def test_quotas_are_ignored(collector, records, events):
    """By name: no event, no dead letter. Behind them an event shows that they were read."""
    exporter = Exporter(IPFIX)
    for event in (3, 12, 13, 18):
        collector.send(exporter.packet({"time_ms": TIME_MS, "src_ip": "10.9.8.1", "quota": 1, "nat_event": event},
                                       time_s=TIME_S))
    records("10.9.8.1", 4)
    collector.send(exporter.packet(session("10.9.8.2", 4), time_s=TIME_S))
    events.wait("session_mapping", "10.9.8.2")
    assert events.letters() == []


def test_stopping_writes_what_is_held(collector, records):
    """And a new start knows the templates of before."""
    exporter = Exporter(IPFIX)
    collector.send(exporter.packet(session("10.9.4.1", 4), time_s=TIME_S))
    records("10.9.4.1")
    exporter.template -= 1
    collector.send(exporter.packet(session("10.9.4.2", 4), time_s=TIME_S, templates=False))
    collector.settle()
    assert collector.stop() == 0
    records("10.9.4.2")
    collector.start()
    exporter.template -= 1
    collector.send(exporter.packet(session("10.9.4.3", 4), time_s=TIME_S, templates=False))
    records("10.9.4.3")
