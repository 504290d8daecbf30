# SPDX-License-Identifier: Apache-2.0
"""natmill try and natmill test through the built program: the command-line contract."""

import json
import pathlib

import pytest

VENDORS = pathlib.Path(__file__).resolve().parents[2] / "vendors"

GOOD = b"A VRF 0 6 INT 10.0.0.1:57938 EXT 100.64.0.1:28475 DST 185.165.123.206:443 DIR OUT"
EVENT = {"type": "session-mapping", "event": 1, "vrf_id": "0", "protocol": 6, "src_ip": "10.0.0.1", "src_port": 57938,
         "x_ip": "100.64.0.1", "x_port": 28475, "dst_ip": "185.165.123.206", "dst_port": 443}


@pytest.fixture
def answers(run_natmill):
    """answers(lines, ...): the objects that try --json gives."""

    def ask(lines, *arguments):
        done = run_natmill("try", "--vendors", VENDORS, "--json", *arguments, input=lines)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    return ask


def test_event_then_dead_letter(answers):
    first, second = answers(GOOD + b"\nA VRF 0 6 INT 10.0.0 EXT\n", "--vendor", "nfware")
    assert first == {"line": 1, "verdict": "events", "events": [EVENT]}
    assert list(first["events"][0]) == list(EVENT)  # the order of keys is part of the form
    assert second["line"] == 2 and second["verdict"] == "dead"
    assert second["template"] == "session_mapping" and second["column"] == 15
    assert "expected an IPv4 or IPv6 address, found `10.0.0`" in second["reason"]


def test_each_line_has_its_object(answers):
    lines = [b"", b"a\0b", b"\xff\xfe", b"x" * 5_000_000, b"[" * 10_000, b'{"message": 7}', GOOD + b"\r", GOOD]
    got = answers(b"\n".join(lines))
    assert [one["line"] for one in got] == list(range(1, 9))
    assert [one["verdict"] for one in got] == ["dead"] * 6 + ["events"] * 2
    assert all(one["reason"] for one in got[:6])


def test_by_topic_and_by_all(answers):
    assert answers(GOOD, "--topic", "cgnat.syslog.nfware")[0]["verdict"] == "events"
    assert answers(GOOD, "--topic", "cgnat.syslog.a10_thunder")[0]["verdict"] == "dead"
    assert answers(GOOD)[0]["events"] == [EVENT]


def test_for_people(run_natmill):
    done = run_natmill("try", "--vendors", VENDORS, input=GOOD + b"\nA VRF 0 6 INT 10.0.0 EXT \x1b[31m\n")
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "\x1b" not in text  # neither ours in a pipe nor the line's own
    assert "session-mapping event=1 vrf_id=0 protocol=6 src_ip=10.0.0.1" in text
    assert "\n  A VRF 0 6 INT 10.0.0 EXT .[31m\n                ^\n" in text
    assert text.startswith("line 1: events (nfware: session_mapping)\n")
    assert "\nline 2: dead (nfware)\n" in text
    assert text.splitlines()[-1] == ("note: 1 event has no host; on Kafka it becomes a dead letter unless the "
                                     "collector's envelope tells it or topics.NAME.host is set")


def test_note_only_without_host(run_natmill):
    told = json.dumps({"message": GOOD.decode(), "ip": "192.0.2.1"}).encode()
    for lines, note in [(told, False), (b"junk", False), (told + b"\n" + GOOD + b"\n" + GOOD, True)]:
        text = run_natmill("try", "--vendors", VENDORS, input=lines).stdout.decode()
        assert ("note: 2 events have no host; on Kafka they become dead letters" in text) == note
        assert text.count("note: ") == note


RULES = {
    "template": 'v:port_mapping("{src_ip} {x_ip} at {timestamp}", { action = "created" })',
    "keys": 'v:csv("port_mapping", { [1] = "{src_ip} {x_ip} at {timestamp}" }, { action = "created" })',
    "regex": ('v:regex("port_mapping", [[(?P<src_ip>\\S+) (?P<x_ip>\\S+) at (?P<timestamp>.*)]],'
              ' { action = "created" })'),
    "handler": """v:handler(function(message, event, emit)
        local c = message:cursor()
        if c:read("src_ip") and c:skip(" ") and c:read("x_ip") and c:skip(" at ") and c:read("timestamp") then
            event.type = "port_mapping"
            event.action = "created"
            emit(event)
        end
    end)""",
}
LOST_ZONE = 'note: {} no zone and {} not used; declare x:zone "UTC" or set topics.NAME.zone'
LOST_YEAR = ("note: 1 event's time tells no year and is not used; on Kafka the time of header, collector or record "
             "stands in its place")


