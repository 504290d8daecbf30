# SPDX-License-Identifier: Apache-2.0
"""What devices send to the ports of a running composition, and the rows that it must become."""

import re
import shlex
import time

from composition import ROOT
from packets import (ACCT_STATUS, ACCT_STATUS_TYPE, ACTION, DEST_ADDR, DEST_PORT, INSIDE_ADDR, INSIDE_PORT, IPFIX,
                     NAS_IP_ADDRESS, NAT_ADDR, NAT_PORT, NFWARE, PROTOCOL, Exporter, accounting_request, attribute,
                     is_answer, vendor_attribute)

SESSION_CREATED = 3


def port(up, name, protocol="udp"):
    """Of the container, which is that of the machine here."""
    return next(inside for _, _, inside, kind in up.composition.ports(name) if kind == protocol)


def syslog(up):
    """By the commands of the page."""
    page = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    command = shlex.split(re.search("^    (logger .*)$", page, re.MULTILINE)[1])
    assert ("127.0.0.1", command[command.index("--port") + 1]) == (command[2], str(port(up, "syslog-ng")))
    up.machine.inside(*command)
    row = up.row("session_mapping", "203.0.113.7")
    assert (row["host"], row["src_ip"], row["x_port"], row["event"]) == ("127.0.0.1", "10.0.0.7", 40123, 1)
    assert len(up.sql(re.search('psql -U cgnat -c "(.*)"', page)[1])) == 1


def netflow(up):
    record = {"src_ip": "10.0.0.8", "x_ip": "203.0.113.8", "src_port": 4001, "x_port": 40124, "dst_ip": "198.51.100.1",
              "dst_port": 443, "protocol": 6, "nat_event": 4, "time_ms": int(time.time() * 1000)}
    exporter = Exporter(IPFIX)
    for one in (record, {**record, "x_ip": "203.0.113.88"}):  # the second wakes nfacctd when it had just started
        up.send(port(up, "nfacctd"), exporter.packet(one, time_s=int(time.time())))
    assert up.row("session_mapping", "203.0.113.8")["x_port"] == 40124


def radius(up):
    numbers = {PROTOCOL: 6, INSIDE_ADDR: "10.0.0.9", INSIDE_PORT: 4002, NAT_ADDR: "203.0.113.9", NAT_PORT: 40125,
               DEST_ADDR: "198.51.100.1", DEST_PORT: 443, ACTION: SESSION_CREATED}
    attributes = [attribute(ACCT_STATUS_TYPE, ACCT_STATUS["Start"]), attribute(NAS_IP_ADDRESS, "192.0.2.9"),
                  *(vendor_attribute(NFWARE, number, value) for number, value in numbers.items())]
    secret = up.password("radius").encode()
    request = accounting_request(1, attributes, secret)
    assert is_answer(up.send(port(up, "freeradius"), request, answer=True), request, secret)
    row = up.row("session_mapping", "203.0.113.9")
    assert (row["host"], row["x_port"]) == ("192.0.2.9", 40125)
