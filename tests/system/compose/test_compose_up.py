# SPDX-License-Identifier: Apache-2.0
"""docker/compose.yaml as a running system, by the machine's own programs: what devices send to the ports of the
machine ends as rows, with natmill, the collectors and Prometheus confined as the file says."""

import math
import re
import shlex
import time

import pytest

from composition import ROOT, Composition
from dashboard import queries
from packets import (ACCT_STATUS, ACCT_STATUS_TYPE, ACTION, DEST_ADDR, DEST_PORT, INSIDE_ADDR, INSIDE_PORT, IPFIX,
                     NAS_IP_ADDRESS, NAT_ADDR, NAT_PORT, NFWARE, PROTOCOL, Exporter, accounting_request, attribute,
                     is_answer, vendor_attribute)
from waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LINE = b"<134>Nov  5 14:02:11 cgn-1 nat: A VRF 7 TCP INT 10.0.0.7:4000 EXT %s:40123 DST 198.51.100.1:443 DIR OUT"
SESSION_CREATED = 3


def inside_port(name, protocol):
    return next(inside for _, _, inside, kind in Composition().ports(name) if kind == protocol)


def test_a_syslog_datagram_becomes_a_row(up):
    """By the commands of the page."""
    page = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    command = shlex.split(re.search("^    (logger .*)$", page, re.MULTILINE)[1])
    assert ("127.0.0.1", command[command.index("--port") + 1]) == (command[2], str(inside_port("syslog-ng", "udp")))
    up.engine.inside(*command)
    row = up.row("session_mapping", "203.0.113.7")
    assert (row["host"], row["src_ip"], row["x_port"], row["event"]) == ("127.0.0.1", "10.0.0.7", 40123, 1)
    assert len(up.sql(re.search('psql -U cgnat -c "(.*)"', page)[1])) == 1


def test_an_ipfix_record_becomes_a_row(up):
    record = {"src_ip": "10.0.0.8", "x_ip": "203.0.113.8", "src_port": 4001, "x_port": 40124, "dst_ip": "198.51.100.1",
              "dst_port": 443, "protocol": 6, "nat_event": 4, "time_ms": int(time.time() * 1000)}
    exporter = Exporter(IPFIX)
    for _ in range(2):  # alike: written once; the second wakes nfacctd when it had just started
        up.send(inside_port("nfacctd", "udp"), exporter.packet(record, time_s=int(time.time())))
    assert up.row("session_mapping", "203.0.113.8")["x_port"] == 40124


def test_an_accounting_request_becomes_a_row(up):
    numbers = {PROTOCOL: 6, INSIDE_ADDR: "10.0.0.9", INSIDE_PORT: 4002, NAT_ADDR: "203.0.113.9", NAT_PORT: 40125,
               DEST_ADDR: "198.51.100.1", DEST_PORT: 443, ACTION: SESSION_CREATED}
    attributes = [attribute(ACCT_STATUS_TYPE, ACCT_STATUS["Start"]), attribute(NAS_IP_ADDRESS, "192.0.2.9"),
                  *(vendor_attribute(NFWARE, number, value) for number, value in numbers.items())]
    secret = up.password("radius").encode()
    request = accounting_request(1, attributes, secret)
    assert is_answer(up.send(inside_port("freeradius", "udp"), request, answer=True), request, secret)
    row = up.row("session_mapping", "203.0.113.9")
    assert (row["host"], row["x_port"]) == ("192.0.2.9", 40125)


def test_prometheus_answers_every_query_of_the_dashboard(up):
    """With rates over a time in which everything happened, also between two scrapes."""
    up.send(inside_port("syslog-ng", "udp"), LINE.replace(b"TCP INT", b"XYZ INT") % b"203.0.113.10")  # a dead letter
    wait_until(lambda: up.sql("SELECT 1 FROM natmill_dead_letters"), 60, "the dead letter is there")
    asked = list(queries("5m"))
    assert len(asked) >= 40

    def unanswered():
        up.send(inside_port("syslog-ng", "udp"), LINE % b"203.0.113.11")
        found = up.ask(*(query for _, query in asked))
        return [one for one, answer in zip(asked, found) if all(math.isnan(value) for _, value in answer)]

    wait_until(lambda: not unanswered(), 90, lambda: f"no answer: {unanswered()}", every=1)


def test_no_alert_fires(up):
    targets, alerts = up.ask('up{job="natmill"}', 'ALERTS{alertstate="firing"}')
    assert targets == [({"__name__": "up", "instance": "natmill:4499", "job": "natmill"}, 1)] and alerts == []


def test_it_ends_in_good_order(up):
    assert up.engine.stop("natmill") == 0
    assert up.engine.stop("prometheus") == 0
