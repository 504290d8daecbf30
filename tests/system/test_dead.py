# SPDX-License-Identifier: Apache-2.0
"""natmill dead: what the operator sees of dead letters, and how they come back, each exactly once, whatever happens in
between."""

import json
import random
import select
import socket
import time

import pytest

from letters import BROKEN, HOPELESS, VALUES, Sqlite, events, letters, line, mark, message, ok, vendors
from natmill_process import Natmill, write_config
from waiting import wait_until


def test_what_the_operator_sees(stored, run_natmill, store):
    topic, config = stored(VALUES)
    rows = [row.split("\t") for row in ok(run_natmill("dead", "list", "-c", config)).splitlines()]
    assert [row[0] for row in rows] == [f"{topic}/0/{place}" for place in ("1/0", "2/1", "3/0", "4/0", "5/0", "5/1")]
    assert all(len(row) == 5 and row[1].endswith("Z") and row[2:4] == ["nfware", "-"] for row in rows)
    assert "found `XEXT`" in rows[0][4] or "XEXT" in rows[0][4]

    def places(*arguments):
        return [row.split("\t")[0].split("/", 1)[1] for row in ok(run_natmill("dead", "list", "-c", config,
                                                                            *arguments)).splitlines()]
    assert places("--reason", HOPELESS) == ["0/3/0"]
    assert places("--limit", "2") == ["0/1/0", "0/2/1"]
    assert places("--vendor", "other") == places("--output", store.name) == places("--topic", "other") == []
    assert places("--vendor", "nfware", "--output", "", "--topic", topic) == places()
    assert places("--to", "2020-01-01T00:00:00Z") == []
    assert places("--from", "2020-01-01T00:00:00Z", "--to", "2099-01-01T00:00:00+01:00") == places()
    assert places(f"{topic}/0/5") == ["0/5/0", "0/5/1"] and places(f"{topic}/0/5/1") == ["0/5/1"]

    kinds = [row.split("\t") for row in ok(run_natmill("dead", "count", "-c", config)).splitlines()]
    assert sum(int(row[0]) for row in kinds) == 6 and len(kinds) < 6
    assert json.loads(ok(run_natmill("dead", "count", "--json", "--reason", HOPELESS, "-c", config)))["count"] == 1

    shown = ok(run_natmill("dead", "show", "-c", config, f"{topic}/0/3"))
    assert VALUES[3].decode() in shown and "vendor       nfware" in shown and "script       " in shown
    whole = [json.loads(row) for row in ok(run_natmill("dead", "export", "-c", config)).splitlines()]
    assert [one["value"].encode() for one in whole] == [VALUES[offset] for offset in (1, 2, 3, 4, 5, 5)]
    assert whole == [json.loads(row) for row in ok(run_natmill("dead", "list", "--json", "-c",
                                                               config)).splitlines()]


def test_bytes_do_no_harm(kafka, stored, run_natmill, store):
    topic, config = stored([b"\x1b[2J\xff\tbell\x07", message(line(1))])
    assert mark(store, topic) == 2
    for arguments in (("list",), ("show", f"{topic}/0/0"), ("count",)):
        out = run_natmill("dead", *arguments, "-c", config).stdout
        assert "\x1b" not in out and "\x07" not in out
    assert "\\x1b[2J\\xff\\x09bell\\x07" in run_natmill("dead", "show", f"{topic}/0/0", "-c", config).stdout
    letter, = (json.loads(row) for row in ok(run_natmill("dead", "export", "-c", config)).splitlines())
    assert letter["value_base64"] == "G1sySv8JYmVsbAc="


def test_letters_come_back_once_the_script_is_mended(stored, run_natmill, store, tmp_path):
    topic, config = stored(VALUES)
    before = events(store), letters(store)
    assert [row[1:] for row in before[0]] == [(0, 0, 0, 1), (0, 2, 0, 3), (0, 2, 2000, 5)]
    assert "0 letters came back as 0 events" in ok(run_natmill("dead", "replay", "-c", config))
    assert (events(store), letters(store)) == before

    vendors(tmp_path, mended=True)
    out = ok(run_natmill("dead", "replay", "--dry-run", "-c", config))
    assert out.startswith("4 letters would come back as 4 events, 1 would be ignored, 1 would stay\n")
    assert (events(store), letters(store)) == before
    out = ok(run_natmill("dead", "replay", "-c", config, f"{topic}/0/5/1"))
    assert out.startswith("1 letters came back as 1 events, 0 are ignored by today's scripts, 0 stay\n")
    out = ok(run_natmill("dead", "replay", "-c", config))
    assert out.startswith("3 letters came back as 3 events, 1 are ignored by today's scripts, 1 stay\n")
    assert f"output {store.name}: 3 events stored" in out and "expected `EXT`, found `...`" in out
    assert [row[1:] for row in events(store)] == [
        (0, 0, 0, 1), (0, 1, 0, 2), (0, 2, 0, 3), (0, 2, 1000, 4), (0, 2, 2000, 5), (0, 5, 0, 8), (0, 5, 1000, 9)]
    assert list(letters(store)) == [(0, 3, 0, 0, "")]
    assert mark(store, topic) == len(VALUES)


