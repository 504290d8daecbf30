# SPDX-License-Identifier: Apache-2.0
"""natmill unmatched --stored: what kinds of lines are among the dead letters that are kept, without a natmill that
runs, by today's scripts; and from there to a vendor script."""

import json

import pytest

from letters import BROKEN, line, message, vendors

TOPIC = "cgnat.syslog.nfware"
GOOD, BAD = line(1), line(1, BROKEN)


def foreign(n):
    return (f"ACMECGN {'created' if n % 2 else 'deleted'} mapping proto=tcp inside=10.0.{n % 250}.9:{1024 + n} "
            f"outside=203.0.113.9:{2000 + n} user=cust{n}")


class Letters:
    """Dead letters in a file, as natmill writes them, and a configuration that keeps them there."""

    def __init__(self, folder, run):
        vendors(folder)
        self.folder, self.run, self.file = folder, run, folder / "dead.jsonl"
        (folder / "natmill.yaml").write_text(json.dumps({
            "kafka": {"brokers": "127.0.0.1:9"}, "vendors": "scripts", "topics": {TOPIC: ["nfware"]},
            "outputs": [{"type": "null"}], "dead_letters": {"type": "file", "path": str(self.file)}}))

    def write(self, *letters):
        """Each is (value, members that differ)."""
        rows = [{"topic": TOPIC, "partition": 0, "offset": offset, "record": 0, "index": 0, "cluster": "c",
                 "output": "", "vendor": "", "rule": "", "reason": "of old", "script_hash": "", "generation": 1,
                 "stored_at": "2026-02-01T00:00:00Z", "timestamp": "2026-01-01T00:00:00Z", "value": value.decode(),
                 **members} for offset, (value, members) in enumerate(letters)]
        self.file.write_text("".join(json.dumps(row) + "\n" for row in rows))

    def ask(self, *arguments):
        result = self.run("unmatched", "--stored", *arguments)
        assert result.returncode == 0, result.stderr
        return result

    def answer(self, *arguments):
        return json.loads(self.ask("--json", *arguments).stdout)


@pytest.fixture
def stored(tmp_path, run_natmill):
    return Letters(tmp_path, run_natmill)


def counts(answer):
    return [kind["count"] for kind in answer["kinds"]]


def test_kinds_of_todays_scripts(stored, tmp_path):
    stored.write(*[(message(foreign(n)), {}) for n in range(1500)],  # of two answers of the store
                 (message("FAN 3 FAILED"), {"timestamp": "2026-01-03T00:00:00Z"}),
                 (message("FAN 4 FAILED"), {"timestamp": "2026-01-02T00:00:00Z"}),
                 (message(GOOD), {"reason": "no rule fitted then"}),
                 (message(BAD), {}),
                 (message(GOOD), {"output": "pg", "reason": "refused"}),
                 (b'{"message":', {}))
    answer = stored.answer()
    assert counts(answer) == [1500, 2, 1]
    assert (answer["lines"], answer["looked_at"]) == (1503, 1503)  # nothing is sampled
    assert answer["since"] == "2026-01-01T00:00:00Z"
    fan = answer["kinds"][1]
    assert (fan["first"], fan["last"]) == ("2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z")
    assert (fan["topic"], fan["partition"], fan["offset"]) == (TOPIC, 0, 1500)
    assert fan["devices"] == ["192.0.2.1"] and fan["lines"][0] == message("FAN 3 FAILED").decode()
    assert len(answer["kinds"][0]["lines"]) == 8

    result = stored.ask()
    assert [row.split("\t")[0] for row in result.stdout.splitlines()] == ["1500", "2", "1"]
    assert "1505 dead letters, once more through today's scripts\n" in result.stderr
    assert "3 kinds of unmatched lines; 1503 lines since 2026-01-01T00:00:00Z\n" in result.stderr

    vendors(tmp_path, mended=True)
    assert counts(stored.answer()) == [1500, 2]


def test_letters_are_chosen(stored):
    stored.write((message(foreign(1)), {}), (message("FAN 3 FAILED"), {"timestamp": "2026-01-03T00:00:00Z"}),
                 (message("NO SUCH TOPIC"), {"topic": "other"}))
    assert sorted(kind["vendor"] for kind in stored.answer()["kinds"]) == ["", "nfware", "nfware"]
    assert stored.answer("--vendor", "")["kinds"][0]["topic"] == "other"
    assert len(stored.answer("--vendor", "nfware")["kinds"]) == 2 == len(stored.answer("--topic", TOPIC)["kinds"])
    assert len(stored.answer("--vendor", "nfware", "--kinds", "1")["kinds"]) == 1
    assert stored.answer("--from", "2026-01-02T00:00:00Z")["lines"] == 1
    assert stored.answer("--to", "2026-01-02T00:00:00Z")["lines"] == 2
    assert stored.answer("--reason", "other")["lines"] == 0
    for wrong in (["--topic", TOPIC], ["--stored", "--from", "yesterday"], ["--stored", "--examples", "--json"]):
        result = stored.run("unmatched", *wrong)
        assert result.returncode == 2 and result.stdout == ""


def test_a_letter_stands_for_its_record(stored):
    """Of a message with several records each letter brings its own, and only the last one those behind it."""
    value = message("FAN 1 FAILED", GOOD, "LINK eth0 DOWN", "LINK eth1 DOWN")
    stored.write((value, {"index": 1}))
    assert counts(stored.answer()) == [1]
    stored.write((value, {"index": 1}), (value, {"offset": 0, "record": 2}))
    answer = stored.answer()
    assert counts(answer) == [2, 1] and answer["kinds"][0]["lines"] == ["LINK eth0 DOWN", "LINK eth1 DOWN"]


def test_examples_make_a_vendor_script(stored, run_natmill, tmp_path):
    stored.write(*[(message(foreign(n)), {}) for n in range(20)], (message(BAD), {}))
    made = str(tmp_path / "made")
    examples = stored.ask("--examples", "--kinds", "1").stdout
    assert run_natmill("new", "--vendors", made, "acme", input=examples).returncode == 0
    tried = run_natmill("try", "--vendors", made, "--json", input=message(foreign(500)).decode() + "\n")
    assert json.loads(tried.stdout)["verdict"] == "events", tried.stdout


def test_where_no_letters_are_kept(stored, tmp_path):
    result = stored.run("unmatched", "--stored", "-c", "absent.yaml")
    assert result.returncode == 1 and "absent.yaml" in result.stderr
    assert stored.answer()["kinds"] == stored.answer("-c", str(tmp_path / "natmill.yaml"))["kinds"] == []
