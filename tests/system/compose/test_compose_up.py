# SPDX-License-Identifier: Apache-2.0
"""docker/compose.yaml as a running system, by the machine's own programs: what devices send to the ports of the
machine ends as rows, with natmill, the collectors and Prometheus confined as the file says."""

import math

import pytest

import devices
from dashboard import queries
from waiting import wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

LINE = b"<134>Nov  5 14:02:11 cgn-1 nat: A VRF 7 TCP INT 10.0.0.7:4000 EXT %s:40123 DST 198.51.100.1:443 DIR OUT"


@pytest.mark.parametrize("sent", [devices.syslog, devices.netflow, devices.radius])
def test_what_devices_send_becomes_rows(up, sent):
    sent(up)


def test_prometheus_answers_every_query_of_the_dashboard(up):
    """With rates over a time in which everything happened, also between two scrapes."""
    up.send(devices.port(up, "syslog-ng"), LINE.replace(b"TCP INT", b"XYZ INT") % b"203.0.113.10")  # a dead letter
    wait_until(lambda: up.sql("SELECT 1 FROM natmill_dead_letters"), 60, "the dead letter is there")
    asked = list(queries("5m"))
    assert len(asked) >= 40

    def unanswered():
        up.send(devices.port(up, "syslog-ng"), LINE % b"203.0.113.11")
        found = up.ask(*(query for _, query in asked))
        return [one for one, answer in zip(asked, found) if all(math.isnan(value) for _, value in answer)]

    wait_until(lambda: not unanswered(), 90, lambda: f"no answer: {unanswered()}", every=1)


def test_no_alert_fires(up):
    targets, alerts = up.ask('up{job="natmill"}', 'ALERTS{alertstate="firing"}')
    assert targets == [({"__name__": "up", "instance": "natmill:4499", "job": "natmill"}, 1)] and alerts == []


def test_it_ends_in_good_order(up):
    assert up.machine.stop("natmill") == 0
    assert up.machine.stop("prometheus") == 0
