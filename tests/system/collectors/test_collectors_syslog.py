# SPDX-License-Identifier: Apache-2.0
"""syslog-ng: what devices send, by UDP and TCP, becomes an envelope on the vendor's topic and an event in PostgreSQL.
Nothing is dropped: what no pattern knows goes to cgnat.syslog.other."""

import pathlib
import re
import socket

import pytest

from daemons import SyslogNg, syslog_topics
from waiting import wait_until

COLLECTOR = SyslogNg
WRITES = syslog_topics()
TOPICS = {"cgnat.syslog.nfware": ["nfware"], "cgnat.syslog.a10_thunder": ["a10"]}
KEYS = {"version", "type", "timestamp", "program", "message", "ip", "host"}
RECEIVED = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00"


def session(address):
    return f"A VRF 7 6 INT {address}:40000 EXT 203.0.113.5:1024 DST 198.51.100.9:443 DIR OUT"


@pytest.fixture(scope="module")
def envelope(written):
    """envelope(topic, mark): the one there with the mark in its message; it has the keys of all."""

    def find(topic, mark):
        found = written.wait(lambda on, one, _: on == topic and mark in one["message"])
        assert len(found) == 1
        assert set(found[0]) == KEYS and all(isinstance(value, str) for value in found[0].values()), found
        assert (found[0]["version"], found[0]["type"]) == ("1", "generic")
        return found[0]

    return find


def test_rfc5424_to_postgresql(collector, envelope, events):
    line = f"<134>1 2025-05-02T11:34:56.870123+02:00 cgn-1 nfware 123 - - {session('10.1.0.1')}"
    collector.send(line.encode(), source="127.0.0.7")
    row = events.only("session_mapping", "10.1.0.1")
    assert row["timestamp"] == "2025-05-02T09:34:56.870123+00:00"
    assert (row["host"], row["vrf_id"], row["protocol"], row["x_port"]) == ("127.0.0.7", "7", 6, 1024)
    assert envelope("cgnat.syslog.nfware", "10.1.0.1:") == {
        "version": "1", "type": "generic", "timestamp": "2025-05-02T11:34:56.870123+02:00", "program": "nfware",
        "message": session("10.1.0.1"), "ip": "127.0.0.7", "host": "cgn-1"}


def test_rfc3164_to_postgresql(collector, envelope, events):
    """Its time has neither year nor zone, so the time of receipt stands."""
    collector.send(f"<134>May  2 11:34:56 cgn-2 nfware[17]: {session('10.1.0.2')}\n".encode(), source="127.0.0.8")
    row = events.only("session_mapping", "10.1.0.2")
    assert (row["host"], row["dst_port"]) == ("127.0.0.8", 443)
    found = envelope("cgnat.syslog.nfware", "10.1.0.2:")
    assert (found["program"], found["host"]) == ("nfware", "cgn-2")
    assert found["message"] == session("10.1.0.2")
    assert re.fullmatch(RECEIVED, found["timestamp"])


def test_no_header_at_all(collector, envelope, events):
    """The first words of the message are not taken for host and program."""
    collector.send(f"<134>{session('10.1.0.3')}".encode())
    collector.send(session("10.1.0.4").encode())
    for address in ("10.1.0.3", "10.1.0.4"):
        assert events.wait("session_mapping", address)[0]["host"] == "127.0.0.1"
        found = envelope("cgnat.syslog.nfware", address)
        assert found["message"].endswith(session(address))
        assert (found["program"], found["host"]) == ("", "127.0.0.1")


def test_tcp(collector, envelope, events):
    """Lines, CRLF, and RFC 6587's counted frames on the port for them."""
    collector.stream(session("10.1.1.1").encode(), f"<134>{session('10.1.1.2')}\r".encode())
    frame = f"<134>1 2025-05-02T09:34:56Z - nfware - - - {session('10.1.1.3')}".encode()
    collector.stream(frame, session("10.1.1.4").encode(), framed=True)
    for number in range(1, 5):
        events.wait("session_mapping", f"10.1.1.{number}")
    assert envelope("cgnat.syslog.nfware", "10.1.1.3:")["host"] == "127.0.0.1"


