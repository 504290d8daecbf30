# SPDX-License-Identifier: Apache-2.0
"""/healthz, /readyz, /status and /metrics of a running natmill."""

import json
import pathlib
import re
import shutil
import sqlite3
import subprocess
import time

import pytest

import traffic
from answers import get, metrics, status
from exposition import Metrics
from waiting import wait_until

COUNT = 500  # of each of four partitions


def kinds():
    counted = [traffic.kind(number) for number in range(COUNT)] * 4
    return {kind: counted.count(kind) for kind in set(counted)}


def caught_up(process, messages):
    """Waits until all is settled and Kafka's ends are known; returns the last status."""
    seen = {}

    def settled():
        seen.update(status(process))
        parts = seen["partitions"]
        return all(p["lag"] == 0 for p in parts) and sum(p["position"] or 0 for p in parts) == messages

    wait_until(settled, 30, lambda: json.dumps(seen, indent=1))
    return seen


def test_status_accounts_for_all(kafka, topic, configure, start_natmill):
    traffic.produce(kafka, topic, COUNT)
    process = start_natmill(configure(kafka, topic))
    seen = caught_up(process, 4 * COUNT)
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


@pytest.fixture
def promtool():
    found = shutil.which("promtool")
    if found is None:
        pytest.skip("promtool is not installed (Debian: prometheus)")
    return found


def test_metrics_are_what_prometheus_reads(kafka, topic, configure, start_natmill, promtool, tmp_path):
    outputs = [{"type": "sqlite", "path": str(tmp_path / "events.db"), "name": 'a"b\\c'}]
    process = start_natmill(configure(kafka, topic, outputs=outputs))
    traffic.produce(kafka, topic, COUNT)
    seen = caught_up(process, 4 * COUNT)
    text = get(process, "/metrics")[1]
    checked = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0 and checked.stderr == "", checked.stderr
    found, m = kinds(), Metrics(text)
    assert m.get("natmill_messages_total") == 4 * COUNT
    assert m.get("natmill_records_total") == sum(m.get(f"natmill_{x}_total") for x in ("parsed", "ignored", "dead"))
    assert m.get("natmill_vendor_parsed_total", vendor="nfware") == found["event"]
    assert m.get("natmill_vendor_events_total", vendor="nfware", type="session-mapping") == found["event"]
    assert m.sum("natmill_vendor_ignored_total") == found["ignored"]
    assert m.get("natmill_vendor_ignored_total", vendor="") == 4 * sum(
        traffic.value(0, n) is None for n in range(COUNT))
    assert m.sum("natmill_vendor_dead_total") == found["dead"] == m.get("natmill_dead_total")
    for kind in ("unmatched", "envelope", "invalid"):
        assert m.sum("natmill_vendor_dead_total", kind=kind) > 0, kind
    name = 'a\\"b\\\\c'  # as it stands in the text
    assert m.get("natmill_output_stored_total", output=name) == found["event"]
    assert m.get("natmill_output_delivery_seconds_count", output=name) == m.get("natmill_batches_total")
    assert 0 < m.get("natmill_output_delivery_seconds_sum", output=name) < 60
    assert m.get("natmill_batch_messages_sum") == 4 * COUNT
    for part in seen["partitions"]:
        at = {"topic": topic, "partition": str(part["partition"])}
        assert m.get("natmill_partition_watermark", output=name, **at) == COUNT
        assert m.get("natmill_partition_lag_messages", **at) == m.get("natmill_partition_lag_seconds", **at) == 0
    now = time.time()
    for number in range(4):
        seen_at = m.get("natmill_device_last_seen_timestamp_seconds", device=f"192.0.2.{number + 1}")
        assert now - 120 < seen_at < now + 5
    assert now - 120 < m.get("process_start_time_seconds") < now
    assert m.get("natmill_memory_bytes", part="lua") > 10000
    assert m.get("process_resident_memory_bytes") > 1e6
    assert m.get("natmill_ready") == 1 and m.sum("natmill_script_info", vendor="nfware") == 1


def test_the_page_lists_every_metric(kafka, topic, configure, start_natmill):
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "metrics.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", page, re.MULTILINE))
    process = start_natmill(configure(kafka, topic))
    assert metrics(process).types == listed


def lags(process):
    return [(part["lag"], part["lag_seconds"]) for part in status(process)["partitions"]]


def test_an_output_that_is_away_is_told(kafka, topic, configure, start_natmill, ledger):
    """Another program holds the database: not ready, and a lag that counts what Kafka has, not what is fetched."""
    process = start_natmill(configure(kafka, topic, memory="16MB", batch={"messages": 100}))
    traffic.produce(kafka, topic, COUNT)
    caught_up(process, 4 * COUNT)
    assert get(process, "/readyz") == (200, "ready\n")
    with sqlite3.connect(ledger.path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        began = time.time()
        traffic.produce(kafka, topic, 20 * COUNT, start=COUNT)
        wait_until(lambda: sum(lag or 0 for lag, _ in lags(process)) > 80 * COUNT - 200, 20, lambda: str(lags(process)))
        wait_until(lambda: get(process, "/readyz")[0] == 503, 20, "not ready")
        code, why = get(process, "/readyz")
        assert code == 503 and re.search(r"^output sqlite\b.*database is locked", why, re.MULTILINE), why
        wait_until(lambda: max(seconds or 0 for _, seconds in lags(process)) > 5, 20, lambda: str(lags(process)))
        assert max(seconds or 0 for _, seconds in lags(process)) < time.time() - began + 1
        m = metrics(process)
        assert m.get("natmill_output_failures", output="sqlite") > 0 and m.get("natmill_ready") == 0
        assert m.sum("natmill_partition_lag_messages") > 80 * COUNT - 200
        assert m.sum("natmill_partition_lag_seconds") > 5
        assert get(process, "/healthz") == (200, "ok\n")
        other.execute("ROLLBACK")
    seen = caught_up(process, 84 * COUNT)
    assert all(part["lag_seconds"] == 0 for part in seen["partitions"])
    wait_until(lambda: get(process, "/readyz")[0] == 200, 20, "ready again")
    assert metrics(process).get("natmill_output_retries_total", output="sqlite") > 0
    assert process.terminate() == 0
