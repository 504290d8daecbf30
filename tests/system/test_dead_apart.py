# SPDX-License-Identifier: Apache-2.0
"""natmill dead, where letters are kept in a file or a Kafka topic: they are noted as come back in the transaction that
stores their events, so that none comes twice, and a file is rewritten without them."""

import json
import random
import shutil
import time

import pytest

from letters import BROKEN, HOPELESS, VALUES, events, line, mark, message, ok, vendors
from natmill_process import Natmill, write_config
from waiting import wait_until


class File:
    """Letters in a file."""

    def __init__(self, path):
        self.path = path
        self.section = {"type": "file", "path": str(path)}

    def places(self):
        """(partition, offset, record) of the letters that it holds."""
        whole = [json.loads(text) for text in self.path.read_bytes().split(b"\n")[:-1]]
        return [(one["partition"], one["offset"], one["record"]) for one in whole]


class Topic:
    """Letters in a Kafka topic of three partitions."""

    def __init__(self, kafka):
        self.kafka, self.name = kafka, kafka.create_topic(partitions=3)
        self.section = {"type": "kafka", "topic": self.name}


@pytest.fixture(params=["file", "topic"])
def apart(request, tmp_path, kafka):
    return File(tmp_path / "dead.jsonl") if request.param == "file" else Topic(kafka)


def places(result):
    """(partition, offset, record) of the letters that `dead list` shows."""
    return sorted(tuple(map(int, row.split("\t")[0].split("/")[1:])) for row in ok(result).splitlines())


LETTERS = [(0, 1, 0), (0, 2, 1), (0, 3, 0), (0, 4, 0), (0, 5, 0), (0, 5, 1)]


def test_letters_come_back_once(stored, run_natmill, store, apart, tmp_path):
    topic, config = stored(VALUES, dead_letters=apart.section)
    assert places(run_natmill("dead", "list", "-c", config)) == LETTERS
    assert "0 letters came back as 0 events" in ok(run_natmill("dead", "replay", "-c", config))
    assert places(run_natmill("dead", "list", "-c", config)) == LETTERS

    vendors(tmp_path, mended=True)
    for _ in range(2):  # nothing is changed
        out = ok(run_natmill("dead", "replay", "--dry-run", "-c", config))
        assert out.startswith("4 letters would come back as 4 events, 1 would be ignored, 1 would stay\n")
    out = ok(run_natmill("dead", "replay", "-c", config, f"{topic}/0/5/1"))
    assert out.startswith("1 letters came back as 1 events, 0 are ignored by today's scripts, 0 stay\n")
    assert places(run_natmill("dead", "list", "-c", config)) == LETTERS[:-1]
    assert sum(int(row.split("\t")[0]) for row in ok(run_natmill("dead", "count", "-c", config)).splitlines()) == 5
    out = ok(run_natmill("dead", "replay", "-c", config))
    assert out.startswith("3 letters came back as 3 events, 1 are ignored by today's scripts, 1 stay\n")
    assert "expected `EXT`, found `...`" in out
    found = [(0, 0, 0, 1), (0, 1, 0, 2), (0, 2, 0, 3), (0, 2, 1000, 4), (0, 2, 2000, 5), (0, 5, 0, 8), (0, 5, 1000, 9)]
    assert [row[1:] for row in events(store)] == found
    assert places(run_natmill("dead", "list", "-c", config)) == [LETTERS[2]]
    shown = run_natmill("dead", "show", "-c", config, f"{topic}/0/1")
    assert shown.returncode == 1 and "there is no such dead letter" in shown.stderr
    assert "0 letters came back as 0 events, 0 are ignored by today's scripts, 1 stay" in ok(
        run_natmill("dead", "replay", "-c", config))
    assert [row[1:] for row in events(store)] == found and mark(store, topic) == len(VALUES)
    if isinstance(apart, File):
        assert apart.places() == [LETTERS[2]]
        assert not apart.path.with_name("dead.jsonl.new").exists()


@pytest.mark.slow
def test_a_letter_of_several_partitions_and_written_twice(kafka, stored, run_natmill, store, tmp_path):
    """At least once: the store may hold a letter twice, even after the first has come back."""
    apart = File(tmp_path / "dead.jsonl")
    values = [message(line(number, BROKEN)) for number in range(12)]
    topic, config = stored(values, dead_letters=apart.section, partitions=4)
    before = apart.path.read_bytes()
    apart.path.write_bytes(before + before + b"no letter\n" + before)
    vendors(tmp_path, mended=True)
    result = run_natmill("dead", "replay", "--limit", "5", "-c", config)
    assert ok(result).startswith("5 letters came back as 5 events")
    assert ok(run_natmill("dead", "replay", "-c", config)).startswith("7 letters came back as 7 events")
    assert apart.path.read_bytes() == b"no letter\n"
    apart.path.write_bytes(before)
    assert "0 letters came back" in ok(run_natmill("dead", "replay", "-c", config))
    assert sorted(row[4] for row in events(store) if row[0] == topic) == list(range(12))
    assert apart.path.read_bytes() == b""