@pytest.mark.skipif(not pathlib.Path("/proc/net/if_inet6").exists(), reason="no IPv6 on this machine")
def test_ipv6(collector, envelope, events):
    """One socket takes both; an IPv4 sender's address is not written as an IPv6 one."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sender:
        sender.sendto(session("10.1.2.1").encode(), ("::1", collector.port))
    assert events.only("session_mapping", "10.1.2.1")["host"] == "::1"
    assert envelope("cgnat.syslog.nfware", "10.1.2.1:")["ip"] == "::1"


def test_a_burst_is_complete(collector, events):
    """A few thousand lines by UDP and TCP; each is there once."""
    lines = [session(f"10.2.{number // 250}.{number % 250}").encode() for number in range(2000)]
    for number, line in enumerate(lines[:1000]):
        collector.send(line)
        if number % 50 == 0:
            collector.settle()
    collector.stream(*lines[1000:])
    count = "SELECT count(*), count(DISTINCT src_ip) FROM session_mapping WHERE src_ip << '10.2.0.0/16'"
    wait_until(lambda: events.sql(count)[0][0] >= 2000, 30, lambda: f"2000 rows: {events.sql(count)}")
    assert events.sql(count) == [(2000, 2000)]


@pytest.mark.parametrize("line, program, message", [
    # A tag that tells the event stays, one that tells the program goes.
    ("<134>Jul  6 14:05:36 cgn0/p1 NAT-TCP-C: 10.3.0.1:40000<-->203.0.113.5:1024 to 198.51.100.9:443", "",
     "NAT-TCP-C: 10.3.0.1:40000<-->203.0.113.5:1024 to 198.51.100.9:443"),
    ("<134>Jul  6 14:05:36 cgn0/p1 a10logd: NAT-TCP-C: 10.3.0.2:40000<-->203.0.113.5:1024 to 198.51.100.9:443",
     "a10logd", "NAT-TCP-C: 10.3.0.2:40000<-->203.0.113.5:1024 to 198.51.100.9:443"),
], ids=["event", "program"])
def test_tag(collector, envelope, events, line, program, message):
    collector.send(line.encode())
    found = envelope("cgnat.syslog.a10_thunder", message)
    assert (found["program"], found["message"], found["host"]) == (program, message, "cgn0/p1")
    events.wait("port_mapping", re.search(r"10\.3\.0\.\d", line)[0])


def test_structured_data_stays(collector, envelope):
    """With the MSGID in front, as natmill reads RFC 5424 itself."""
    text = 'RT_FLOW_SESSION_CREATE [junos@2636.1.1.1.2.129 source-address="10.3.1.1" x="a]b"]'
    collector.send(f"<14>1 2018-06-30T02:17:22.753Z fw1 RT_FLOW - {text}".encode())
    found = envelope("cgnat.syslog.juniper", "10.3.1.1")
    assert (found["program"], found["message"], found["host"]) == ("RT_FLOW", text, "fw1")
    assert found["timestamp"] == "2018-06-30T02:17:22.753Z"


@pytest.mark.parametrize("time", ["2018-06-30T02:17:22.753", "2018-13-30T02:17:22Z", "-"])
def test_time_that_is_no_moment(collector, envelope, time):
    """Without zone, out of range or missing: the time of receipt, not a guess."""
    mark = f"10.3.2.{len(time)}"
    collector.send(f"<14>1 {time} h nfware - - - {session(mark)}".encode())
    assert re.fullmatch(RECEIVED, envelope("cgnat.syslog.nfware", mark + ":")["timestamp"])


@pytest.mark.parametrize("line, kept", [
    ("<189>29: *Mar 1 18:46:11: %SYS-5-CONFIG_I: mark-a", None),
    ("mark-b from nobody knows whom", None),
    ('{"mark-c": "json", "message": 5}', None),
    ("<999>1 mark-d \t \"quoted\" back\\slash", None),
    ("mark-e two\nlines", None),
    (b"mark-f \xff\xfe caf\xc3\xa9", "mark-f \\xff\\xfe café"),
    ("mark-g " + "x" * 20000, None),
], ids="abcdefg")
def test_unknown_is_kept_whole(collector, envelope, line, kept):
    raw = line if isinstance(line, bytes) else line.encode()
    collector.send(raw)
    mark = re.search(rb"mark-\w", raw)[0].decode()
    assert envelope("cgnat.syslog.other", mark)["message"] == (kept or line)


def test_port_of_a_vendor(collector, envelope):
    """What comes there is that vendor's, whatever it looks like."""
    collector.send(session("10.3.3.1").encode(), port=collector.pinned_port)
    envelope(f"cgnat.syslog.{collector.pinned}", "10.3.3.1:")


def test_nothing_became_a_dead_letter(collector, events):
    """Last: all that the other tests sent to natmill's topics was read."""
    collector.send(session("10.3.9.9").encode())
    events.wait("session_mapping", "10.3.9.9")
    assert events.letters() == []
