# SPDX-License-Identifier: Apache-2.0
"""Each output has filters of its own: what one does not get or see, the others do."""

import json
import pathlib
import sqlite3

import traffic
from waiting import wait_until

COUNT = 300  # of each of four partitions; the partition's number is the VRF
EVENTS = {(partition, traffic.source(partition, number)) for partition in range(4) for number in range(COUNT)
          if traffic.kind(number) == "event"}
FILTERS = [{"exclude_by_kv": {"key": "vrf_id", "value": "1"}},
           {"match_kvs": {"kvs": {"type": "session-mapping", "dst_port": 443}}},
           {"drop_destination": None}]


def lines_of(process):
    text = process.out_path.read_bytes()
    return [json.loads(line) for line in text[:text.rfind(b"\n") + 1].splitlines()]


def rows(path, query):
    """None of a table that natmill has not made yet."""
    with sqlite3.connect(path) as db:
        try:
            return db.execute(query).fetchall()
        except sqlite3.OperationalError as why:
            if "no such table" not in str(why):
                raise
            return []


def stored(path):
    return rows(path, "SELECT vrf_id, src_ip, dst_ip, dst_port FROM session_mapping")


def letters(path):
    return rows(path, "SELECT output, reason FROM natmill_dead_letters WHERE output <> ''")


def test_one_outputs_filters_change_nothing_for_another(kafka, topic, configure, start_natmill, ledger):
    traffic.produce(kafka, topic, COUNT)
    outputs = [{"type": "sqlite", "path": str(ledger.path)}, {"type": "stdout", "filters": FILTERS}]
    process = start_natmill(configure(kafka, topic, outputs=outputs))
    wanted = {(vrf, address) for vrf, address in EVENTS if vrf != 1}
    wait_until(lambda: len(lines_of(process)) == len(wanted) and ledger.path.exists()
               and len(stored(ledger.path)) == len(EVENTS), 30, lambda: process.err)
    assert process.terminate() == 0
    lines = lines_of(process)
    assert {(int(line["vrf_id"]), line["src_ip"]) for line in lines} == wanted
    assert not any("dst_ip" in line or "dst_port" in line for line in lines)
    rows = stored(ledger.path)
    assert {(int(vrf), address) for vrf, address, _, _ in rows} == EVENTS
    assert {row[2:] for row in rows} == {("185.165.123.206", 443)}


def test_a_filter_that_is_none(run_natmill, tmp_path):
    (tmp_path / "natmill.yaml").write_text("kafka: { brokers: localhost:1, group: g }\nvendors: " + str(traffic.VENDORS)
                                           + "\noutputs:\n  - type: 'null'\n    filters: [{ match_kw: { key: a } }]\n")
    result = run_natmill("check")
    assert result.returncode == 1
    assert "natmill.yaml:5:17: filters: there is no 'match_kw'; did you mean match_kv?" in result.stderr


def test_a_table_needs_what_every_event_has(run_natmill, tmp_path):
    (tmp_path / "natmill.yaml").write_text("kafka: { brokers: localhost:1, group: g }\nvendors: " + str(traffic.VENDORS)
                                           + "\noutputs:\n  - type: sqlite\n    path: a.db\n"
                                           "    filters: [{ filter_keys: { keys: [src_ip, x_ip] } }]\n")
    result = run_natmill("check")
    assert result.returncode == 1
    assert "its filters hide timestamp, which the tables of sqlite need" in result.stderr


def test_a_filter_written_in_lua(kafka, topic, configure, start_natmill, ledger, tmp_path):
    """It decides about what one output gets; an event that it raises on is a dead letter of that output."""
    (tmp_path / "odd.lua").write_text("return function(event)\n"
                                      "  if event.vrf_id == '3' then error('not this one', 0) end\n"
                                      "  return event.vrf_id == '1' and event.dst_port == nil\nend\n")
    traffic.produce(kafka, topic, COUNT)
    filters = [{"drop_destination": None}, {"lua": {"file": str(tmp_path / "odd.lua")}}]
    outputs = [{"type": "sqlite", "path": str(ledger.path)}, {"type": "stdout", "filters": filters}]
    process = start_natmill(configure(kafka, topic, outputs=outputs))
    wanted = {(vrf, address) for vrf, address in EVENTS if vrf == 1}
    refused = sum(vrf == 3 for vrf, _ in EVENTS)
    wait_until(lambda: ledger.path.exists() and len(stored(ledger.path)) == len(EVENTS)
               and len(lines_of(process)) == len(wanted) and len(letters(ledger.path)) == refused, 30,
               lambda: process.err)
    assert process.terminate() == 0
    assert {(int(line["vrf_id"]), line["src_ip"]) for line in lines_of(process)} == wanted
    assert set(letters(ledger.path)) == {("stdout", "filter not this one")}


def test_the_filter_of_the_manual(kafka, topic, configure, start_natmill, tmp_path):
    """It keeps the traffic's events, which are of no test device."""
    text = (pathlib.Path(__file__).parents[2] / "docs" / "outputs.md").read_text()
    (tmp_path / "night.lua").write_text(text.split("```lua\n")[1].split("```")[0])
    traffic.produce(kafka, topic, COUNT)
    outputs = [{"type": "stdout", "filters": [{"lua": {"file": str(tmp_path / "night.lua")}}]}]
    dead = {"type": "file", "path": str(tmp_path / "dead.jsonl")}
    process = start_natmill(configure(kafka, topic, outputs=outputs, dead_letters=dead))
    wait_until(lambda: len(lines_of(process)) == len(EVENTS), 30, lambda: process.err)
    assert process.terminate() == 0


def test_a_filter_in_lua_that_does_not_load(run_natmill, tmp_path):
    (tmp_path / "odd.lua").write_text("return function(event\n  return true\nend\n")
    (tmp_path / "natmill.yaml").write_text("kafka: { brokers: localhost:1, group: g }\nvendors: " + str(traffic.VENDORS)
                                           + "\noutputs:\n  - type: 'null'\n"
                                           "    filters: [{ lua: { file: odd.lua } }]\n")
    result = run_natmill("check")
    assert result.returncode == 1
    assert "odd.lua:1: " in result.stderr