def test_topic_made_anew(stored, run_natmill, store, tmp_path):
    """Other messages have the old places: their letters come back beside those that did, and each for itself."""
    apart = File(tmp_path / "dead.jsonl")
    topic, config = stored([message(line(1)), message(line(2, BROKEN))], dead_letters=apart.section)
    letter = json.loads(apart.path.read_bytes())
    vendors(tmp_path, mended=True)
    assert ok(run_natmill("dead", "replay", "-c", config)).startswith("1 letters came back as 1 events")
    moments = ["2031-05-02T11:34:56Z", "2032-05-02T11:34:56Z"]
    apart.path.write_text("".join(json.dumps({**letter, "timestamp": moment}) + "\n" for moment in moments),
                          encoding="utf-8")
    assert places(run_natmill("dead", "list", "-c", config)) == [(0, 1, 0)] * 2
    assert ok(run_natmill("dead", "replay", "-c", config)).startswith("2 letters came back as 2 events")
    assert apart.path.read_bytes() == b""
    assert len([row for row in events(store) if row[0] == topic and row[2] == 1]) == 3


@pytest.mark.slow
def test_a_file_that_is_torn_and_one_that_was_moved_away(stored, run_natmill, store, tmp_path):
    apart = File(tmp_path / "dead.jsonl")
    _, config = stored([message(line(number, BROKEN)) for number in range(6)], dead_letters=apart.section)
    lines = apart.path.read_bytes().splitlines(keepends=True)
    aside = tmp_path / "dead.jsonl.1"
    aside.write_bytes(b"".join(lines[:4]))
    apart.path.write_bytes(b"".join(lines[3:5]) + lines[5][:40])  # a crash in the middle of the sixth
    apart.path.chmod(0o604)
    vendors(tmp_path, mended=True)
    result = run_natmill("dead", "replay", "-c", config)
    assert ok(result).startswith("2 letters came back as 2 events") and "ended within a line" in result.stderr
    assert apart.path.read_bytes() == b"" and apart.path.stat().st_mode & 0o777 == 0o604
    shutil.copy(aside, apart.path)
    assert ok(run_natmill("dead", "replay", "-c", config)).startswith("3 letters came back as 3 events")
    assert sorted(row[4] for row in events(store)) == [0, 1, 2, 3, 4]


@pytest.mark.slow
def test_what_is_left_of_a_letter_is_kept_in_the_table(kafka, configure, start_natmill, run_natmill, store, apart,
                                                       tmp_path):
    """A letter stood for a message's rest. Now most of it is read, and one record of it is dead."""
    topic = kafka.create_topic(partitions=1)
    kafka.produce(topic, [message(line(1), line(2, HOPELESS), line(3))], partition=0)
    path = vendors(tmp_path) / "nfware.lua"
    path.write_text(path.read_text().replace('nfware:records "\\n"\n', ""))
    config = configure(kafka, topic, outputs=[store.output()], vendors=str(path.parent), dead_letters=apart.section)
    process = start_natmill(config)
    wait_until(lambda: mark(store, topic) == 1, 60)
    assert process.terminate() == 0
    config = str(write_config(tmp_path, config))
    assert places(run_natmill("dead", "list", "-c", config)) == [(0, 0, 0)]
    vendors(tmp_path)
    assert ok(run_natmill("dead", "replay", "-c", config)).startswith("1 letters came back as 2 events")
    assert [row[3:] for row in events(store)] == [(0, 1), (2000, 3)]
    assert places(run_natmill("dead", "list", "-c", config)) == [(0, 0, 1)]
    vendors(tmp_path, more='nfware:ignore "{*}YEXT{*}"\n')
    assert "1 are ignored" in ok(run_natmill("dead", "replay", "-c", config))
    assert places(run_natmill("dead", "list", "-c", config)) == []