@pytest.mark.parametrize("rule", RULES)
def test_note_of_lost_times(run_natmill, tmp_path, rule):
    def notes(*times, zone=""):
        (tmp_path / "x.lua").write_text(f'local v = vendor "x"\n{zone}\n{RULES[rule]}\nreturn v\n', encoding="ascii")
        lines = "".join(f'{{"message": "10.0.0.1 192.0.2.1 at {time}", "ip": "192.0.2.9"}}\n' for time in times)
        text = run_natmill("try", "--vendors", tmp_path, input=lines).stdout
        assert text.count(": events (x: ") == len(times)
        return [line for line in text.splitlines() if line.startswith("note: ")]

    assert notes("2026-05-02 11:00:00Z") == []
    assert notes("2026-05-02 11:00:00") == [LOST_ZONE.format("1 event's time tells", "is")]
    assert notes("2026-05-02 11:00:00", zone='v:zone "UTC"') == []
    assert notes("2026-05-02 11:00:00", "2026-05-02 11:00:01", "May 2 11:00:00") == [
        LOST_ZONE.format("2 events' times tell", "are"), LOST_YEAR]
    assert notes("May 2 11:00:00", zone='v:zone "UTC"') == [LOST_YEAR]


def test_lost_time_is_its_records(run_natmill, tmp_path):
    (tmp_path / "x.lua").write_text('local x = vendor "x"\nx:records ";"\nx:port_mapping({"{src_ip} {x_ip} at '
                                    '{timestamp}", "{src_ip} {x_ip}"}, { action = "created" })\nreturn x\n')
    line = "10.0.0.1 192.0.2.1 at 2026-05-02 11:00:00;10.0.0.2 192.0.2.1"
    text = run_natmill("try", "--vendors", tmp_path, input=line).stdout
    assert text.count("port-mapping event=1") == 2
    assert "note: 1 event's time tells no zone" in text


def test_endless_handler_ends(run_natmill, tmp_path):
    (tmp_path / "x.lua").write_text('local x = vendor "x"\nx:handler(function() while true do end end)\nreturn x\n',
                                    encoding="ascii")
    done = run_natmill("try", "--vendors", tmp_path, "--json", input=b"line")
    assert done.returncode == 0
    assert "x.lua:2: the handler does not come to an end" in json.loads(done.stdout)["reason"]


@pytest.mark.parametrize("arguments, status, message", [
    (["try", "--vendor", "nfwar"], 1, "no vendor script 'nfwar'; did you mean 'nfware'?"),
    (["try", "--topic", "nobody"], 1, "no vendor script in"),
    (["try", "no-such-file"], 1, "cannot read 'no-such-file': No such file or directory"),
    (["try", "--vendors", "no-such-folder"], 1, "cannot read the folder of vendor scripts 'no-such-folder'"),
    (["try", "--colour"], 2, "unknown option '--colour'"),
    (["try", "--vendor", "a10", "--topic", "x"], 2, "exclude each other"),
    (["try", "--vendor"], 2, "--vendor needs a value"),
    (["test", "nfwar"], 1, "no vendor script 'nfwar'; did you mean 'nfware'?"),
    (["test", "--all"], 2, "unknown option '--all'"),
])
def test_errors_are_one_line(run_natmill, arguments, status, message):
    if "--vendors" not in arguments and status == 1:
        arguments = [arguments[0], "--vendors", VENDORS, *arguments[1:]]
    done = run_natmill(*arguments, input=b"")
    assert done.returncode == status
    assert done.stderr.decode().count("\n") == 1
    assert message in done.stderr.decode()


def test_samples_pass(run_natmill):
    done = run_natmill("test", "--vendors", VENDORS, input=b"")
    assert done.returncode == 0
    assert done.stdout.decode().splitlines()[-1].endswith(" samples passed, 0 failed")
    one = run_natmill("test", "--vendors", VENDORS, "a10", input=b"")
    assert 0 < int(one.stdout.split()[0]) < int(done.stdout.split()[0])


def test_a_failing_sample_is_shown(run_natmill, tmp_path):
    (tmp_path / "nfware.lua").write_bytes((VENDORS / "nfware.lua").read_bytes())
    wrong = json.dumps(EVENT | {"src_port": 1}).encode()
    (tmp_path / "nfware.samples").write_bytes(b"> " + GOOD + b"\n" + wrong + b"\n")
    done = run_natmill("test", "--vendors", tmp_path, input=b"")
    assert done.returncode == 1
    assert done.stdout.decode().splitlines()[1:] == [
        '  - "src_port":1', '  + "src_port":57938', "0 samples passed, 1 failed"]


def test_a_broken_script_names_its_line(run_natmill, tmp_path):
    (tmp_path / "x.lua").write_text('local x = vendor "x"\n\nx:adress_mapping "{src_ip}"\nreturn x\n', encoding="ascii")
    done = run_natmill("try", "--vendors", tmp_path, input=GOOD)
    assert done.returncode == 1
    assert done.stderr.decode() == (f"natmill: {tmp_path}/x.lua:3: a vendor script declares no adress_mapping; "
                                    "did you mean address_mapping?\n")
