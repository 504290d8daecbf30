# SPDX-License-Identifier: Apache-2.0
"""FreeRADIUS: Accounting-Requests become flat JSON on the vendor's topic and events in PostgreSQL; a request is
answered when Kafka has it."""

import socket

import pytest

import packets
from daemons import FreeRadius
from packets import attribute, vendor_attribute
from waiting import wait_until

COLLECTOR = FreeRadius
TOPICS = {f"cgnat.accounting.{vendor}": [vendor] for vendor in ("nfware", "nokia", "huawei")}
WRITES = [*TOPICS, "cgnat.accounting.generic"]
START = attribute(packets.ACCT_STATUS_TYPE, packets.ACCT_STATUS["Start"])
TIME = attribute(packets.EVENT_TIMESTAMP, 1680103200)  # 2023-03-29T15:20:00Z


def nfware(number, value):
    return vendor_attribute(packets.NFWARE, number, value)


def session(inside):
    return [START, TIME, nfware(packets.PROTOCOL, 6), nfware(packets.ACTION, 3),
            nfware(packets.INSIDE_ADDR, inside), nfware(packets.INSIDE_PORT, 54321),
            nfware(packets.NAT_ADDR, "203.0.113.20"), nfware(packets.NAT_PORT, 12345),
            nfware(packets.DEST_ADDR, "198.51.100.10"), nfware(packets.DEST_PORT, 80), nfware(packets.VRF, 1002),
            nfware(packets.DIRECTION, 2)]


class Device:
    """A NAS of one address."""

    def __init__(self, server, address="127.0.0.9"):
        self.server = server
        self.identifier = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((address, 0))

    def request(self, *attributes, secret=None):
        self.identifier += 1
        return packets.accounting_request(self.identifier, attributes, secret or self.server.secret)

    def ask(self, packet, timeout=10):
        """Whether it was answered within the time."""
        self.socket.settimeout(timeout)
        self.socket.sendto(packet, ("127.0.0.1", self.server.port))
        try:
            while not packets.is_answer(self.socket.recv(4096), packet, self.server.secret):
                pass
            return True
        except TimeoutError:
            return False

    def send(self, *attributes):
        assert self.ask(self.request(*attributes)), self.server.said()


@pytest.fixture
def device(collector):
    one = Device(collector)
    yield one
    one.socket.close()


@pytest.fixture
def last(bus, written):
    """last(vendor, count): the newest objects on its topic; they are there when the request is answered."""

    def read(vendor, count=1):
        topic = f"cgnat.accounting.{vendor}"
        there = sum(bus.end_offsets(topic).values())
        assert there >= count
        return written.wait(lambda on, _, __: on == topic, there)[-count:]

    return read


def test_nfware_session(device, last):
    """Names for numbers, text for all, the date in UTC, the sender's address where the device tells none."""
    device.send(*session("10.8.0.1"))
    assert last("nfware") == [{
        "Acct-Status-Type": "Start", "Event-Timestamp": "Mar 29 2023 15:20:00 UTC",
        "NFWare-vCGNAT-Protocol": "TCP", "NFWare-vCGNAT-Action": "Session-Created",
        "NFWare-vCGNAT-Inside-Addr": "10.8.0.1", "NFWare-vCGNAT-Inside-Port": "54321",
        "NFWare-vCGNAT-NAT-Addr": "203.0.113.20", "NFWare-vCGNAT-NAT-Port": "12345",
        "NFWare-vCGNAT-Dest-Addr": "198.51.100.10", "NFWare-vCGNAT-Dest-Port": "80", "NFWare-vCGNAT-VRF": "1002",
        "NFWare-vCGNAT-Direction": "None", "NAS-IP-Address": "127.0.0.9"}]


def test_nfware_numbers_without_a_name(device, last):
    """And NAT64, the device's own address, an attribute that no dictionary knows."""
    device.send(START, nfware(packets.PROTOCOL, 132), nfware(packets.ACTION, 9),
                nfware(packets.INSIDE_ADDR_64, "2001:db8::1"), nfware(77, b"\0\1\xff"),
                attribute(packets.NAS_IP_ADDRESS, "192.0.2.1"))
    record = dict(last("nfware")[0])
    assert record.pop("Event-Timestamp").endswith(" UTC")  # it sent none: the time of receipt
    assert record == {"Acct-Status-Type": "Start", "NFWare-vCGNAT-Protocol": "132", "NFWare-vCGNAT-Action": "9",
                      "NFWare-vCGNAT-64-Inside-Addr": "2001:db8::1", "Attr-26.46576.77": "0x0001ff",
                      "NAS-IP-Address": "192.0.2.1"}


@pytest.mark.parametrize("name, kept", [
    ("björn \"x\" \\ 100%".encode(), "björn \"x\" \\ 100%"),
    (b"bad\xff\xfe", "bad=FF=FE"),  # rlm_python3 3.2.1 would give up on the request
])
def test_texts(device, last, name, kept):
    device.send(START, nfware(packets.ACTION, 1), attribute(packets.USER_NAME, name))
    assert last("nfware")[0]["User-Name"] == kept


def test_nokia_blocks(device, last):
    """A block each, where a request tells several."""
    ranges = [f"180.0.1.248 {first}-{first + 49} router base" for first in (37650, 40000)]
    device.send(START, TIME, attribute(packets.FRAMED_IP_ADDRESS, "10.8.1.1"),
                *(vendor_attribute(packets.NOKIA, 121, text) for text in ranges),
                vendor_attribute(packets.NOKIA, 11, "LSN44@10.8.1.1"))
    found = [dict(one) for one in last("nokia", 2)]
    assert [record.pop("Alc-Nat-Port-Range") for record in found] == ranges
    assert found[0] == found[1] == {
        "Acct-Status-Type": "Start", "Event-Timestamp": "Mar 29 2023 15:20:00 UTC", "Framed-IP-Address": "10.8.1.1",
        "Alc-Subsc-ID-Str": "LSN44@10.8.1.1", "NAS-IP-Address": "127.0.0.9"}


