# SPDX-License-Identifier: Apache-2.0
"""The alert rules of docker/prometheus under promtool, the program that comes with Prometheus: each fires when it shall
and not before, and tells where to read on. test_compose_firing.py brings some of them about for real."""

import collections
import json
import re
import shutil
import subprocess

import pytest
import yaml

from composition import FOLDER, ROOT

RULES = FOLDER / "prometheus" / "alerts.yml"
GROUPS = yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"]
ALERTS = {rule["alert"]: rule for group in GROUPS for rule in group["rules"]}
PAGE = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
HERE = 'instance="a:4499",job="natmill"'
WARNING, CRITICAL = {"severity": "warning"}, {"severity": "critical"}


def sections():
    heads = re.findall(r"^#+ (.*)$", PAGE, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head).replace(" ", "-").lower() for head in heads}


def test_each_tells_what_it_is_and_where_to_read_on():
    for name, rule in ALERTS.items():
        assert rule["labels"] in (WARNING, CRITICAL), name
        assert set(rule["annotations"]) == {"summary", "description", "runbook"}, name
        page, _, head = rule["annotations"]["runbook"].partition("#")
        assert page == "docs/operating.md" and head in sections(), f"{name}: {rule['annotations']['runbook']}"


def test_the_page_lists_them_all():
    rows = dict(re.findall(r"^\| `(Natmill\w+)` \| (\w+) \| ", PAGE, re.MULTILINE))
    assert rows == {name: rule["labels"]["severity"] for name, rule in ALERTS.items()}


def test_they_ask_for_metrics_that_there_are():
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)) | {"up"}
    for name, rule in ALERTS.items():
        assert set(re.findall(r"\b(?:natmill_\w+|up\b)", rule["expr"])) <= known, name


@pytest.fixture(scope="module")
def promtool():
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not there")
    return lambda *arguments: subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=60,
                                             check=False)


def test_prometheus_takes_its_configuration(promtool):
    result = promtool("check", "config", FOLDER / "prometheus" / "prometheus.yml")
    assert result.returncode == 0 and f"{len(ALERTS)} rules found" in result.stdout, result.stdout + result.stderr


def series(name, values, **labels):
    more = "".join(f',{key}="{value}"' for key, value in labels.items())
    return {"series": f"{name}{{{HERE}{more}}}", "values": values}


def elsewhere(one):
    """The same of another natmill."""
    return {**one, "series": one["series"].replace("a:4499", "b:4499")}


def lag(topic, seconds, messages, position):
    where = {"topic": topic, "partition": "0"}
    return [series("natmill_partition_lag_seconds", seconds, **where),
            series("natmill_partition_lag_messages", messages, **where),
            series("natmill_partition_position", position, **where)]


def dead(parsed, lost, vendor="nfware"):
    return [series("natmill_vendor_parsed_total", parsed, vendor=vendor),
            series("natmill_vendor_ignored_total", "0x60", vendor=vendor),
            series("natmill_vendor_dead_total", lost, vendor=vendor, kind="unmatched")]


def seen(device, values):
    return series("natmill_device_last_seen_timestamp_seconds", values, device=device)


