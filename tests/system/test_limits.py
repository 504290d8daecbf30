# SPDX-License-Identifier: Apache-2.0
"""A handler that never returns, or takes all memory, in the running program: it is ended, its records are dead letters
with the reason, and everything else goes on."""

import json

import pytest

import traffic
from waiting import wait_until

COUNT = 1000
POISON = 8  # more than natmill tries

HANDLER = """
bad:handler(function(message, event, emit)
    local c = message:cursor()
    if c:find("poison") then
        local kept = {}
        %s
    end
    event.type, event.action = "address_mapping", "created"
    if c:read("src_ip") and c:skip(" ") and c:read("x_ip") then
        emit(event)
    end
end)
"""
ATTACKS = {
    "endless": ("while true do end", "the handler does not come to an end on this record (limit: 1000 ms)"),
    "greedy": ("while true do kept[#kept + 1] = ('x'):rep(60000) .. #kept end",
               "the handler took more memory than a script may"),
}
ENVELOPE = ('{"version":"1","type":"generic","timestamp":"2025-05-02T11:34:56.870+00:00","program":"x","host":"cgn-9",'
            '"ip":"192.0.2.9","message":"%s"}')


def lines(poison):
    """Good records round those that end the handler, which all come at the end."""
    good = [f"10.0.{number >> 8}.{number & 255} 203.0.113.1" for number in range(COUNT)]
    return [(ENVELOPE % text).encode() for text in good + ["poison"] * poison]


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_bad_handler_costs_its_own_records(attack, kafka, topic, configure, start_natmill, ledger, tmp_path):
    body, reason = ATTACKS[attack]
    folder = traffic.vendors(tmp_path)
    (folder / "bad.lua").write_text('local bad = vendor "bad"\n' + HANDLER % body + "\nreturn bad\n", encoding="utf-8")
    # partition 0 is the bad vendor's by its device, the others are NFWare's
    topics = {topic: {"vendors": ["nfware"], "hosts": {"192.0.2.9": ["bad"]}}}
    config = configure(kafka, topic, topics=topics)
    kafka.produce(topic, lines(POISON), partition=0)
    for partition in range(1, 4):
        kafka.produce(topic, (traffic.value(partition, number) for number in range(COUNT)), partition=partition)
    process = start_natmill(config)
    want = {0: COUNT + POISON, 1: COUNT, 2: COUNT, 3: COUNT}
    process.wait_for_err(r"ALARM: the handler of bad was ended or slow 5 times", 60)
    wait_until(lambda: ledger.watermarks(topic) == want, 60, lambda: process.err[-3000:])
    # what the handler could read is there, although it was ended in between
    assert ledger.query('SELECT count(*) FROM address_mapping WHERE "partition" = 0')[0][0] == COUNT
    letters = [why for name, partition, _, why in ledger.letters() if (name, partition) == (topic, 0)]
    assert len(letters) == POISON
    assert sum(reason in why for why in letters) == 5, letters
    assert sum("not tried: the handler of bad was ended or slow 5 times before" in why for why in letters) == POISON - 5
    assert f"ALARM: {topic} [0] offset {COUNT}, device 192.0.2.9: " in process.err
    assert process.running()
    assert process.terminate() == 0


def test_try_ends_it_too(run_natmill, tmp_path):
    (tmp_path / "bad.lua").write_text('local bad = vendor "bad"\n' + HANDLER % "while true do end" + "\nreturn bad\n",
                                      encoding="utf-8")
    result = run_natmill("try", "--vendors", ".", "--vendor", "bad", "--json", input="poison\n10.0.0.1 203.0.113.1\n")
    first, second = [json.loads(line) for line in result.stdout.splitlines()]
    assert first["verdict"] == "dead" and "bad.lua:7: the handler does not come to an end" in first["reason"]
    assert second["verdict"] == "events"