@pytest.mark.slow
def test_beside_a_running_natmill(kafka, stored, start_natmill, run_natmill, store, tmp_path):
    """It appends to the file that is rewritten."""
    apart = File(tmp_path / "dead.jsonl")
    count = 3000
    topic, config = stored([message(line(number, BROKEN)) for number in range(count)], dead_letters=apart.section)
    text = (tmp_path / "natmill.yaml").read_text()
    vendors(tmp_path, mended=True)
    running = start_natmill(text)
    for turn in range(5):
        kafka.produce(topic, [message(line(number, HOPELESS)) for number in range(200)], partition=0)
        result = ok(run_natmill("dead", "replay", "--limit", str(count // 5 + 200 * turn), "-c", config))
        assert "letters came back" in result
    ok(run_natmill("dead", "replay", "-c", config))
    wait_until(lambda: mark(store, topic) == count + 1000, 60, lambda: running.err[-2000:])
    assert running.terminate() == 0
    ok(run_natmill("dead", "replay", "-c", config))
    assert sorted(row[2] for row in events(store)) == list(range(count))
    assert sorted(set(apart.places())) == [(0, offset, 0) for offset in range(count, count + 1000)]


COUNT = 20000


@pytest.mark.slow
def test_killed_at_any_moment(natmill, stored, store, apart, tmp_path, run_natmill):
    values = [message(line(number % 60000, BROKEN)) for number in range(COUNT)]
    topic, config = stored(values, dead_letters=apart.section)
    vendors(tmp_path, mended=True)
    dice = random.Random(18)
    within = 0
    for number in range(12):
        before = len(events(store))
        process = Natmill(natmill, ["dead", "replay", "-c", config], tmp_path)
        if number % 4 > 0:
            wait_until(lambda: not process.running() or len(events(store)) > before, 60, every=0.002)
        time.sleep(dice.random() * 0.02)
        process.kill()
        within += before < len(events(store)) < COUNT
    process = Natmill(natmill, ["dead", "replay", "-c", config], tmp_path)
    assert process.wait(120) == 0, process.err
    assert [row[2] for row in events(store) if row[0] == topic] == list(range(COUNT)) and within >= 2
    assert "0 letters came back" in ok(run_natmill("dead", "replay", "-c", config))
    assert len(events(store)) == COUNT
    assert isinstance(apart, Topic) or apart.path.read_bytes() == b""


@pytest.mark.slow
def test_shown_as_they_are(kafka, stored, run_natmill, store, apart):
    """Somebody writes to the topic, too, with a transaction, whose end takes an offset that holds no record."""
    foreign = isinstance(apart, Topic) and not kafka.is_mock
    if foreign:
        kafka.produce_committed(apart.name, [b"no letter"], partition=0)
    topic, config = stored([*VALUES, b"\xff\x00"], dead_letters=apart.section)
    if foreign:
        kafka.produce_committed(apart.name, [b"no letter"] * 2, partition=2)
    result = run_natmill("dead", "list", "-c", config)
    assert places(result) == [*LETTERS, (0, 6, 0)]
    assert not foreign or f"3 records of topic {apart.name} are no letters" in result.stderr
    kinds = [row.split("\t") for row in ok(run_natmill("dead", "count", "-c", config)).splitlines()]
    assert sum(int(row[0]) for row in kinds) == 7
    assert len(ok(run_natmill("dead", "list", "--limit", "3", "-c", config)).splitlines()) == 3
    shown = ok(run_natmill("dead", "show", f"{topic}/0/3", "-c", config))
    assert VALUES[3].decode() in shown and "vendor       nfware" in shown and HOPELESS in shown
    assert "\\xff\\x00" in ok(run_natmill("dead", "show", f"{topic}/0/6", "-c", config))
    whole = [json.loads(row) for row in ok(run_natmill("dead", "export", "-c", config)).splitlines()]
    values = {one["offset"]: one["value"].encode() for one in whole if "value" in one}
    assert values == {offset: VALUES[offset] for offset in (1, 2, 3, 4, 5)}
    assert [one["value_base64"] for one in whole if one["offset"] == 6] == ["/wA="]
    if isinstance(apart, File):
        assert whole == [json.loads(row) for row in apart.path.read_text().splitlines()]


def test_shown_while_the_database_is_away(run_natmill, configure, kafka, tmp_path):
    apart = File(tmp_path / "dead.jsonl")
    apart.path.write_text('{"topic":"t","partition":0,"offset":5,"record":0,"index":0,"reason":"why","value":"x"}\n')
    away = {"type": "postgresql", "url": "postgresql://nobody@127.0.0.1:1/none"}
    config = str(write_config(tmp_path, configure(kafka, "t", outputs=[away], dead_letters=apart.section)))
    result = run_natmill("dead", "list", "-c", config)
    assert places(result) == [(0, 5, 0)]
    assert "so letters of the store `file` that came back are shown, too" in result.stderr


def test_a_missing_topic_of_letters_is_told(run_natmill, configure, kafka, tmp_path):
    config = str(write_config(tmp_path, configure(kafka, "t", dead_letters={"type": "kafka", "topic": "nowhere.dead"})))
    result = run_natmill("dead", "list", "-c", config)
    assert ok(result) == "" and "there is no topic nowhere.dead" in result.stderr


@pytest.mark.parametrize("outputs", [[{"type": "null"}], [{"type": "kafka"}],
                                     [{"type": "file", "folder": "/tmp"}, {"type": "redis", "address": "localhost"}]])
def test_without_a_database_none_comes_back(run_natmill, configure, kafka, tmp_path, outputs):
    config = str(write_config(tmp_path, configure(kafka, "t", outputs=outputs)))
    result = run_natmill("dead", "replay", "-c", config)
    assert result.returncode == 1 and len(result.stderr.splitlines()) == 1
    assert "the store `kafka`" in result.stderr and "that needs one of type postgresql or sqlite" in result.stderr
    assert "natmill dead export" in result.stderr and "docs/dead-letters.md" in result.stderr