# (alert, series, {minute: labels of those that fire}); HERE stands for the process's own labels.
CASES = [
    ("NatmillGone", [series("up", "1x5 0x40")], {"7m": [], "9m": [HERE]}),
    ("NatmillGone", [], {"1m": [], "3m": ['job="natmill"']}),
    ("NatmillNotReady", [series("natmill_ready", "1x5 0x4 1x5 0x20")], {"10m": [], "18m": [], "22m": [HERE]}),
    ("NatmillOutputAlarm", [series("natmill_output_alarm", "0x5 1x9", output="postgresql")],
     {"5m": [], "8m": [HERE + ',output="postgresql"']}),
    ("NatmillLag", lag("late", "0x5 400x20", "0x5 9x20", "0+10x30"), {"9m": [], "12m": ['topic="late",partition="0"']}),
    ("NatmillLag", lag("well", "299x30", "9x30", "0+10x30"), {"30m": []}),
    # Much lag, and it moves; nothing to do; messages come again; it stands.
    ("NatmillPartitionStalled", lag("moves", "9x40", "9x40", "0+1x40"), {"40m": []}),
    ("NatmillPartitionStalled", lag("empty", "0x40", "0x40", "7x40"), {"40m": []}),
    ("NatmillPartitionStalled", lag("short", "0x40", "0x20 9x2 0x10", "7x40"), {"21m": [], "23m": [], "30m": []}),
    ("NatmillPartitionStalled", lag("stands", "9x40", "0x5 9x30", "7x40"),
     {"9m": [], "13m": [HERE + ',topic="stands",partition="0"']}),
    ("NatmillPartitionStopped", [series("natmill_partition_reading", "1x5 0x9", topic="t", partition="0")],
     {"9m": [], "12m": [HERE + ',topic="t",partition="0"']}),
    ("NatmillLoss", [series("natmill_gap_messages_total", "0x5 7x90")], {"5m": [], "7m": [HERE], "80m": []}),
    ("NatmillOutputDropped", [series("natmill_output_dropped_total", "0x5 7x90", output="redis")],
     {"5m": [], "7m": [HERE + ',output="redis"'], "80m": []}),
    ("NatmillDeadLetters", dead("0+1000x60", "0+9x60"), {"60m": []}),
    ("NatmillDeadLetters", dead("0+1000x60", "0+11x60"), {"14m": [], "40m": ['vendor="nfware"']}),
    ("NatmillDeadLetters", dead("0+1000x60", "0+500x5 2500x60"), {"19m": [], "40m": []}),  # it is over
    ("NatmillDeadLetters", dead("0+1000x60", "0x60") + dead("0x60", "0+1x60", "a10"), {"40m": ['vendor="a10"']}),
    ("NatmillDeadLetters", [series("natmill_vendor_dead_total", "0+1x60", vendor="", kind="no_script")],
     {"40m": [""]}),
    ("NatmillScriptEnded", [series("natmill_ended_total", "0x5 1x60")], {"5m": [], "7m": [HERE], "30m": []}),
    # Started at 60, a reload at 300 refused, at 900 done.
    ("NatmillReloadRefused", [series("natmill_reload_attempt_timestamp_seconds", "0x4 300x9 900x9"),
                              series("natmill_reload_success_timestamp_seconds", "60x14 901x9")],
     {"4m": [], "7m": [HERE], "16m": []}),
    ("NatmillLogLost", [series("natmill_log_lost_total", "0x5 1x90")], {"5m": [], "7m": [HERE], "80m": []}),
    # a gave the first device's partition to b: what a saw last stands still. Nobody sees the second any more.
    ("NatmillDeviceSilent", [seen("192.0.2.1", "0+60x10 600x140"), elsewhere(seen("192.0.2.1", "_x10 600+60x140")),
                             seen("192.0.2.2", "60x150"), elsewhere(seen("192.0.2.2", "0x150"))],
     {"50m": [], "110m": ['device="192.0.2.2"']}),
    # It is forgotten by a natmill that starts anew, not by Prometheus.
    ("NatmillDeviceSilent", [seen("192.0.2.3", "0+60x10 600x10 _x150")], {"69m": [], "75m": ['device="192.0.2.3"']}),
]


def test_they_fire_when_they_shall(promtool, tmp_path):
    tests = []  # each of them costs promtool a database: the first cases of all alerts share one, then the second ones
    times = collections.Counter()
    for name, given, expected in CASES:
        if times[name] == len(tests):
            tests.append({"interval": "1m", "input_series": [], "alert_rule_test": []})
        test = tests[times[name]]
        times[name] += 1
        test["input_series"] += given
        for minute, fires in expected.items():
            alerts = [{"exp_labels": {**ALERTS[name]["labels"], **dict(re.findall(r'(\w+)="([^"]*)"', one))}}
                      for one in fires]
            test["alert_rule_test"].append({"eval_time": minute, "alertname": name, "exp_alerts": alerts})
    assert set(times) == set(ALERTS)
    plain = [{**group, "rules": [{key: value for key, value in rule.items() if key != "annotations"}
                                 for rule in group["rules"]]} for group in GROUPS]
    (tmp_path / "rules.yml").write_text(json.dumps({"groups": plain}))
    (tmp_path / "tests.yml").write_text(json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "1m",
                                                    "tests": tests}))
    result = promtool("test", "rules", tmp_path / "tests.yml")
    assert result.returncode == 0, result.stdout + result.stderr
