# SPDX-License-Identifier: Apache-2.0
"""natmill unmatched: lines that no rule fits, of a running natmill, by kind; and from there to a vendor script."""

import json
import os
import pty
import signal
import subprocess

import pytest

from waiting import wait_until

FOREIGN = 'ACMECGN {action} mapping proto=tcp inside={inside}:{port} outside=203.0.113.9:{outside} user=cust{n}'


def envelope(message, device="192.0.2.77"):
    return json.dumps({"timestamp": "2026-01-01T00:00:00Z", "ip": device, "program": "cgn", "message": message})


def foreign(n, device="192.0.2.77"):
    return envelope(FOREIGN.format(action="created" if n % 2 else "deleted", inside=f"10.0.{n % 250}.9",
                                   port=1024 + n, outside=2000 + n, n=n), device)


GOOD = "A VRF 0 6 INT 10.0.0.1:1024 EXT 100.64.0.1:1 DST 185.165.123.206:443 DIR OUT"


@pytest.fixture
def running(kafka, topic, configure, start_natmill, ledger):
    """running(values): natmill runs with its default configuration file's name and has settled these."""

    def start(values):
        process = start_natmill(configure(kafka, topic))
        more(process, values)
        return process

    def more(process, values):
        before = ledger.progress(topic)
        kafka.produce(topic, values, partition=0)
        wait_until(lambda: ledger.progress(topic) == before + len(values), 30, lambda: process.err[-2000:])

    start.more = more
    return start


def ok(result):
    assert result.returncode == 0, result.stderr
    return result.stdout


def asked(run_natmill, lines, *arguments):
    """The answer once it knows of so many lines: they are settled a moment after they are stored."""

    def answer():
        found = json.loads(ok(run_natmill("unmatched", "--json", *arguments)))
        return found if found["lines"] >= lines else None

    return wait_until(answer, 10)


def test_kinds_over_a_reload(running, run_natmill, natmill):
    values = [envelope(GOOD)] * 3 + [foreign(n, f"192.0.2.{n}") for n in range(12)] + [envelope("FAN 3 FAILED")]
    process = running(values)
    answer = asked(run_natmill, 13)
    assert (answer["lines"], answer["looked_at"], answer["forgotten_kinds"]) == (13, 13, 0)
    first, second = answer["kinds"]
    assert (first["count"], second["count"]) == (12, 1)
    assert first["devices"] == [f"192.0.2.{n}" for n in range(8)] and first["more_devices"] is True
    assert second["devices"] == ["192.0.2.77"] and second["lines"] == [values[-1]]
    assert first["vendor"] == "nfware" and first["partition"] == 0 and first["offset"] == 3
    assert len(first["lines"]) == 8 and set(first["lines"]) < set(values)
    assert first["first"] <= first["last"] and "10.0" not in first["shape"] and "ACMECGN" in first["shape"]

    process.signal(signal.SIGHUP)
    process.wait_for_err("SIGHUP|reload|generation")
    running.more(process, [foreign(99)])
    assert [kind["count"] for kind in asked(run_natmill, 14)["kinds"]] == [13, 1]

    rows = [row.split("\t") for row in ok(run_natmill("unmatched")).splitlines()]
    assert [row[0] for row in rows] == ["13", "1"] and all(len(row) == 7 for row in rows)
    assert rows[1][4] == "192.0.2.77" and rows[1][6] == values[-1]
    assert "2 kinds of unmatched lines; 14 lines since" in run_natmill("unmatched").stderr
    assert ok(run_natmill("unmatched", "--vendor", "other")) == ""
    assert ok(run_natmill("unmatched", "--vendor", "nfware", "--kinds", "1")).count("\n") == 1
    assert ok(run_natmill("unmatched", "--examples", "--lines", "1")).splitlines() == [first["lines"][0], values[-1]]


def test_examples_make_a_vendor_script(running, run_natmill, tmp_path):
    running([foreign(n) for n in range(20)])
    asked(run_natmill, 20)
    examples = ok(run_natmill("unmatched", "--vendor", "nfware", "--examples"))
    ok(run_natmill("new", "--vendors", str(tmp_path / "made"), "acme", input=examples))
    ok(run_natmill("test", "--vendors", str(tmp_path / "made"), "acme"))
    tried = run_natmill("try", "--vendors", str(tmp_path / "made"), "--json", input=foreign(500) + "\n")
    assert json.loads(tried.stdout)["verdict"] == "events", tried.stdout


def test_a_flood_is_sampled_and_says_so(running, run_natmill):
    running([foreign(n) for n in range(20000)])
    answer = asked(run_natmill, 20000)
    assert answer["lines"] == 20000
    assert 0 < answer["looked_at"] < 20000 and answer["kinds"][0]["count"] == answer["looked_at"]
    told = run_natmill("unmatched").stderr
    assert f"20000 lines since {answer['since']}, of which {answer['looked_at']} were looked at" in told


def test_where_no_natmill_runs(run_natmill, tmp_path):
    (tmp_path / "natmill.yaml").write_text("{}", encoding="utf-8")
    result = run_natmill("unmatched")
    assert result.returncode == 3 and result.stdout == ""
    assert "no natmill runs with this configuration" in result.stderr and result.stderr.count("\n") == 1
    assert run_natmill("unmatched", "--lines", "x").returncode == 2
    assert run_natmill("unmatched", "--examples", "--json").returncode == 2


def test_examples_do_a_terminal_no_harm(running, run_natmill, natmill, tmp_path):
    running(["ACME \x1b]0;hush\x07 lost"])  # without envelope: JSON has no such bytes
    asked(run_natmill, 1)
    main, side = pty.openpty()
    subprocess.run([natmill, "unmatched", "--examples"], cwd=tmp_path, stdout=side, check=True, timeout=20)
    os.close(side)
    shown = os.read(main, 65536)
    os.close(main)
    assert b"\x1b" not in shown and b"\\x1b]0;hush\\x07 lost" in shown
    assert "\x1b]0;hush" in ok(run_natmill("unmatched", "--examples"))
