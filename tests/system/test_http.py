# SPDX-License-Identifier: Apache-2.0
"""/healthz, /readyz and /status of a running natmill."""

import http.client
import json

import pytest

import traffic
from waiting import wait_until

COUNT = 500  # of each of four partitions


def kinds():
    counted = [traffic.kind(number) for number in range(COUNT)] * 4
    return {kind: counted.count(kind) for kind in set(counted)}


def get(process, path, method="GET"):
    """Status and text."""
    connection = http.client.HTTPConnection(process.http_at(), timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def status(process):
    code, text = get(process, "/status")
    assert code == 200, text
    return json.loads(text)


def test_status_accounts_for_all(kafka, topic, configure, start_natmill):
    traffic.produce(kafka, topic, COUNT)
    process = start_natmill(configure(kafka, topic))
    seen = {}

    def settled():
        seen.update(status(process))
        parts = seen["partitions"]
        return seen["totals"]["messages"] >= 4 * COUNT and len(parts) == 4 and all(p["lag"] == 0 for p in parts)

    wait_until(settled, 30, lambda: json.dumps(seen, indent=1))
    found = kinds()
    totals = seen["totals"]
    assert totals["records"] == totals["parsed"] + totals["ignored"] + totals["dead"]
    vendors = {vendor["name"]: vendor for vendor in seen["vendors"]}
    nfware = vendors["nfware"]
    assert nfware["parsed"] == found["event"] == sum(nfware["events"].values()) == nfware["events"]["session-mapping"]
    assert sum(vendor["ignored"] for vendor in seen["vendors"]) == totals["ignored"]
    assert sum(sum(vendor["dead"].values()) for vendor in seen["vendors"]) == totals["dead"] == found["dead"]
    assert seen["ready"] and seen["reasons"] == []
    assert get(process, "/readyz") == (200, "ready\n")
    assert get(process, "/healthz") == (200, "ok\n")
    for number, part in enumerate(seen["partitions"]):
        assert part["topic"] == topic and part["partition"] == number and part["state"] == "reading"
        assert part["position"] == part["end"] == COUNT and part["lag_seconds"] == 0
        assert part["watermarks"] == {"sqlite": COUNT}
    output, = seen["outputs"]
    assert output["stored"] == output["offered"] == found["event"] and not output["alarm"]
    assert seen["devices"] == {"known": 4, "overflow": 0}
    assert seen["group"] and seen["pid"] == process.pid
    assert process.terminate() == 0