def test_what_is_dead_again_tells_todays_reason(stored, run_natmill, store, tmp_path):
    _, config = stored([message(line(1, BROKEN))])
    old, = letters(store).values()
    vendors(tmp_path, more='nfware:session_mapping "{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} XEXT '
                           '{x_ip}:{x_port} WHAT"\n')
    out = ok(run_natmill("dead", "replay", "-c", config))
    assert out.startswith("0 letters came back")
    (place, new), = letters(store).items()
    assert place == (0, 0, 0, 0, "") and new != old and "WHAT" in new
    assert "WHAT" in out


def test_one_line_a_message_becomes_several(kafka, configure, start_natmill, run_natmill, store, tmp_path):
    """The script did not know that messages hold several records: the letter stood for all of them."""
    topic = kafka.create_topic(partitions=1)
    kafka.produce(topic, [message(line(1), line(2))], partition=0)
    path = vendors(tmp_path) / "nfware.lua"
    path.write_text(path.read_text().replace('nfware:records "\\n"\n', ""))
    config = configure(kafka, topic, outputs=[store.output()], vendors=str(path.parent))
    process = start_natmill(config)
    wait_until(lambda: mark(store, topic) == 1, 60)
    assert process.terminate() == 0
    assert events(store) == [] and len(letters(store)) == 1
    vendors(tmp_path)
    ok(run_natmill("dead", "replay", "-c", str(write_config(tmp_path, config))))
    assert [row[3:] for row in events(store)] == [(0, 1), (1000, 2)] and letters(store) == {}


def test_refused_events_go_to_the_output_that_refused_them(stored, run_natmill, store, tmp_path):
    other = Sqlite(tmp_path / "other.db", "other")
    plain = tmp_path / "plain.out"
    topic, config = stored([message(line(1))], outputs=[store.output(), other.output()])
    assert topic and not plain.exists()
    other.query("CREATE TRIGGER refuse BEFORE INSERT ON session_mapping WHEN NEW.x_port = 7"
                " BEGIN SELECT RAISE(ABORT, 'no sevens'); END")
    topic, config = stored([message(line(6), line(7)), message(line(8))], outputs=[store.output(), other.output()])
    wait_until(lambda: mark(other, topic) == 2, 30)
    assert letters(store) == {(0, 0, 1, 1000, "other"): "no sevens"}
    out = ok(run_natmill("dead", "replay", "-c", config))
    assert "1 refused" in out and letters(store) == {(0, 0, 1, 1000, "other"): "no sevens"}
    other.query("DROP TRIGGER refuse")
    out = ok(run_natmill("dead", "replay", "--output", "other", "-c", config))
    assert out.startswith("1 letters came back as 1 events") and f"output {store.name}: 1" not in out
    assert letters(store) == {}
    for one in (store, other):
        assert [row[2:] for row in events(one) if row[0] == topic] == [(0, 0, 6), (0, 1000, 7), (1, 0, 8)]


def test_lines_of_files_come_back_beside_a_running_natmill(kafka, stored, start_natmill, run_natmill, store, tmp_path):
    """A file takes lines only with its watermark, which letters do not move."""
    folder = tmp_path / "files"
    folder.mkdir()
    files = {"type": "file", "folder": str(folder)}
    topic, config = stored([message(line(1)), message(line(2, BROKEN)), message(line(3))],
                           outputs=[store.output(), files])
    vendors(tmp_path, mended=True)
    running = start_natmill((tmp_path / "natmill.yaml").read_text())
    assert "1 letters came back as 1 events" in ok(run_natmill("dead", "replay", "-c", config))
    kafka.produce(topic, [message(line(4))], partition=0)
    wait_until(lambda: mark(store, topic) == 4, 30, lambda: running.err[-2000:])
    assert running.terminate() == 0
    lines = [json.loads(text) for path in folder.glob("*.jsonl*") for text in path.read_text().splitlines()]
    assert sorted(one["x_port"] for one in lines) == [1, 2, 3, 4]
    assert letters(store) == {} and len(events(store)) == 4


