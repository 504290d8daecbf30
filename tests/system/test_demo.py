# SPDX-License-Identifier: Apache-2.0
"""natmill demo, short: its accounts add up, it can be ended at any time, and it leaves nothing useless behind."""

import pathlib
import re
import shutil
import signal
import sqlite3

import pytest

from natmill_process import Natmill
from waiting import wait_until

VENDORS = pathlib.Path(__file__).resolve().parents[2] / "vendors"


@pytest.fixture
def demo(natmill, tmp_path):
    """demo(ARGS...): starts it; its fresh folder goes below the returned process' `fresh`."""
    started = []

    def start(*arguments):
        fresh = tmp_path / "fresh"
        fresh.mkdir()
        process = Natmill(natmill, ["demo", *map(str, arguments)], tmp_path, {"TMPDIR": str(fresh)})
        process.fresh = fresh
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


def test_accounts_add_up(demo, tmp_path):
    vendors = tmp_path / "vendors"
    vendors.mkdir()
    shutil.copy(VENDORS / "nfware.lua", vendors)
    shutil.copy(VENDORS / "nfware.samples", vendors)
    (vendors / "bare.lua").write_text('local bare = vendor "bare"\nbare:topics "bare"\n'
                                      'bare:ignore "{*}"\nreturn bare\n')
    process = demo("--seconds", 2, "--vendors", vendors, "--dir", tmp_path / "kept")
    assert process.wait() == 0, process.err
    out = process.out
    assert re.search(r"bare\.lua: no samples beside it; lines in .*bare\.samples would be sent", out)
    sent, settled, records, parsed, ignored, dead = map(int, re.search(
        r"^(\d+) messages sent, (\d+) settled .*: (\d+) records = (\d+) parsed \+ (\d+) ignored \+ (\d+) dead letters$",
        out, re.MULTILINE).groups())
    assert sent == settled == records == parsed + ignored + dead
    assert sent > 10000 and 0 < dead < records / 20  # wrong lines are rare, as in live traffic
    assert "host is missing" not in out
    by_reason = out.partition("Dead letters, by reason (the samples contain wrong lines on purpose):\n")[2]
    counts = re.match(r"(?:  +\d+  .*\n)+", by_reason).group(0)
    assert sum(int(line.split()[0]) for line in counts.splitlines()) == dead
    with sqlite3.connect(tmp_path / "kept" / "cgnat.db") as db:
        rows = sum(db.execute(f"SELECT count(*) FROM {kind}_mapping").fetchone()[0]
                   for kind in ("session", "port", "port_block", "address"))
        assert db.execute("SELECT count(*) FROM natmill_dead_letters").fetchone() == (dead,)
    assert f"output sqlite: {rows} events stored, 0 rejected" in out
    assert re.search(r"^Who held \S+ at \S+\?\n  \S+ port \d+(?: \(VRF \S+\))?, by the session mapping", out,
                     re.MULTILINE)
    assert process.err == ""


def test_no_dead_letters_no_ports_no_vrf(demo, tmp_path):
    vendors = tmp_path / "vendors"
    vendors.mkdir()
    (vendors / "one.lua").write_text('local one = vendor "one"\none:topics "one"\n'
                                     'one:port_block_mapping("{src_ip} {x_ip} {start_port} {end_port}",'
                                     ' { action = "created" })\nreturn one\n')
    (vendors / "one.samples").write_text(
        '> 10.0.0.1 192.0.2.1 1024 2047\n{"type": "port-block-mapping", "event": 1, "src_ip": "10.0.0.1", '
        '"x_ip": "192.0.2.1", "start_port": 1024, "end_port": 2047}\n')
    process = demo("--seconds", 1, "--vendors", vendors)
    assert process.wait() == 0, process.err
    assert "Dead letters" not in process.out
    assert re.search(r"^Who held \S+:1024 at \S+\?\n  10\.0\.\S+, by the port block mapping", process.out, re.MULTILINE)
    assert "delete the folder" in process.out and list(process.fresh.glob("natmill-demo-*/cgnat.db"))


@pytest.fixture
def two_vendors(tmp_path):
    """one, with samples of its own, and nfware; bare has samples but no topic."""
    vendors = tmp_path / "vendors"
    vendors.mkdir()
    for name, topics in [("one", 'v:topics "one"'), ("bare", "")]:
        (vendors / f"{name}.lua").write_text(f'local v = vendor "{name}"\n{topics}\nv:port_mapping("one {{src_ip}} '
                                             '{x_ip}", { action = "created" })\nreturn v\n')
        (vendors / f"{name}.samples").write_text('> one 10.0.0.1 192.0.2.1\n{"type": "port-mapping", "event": 1, '
                                                 '"src_ip": "10.0.0.1", "x_ip": "192.0.2.1"}\n# not yet: junk\n')
    for name in ["nfware.lua", "nfware.samples"]:
        shutil.copy(VENDORS / name, vendors)
    return vendors


def test_traffic_of_one_vendor(demo, two_vendors):
    process = demo("--seconds", 1, "--vendors", two_vendors, "--vendor", "one")
    assert process.wait() == 0, process.err
    assert "the samples of one as live traffic" in process.out
    assert re.search(r" = (\d+) parsed \+ 0 ignored \+ 0 dead letters", process.out)
    assert "bare" not in process.out


@pytest.mark.parametrize("vendor, message", [
    ("bare", "'bare' lacks a topic or samples to make traffic of"),
    ("on", "no vendor script 'on'; did you mean 'one'?"),
])
def test_vendor_without_traffic(demo, two_vendors, vendor, message):
    process = demo("--vendors", two_vendors, "--vendor", vendor)
    assert process.wait() == 1
    assert process.err == f"natmill: {message}\n"
    assert list(process.fresh.iterdir()) == []


def test_samples_without_topic(demo, two_vendors):
    for name in ["one", "nfware"]:
        (two_vendors / f"{name}.lua").unlink()
    process = demo("--vendors", two_vendors)
    assert process.wait() == 1
    assert process.out == (f"{two_vendors}/bare.lua: its samples are not sent: the script names no topic; add :topics "
                           '"cgnat.syslog.bare"\n')
    assert process.err == "natmill: no vendor script has both a topic and samples to make traffic of\n"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_ended_before_anything_was_stored(demo, number):
    process = demo()
    wait_until(lambda: list(process.fresh.iterdir()), 20, lambda: process.err)  # the group has not formed yet
    process.signal(number)
    assert process.wait() == 0
    assert process.out.endswith("Ended before anything was stored.\n")
    assert not process.err.startswith("natmill: ")
    assert list(process.fresh.iterdir()) == []