def test_huawei_block(device, last):
    device.send(START, attribute(packets.FRAMED_IP_ADDRESS, "10.8.2.1"),
                *(vendor_attribute(packets.HUAWEI, number, value)
                  for number, value in ((161, "198.51.100.1"), (162, 1024), (163, 2047))))
    record = last("huawei")[0]
    assert [record["Huawei-NAT-" + name] for name in ("Public-Address", "Start-Port", "End-Port")] == [
        "198.51.100.1", "1024", "2047"]


def test_any_other_device(device, last):
    device.send(START, attribute(packets.USER_NAME, "bob"), attribute(packets.NAS_IDENTIFIER, "bras-1"))
    assert (last("generic")[0]["User-Name"], last("generic")[0]["NAS-Identifier"]) == ("bob", "bras-1")


MOMENT = "2023-03-29T15:20:00+00:00"


def test_nfware_to_postgresql(device, events):
    device.send(*session("10.8.4.1"))
    assert events.only("session_mapping", "10.8.4.1") == {
        "timestamp": MOMENT, "host": "127.0.0.9", "event": 1, "vrf_id": "1002", "protocol": 6, "src_ip": "10.8.4.1",
        "src_port": 54321, "x_ip": "203.0.113.20", "x_port": 12345, "dst_ip": "198.51.100.10", "dst_port": 80}


@pytest.mark.parametrize("action, event", [(5, 1), (6, 2)])
def test_nfware_block_to_postgresql(device, events, action, event):
    source = f"10.8.5.{action}"
    device.send(START, TIME, nfware(packets.ACTION, action), nfware(packets.INSIDE_ADDR, source),
                nfware(packets.NAT_ADDR, "203.0.113.20"), nfware(packets.PORT_START, 10000),
                nfware(packets.PORT_END, 10099), nfware(packets.VRF, 7), attribute(packets.NAS_IP_ADDRESS, "192.0.2.7"))
    assert events.only("port_block_mapping", source) == {
        "timestamp": MOMENT, "host": "192.0.2.7", "event": event, "vrf_id": "7", "src_ip": source,
        "x_ip": "203.0.113.20", "start_port": 10000, "end_port": 10099}


def test_nfware_nat64_to_postgresql(device, events):
    device.send(START, TIME, nfware(packets.PROTOCOL, 17), nfware(packets.ACTION, 2),
                nfware(packets.INSIDE_ADDR_64, "2001:db8:8::5"), nfware(packets.INSIDE_PORT, 5000),
                nfware(packets.NAT_ADDR, "203.0.113.20"), nfware(packets.NAT_PORT, 1024))
    found = events.only("port_mapping", "2001:db8:8::5")
    assert (found["event"], found["protocol"], found["src_port"], found["x_port"]) == (2, 17, 5000, 1024)


def test_nokia_to_postgresql(device, events):
    """Start, Interim-Update, Stop are created, updated, deleted; a request with two blocks gives two events."""
    for status in ("Start", "Interim-Update", "Stop"):
        device.send(attribute(packets.ACCT_STATUS_TYPE, packets.ACCT_STATUS[status]), TIME,
                    attribute(packets.FRAMED_IP_ADDRESS, "10.8.6.1"),
                    *(vendor_attribute(packets.NOKIA, 121, f"180.0.1.248 {first}-{first + 49} router base")
                      for first in (37650, 40000)))
    found = events.wait("port_block_mapping", "10.8.6.1", 6)
    assert sorted((one["event"], one["start_port"], one["end_port"]) for one in found) == [
        (event, first, first + 49) for event in (1, 2, 3) for first in (37650, 40000)]
    assert {(one["x_ip"], one["host"], one["timestamp"]) for one in found} == {("180.0.1.248", "127.0.0.9", MOMENT)}


def test_huawei_to_postgresql(device, events):
    device.send(START, TIME, attribute(packets.FRAMED_IP_ADDRESS, "10.8.7.1"),
                *(vendor_attribute(packets.HUAWEI, number, value)
                  for number, value in ((161, "198.51.100.1"), (162, 1024), (163, 2047))))
    found = events.only("port_block_mapping", "10.8.7.1")
    assert (found["event"], found["x_ip"], found["start_port"], found["end_port"], found["timestamp"]) == (
        1, "198.51.100.1", 1024, 2047, MOMENT)


def test_wrong_secret(bus, device, collector):
    before = bus.end_offsets("cgnat.accounting.nfware")
    assert not device.ask(device.request(*session("10.8.3.1"), secret=b"guessed"), timeout=0.5)
    wait_until(lambda: "Shared secret is incorrect" in collector.said(), 30, collector.said)
    assert bus.end_offsets("cgnat.accounting.nfware") == before


def test_no_answer_while_kafka_is_away(bus, device, collector, written):
    """The device sends it again, and then it is there."""
    request = device.request(*session("10.8.3.2"))
    bus.pause()
    try:
        assert not device.ask(request, timeout=3.5)
    finally:
        bus.resume()
    wait_until(lambda: "not answered, the device sends it again" in collector.said(), 30, collector.said)
    wait_until(lambda: device.ask(request, timeout=3.5), 30, "the device is answered")
    assert written.wait(lambda _, one, __: one.get("NFWare-vCGNAT-Inside-Addr") == "10.8.3.2")