COUNT = 20000


def assert_once(store, topic, count=COUNT):
    """Each message is either still a letter or one event."""
    found = [row[2] for row in events(store) if row[0] == topic]
    waiting = [place[1] for place in letters(store)]
    assert sorted(found + waiting) == list(range(count))
    return len(waiting)


def count_letters(store):
    return store.query("SELECT count(*) FROM natmill_dead_letters")[0][0]


@pytest.mark.slow
def test_killed_at_any_moment(natmill, stored, store, tmp_path):
    """Now before its first page, now after one, now within one."""
    topic, config = stored([message(line(number % 60000, BROKEN)) for number in range(COUNT)])
    vendors(tmp_path, mended=True)
    dice = random.Random(17)
    left, within = COUNT, 0
    for number in range(12):
        process = Natmill(natmill, ["dead", "replay", "-c", config], tmp_path)
        if number % 4 > 0:
            wait_until(lambda: not process.running() or count_letters(store) < left, 30, every=0.002)
        time.sleep(dice.random() * 0.02)
        process.kill()
        before, left = left, assert_once(store, topic)
        within += 0 < left < before
    process = Natmill(natmill, ["dead", "replay", "-c", config], tmp_path)
    assert process.wait(60) == 0, process.err
    assert assert_once(store, topic) == 0 and within >= 2


def test_beside_a_running_natmill(kafka, natmill, stored, start_natmill, store, tmp_path):
    topic, config = stored([message(line(number % 60000, BROKEN)) for number in range(COUNT)])
    vendors(tmp_path, mended=True)
    running = start_natmill((tmp_path / "natmill.yaml").read_text())
    replay = Natmill(natmill, ["dead", "replay", "-c", config], tmp_path)
    kafka.produce(topic, [message(line(number % 60000)) for number in range(COUNT)], partition=0)
    assert replay.wait(90) == 0, replay.err
    wait_until(lambda: mark(store, topic) == 2 * COUNT, 60, lambda: running.err[-2000:])
    assert running.terminate() == 0
    assert assert_once(store, topic, 2 * COUNT) == 0
    assert replay.out.startswith(f"{COUNT} letters came back"), replay.out


def test_one_replay_at_a_time(kafka, configure, natmill, stored, run_natmill, store, tmp_path):
    """Two would send the events to the other output twice. Here that one never answers: the first waits for it."""
    topic, config = stored([message(line(number, BROKEN)) for number in range(10)])
    vendors(tmp_path, mended=True)
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}/"
        held_up = configure(kafka, topic, outputs=[{"type": "http", "url": url}, store.output()],
                            vendors=str(tmp_path / "scripts"))
        held_up = str(write_config(tmp_path, held_up, "held-up.yaml"))
        first = Natmill(natmill, ["dead", "replay", "-c", held_up], tmp_path)
        wait_until(lambda: select.select([deaf], [], [], 0)[0], 30, lambda: first.err)
        second = run_natmill("dead", "replay", "-c", config)
        assert second.returncode == 1 and len(second.stderr.splitlines()) == 1
        assert f"output {store.name}: another replay takes letters out of this store" in second.stderr
        assert "10 letters would come back" in ok(run_natmill("dead", "replay", "--dry-run", "-c", config))
        first.kill()
    assert ok(run_natmill("dead", "replay", "-c", config)).startswith("10 letters came back")
    assert len(events(store)) == 10


REFUSED = [
    (("replay", "--vendor"), 2, "--vendor needs a value"),
    (("list", "--from", "2026-01-31 18:00"), 2, "is no time with a zone"),
    (("list", "--limit", "0"), 2, "--limit"),
    (("show",), 2, "which letter?"),
    (("show", "a/b"), 2, "'a/b' names no letter"),
    (("show", "nowhere/0/17"), 1, "there is no such dead letter"),
    (("list", "--dry-run"), 2, "--dry-run is for replay"),
    (("lost",), 2, "list, count, show, export or replay"),
    ((), 2, "usage:"),
]


def test_what_is_refused(run_natmill, configure, kafka, tmp_path):
    config = str(write_config(tmp_path, configure(kafka, "t")))
    for arguments, status, words in REFUSED:
        result = run_natmill("dead", *arguments, *(["-c", config] if status == 1 else []))
        assert result.returncode == status, (arguments, result.stderr)
        assert words in result.stderr


