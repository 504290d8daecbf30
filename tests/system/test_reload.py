# SPDX-License-Identifier: Apache-2.0
"""Reload by `natmill reload` and SIGHUP: what changes goes live between batches, what is wrong is refused and the old
goes on, and every message is still found exactly once."""

import json
import os
import pty
import re
import signal
import subprocess

import pytest

import traffic
from natmill_process import write_config
from waiting import wait_until

SESSION = '"[{word} ][{word} ]{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} EXT {x_ip}:{x_port} DST'


@pytest.fixture
def running(kafka, topic, configure, start_natmill, run_natmill, ledger, tmp_path):
    """A natmill that has settled 100 messages of each partition; a Running."""

    class Running:
        def __init__(self, **sections):
            self.config = configure(kafka, topic, **sections)
            self.process = start_natmill(self.config)
            self.count = 0
            self.script = tmp_path / "vendors" / "nfware.lua"
            self.text = self.script.read_text(encoding="utf-8")
            self.more(100)

        def more(self, count):
            traffic.produce(kafka, topic, count, start=self.count)
            self.count += count
            ledger.wait(topic, self.count, what=self.process.err[-2000:])

        def write(self, **sections):
            self.config = {**self.config, **sections}
            write_config(tmp_path, self.config)

        def edit(self, old, new):
            text = self.script.read_text(encoding="utf-8")
            assert old in text
            self.script.write_text(text.replace(old, new), encoding="utf-8")

        def reload(self, status=0):
            done = run_natmill("reload", "-c", "natmill.yaml")
            assert done.returncode == status, f"{done.returncode}: {done.stdout}{done.stderr}\n{self.process.err}"
            return done.stdout if status == 0 else done.stderr

        def end(self):
            """All is there once, and no worker left the group meanwhile."""
            assert self.process.terminate() == 0
            ledger.check(topic, self.count)

    return Running


def test_a_changed_script_goes_live(running, ledger, topic):
    """R1; and the diff of the shadow run by vendor and field."""
    one = running()
    one.edit("[ DIR (OUT|IN)]", "[ DIR OUT]")
    answer = one.reload()
    assert "scripts: changed nfware\n" in answer
    assert re.search(r"^shadow run: \d+ messages last seen: the same events and dead letters as before$", answer, re.M)
    assert answer.endswith("generation 2\nworker 0: live\n")
    one.more(100)
    one.edit(SESSION, SESSION.replace("{vrf_id}", "{*}"))
    one.edit("KEEPALIVE {*}", "NEVER {*}")
    answer = one.reload()
    assert "shadow run: nfware: " in answer and "vrf_id differs in " in answer and "more dead letters" in answer
    for line in answer.splitlines():
        one.process.wait_for_err("reload: " + re.escape(line))
    assert one.process.err.count("Kafka: assigned") == 1
    traffic_before = one.count
    one.more(100)
    one.process.terminate()
    dead = ledger.letters('"offset", generation, script_hash')
    assert {generation for offset, generation, _ in dead if offset >= traffic_before} == {3}
    assert {generation for offset, generation, _ in dead if offset < 100} == {1}
    assert ledger.query("SELECT count(*) FROM session_mapping WHERE vrf_id IS NULL AND \"offset\" >= ?",
                        traffic_before)[0][0] > 0


def test_nothing_has_changed(running):
    one = running()
    assert "nothing has changed\n" in one.reload()
    one.more(100)
    one.end()


@pytest.mark.parametrize("text, why", [
    ("", r"nfware.lua: "),
    ("local nfware = vendor \"nfware\"\nnfware:topics \"cgnat.sys", r"nfware.lua:2: "),
    ("while true do end", r"does not come to an end while it loads"),
    ("local t = {} while true do t[#t + 1] = ('x'):rep(60000) .. #t end", r"memory|does not come to an end"),
    ("error('no')", r"no"),
], ids=["empty", "half-written", "endless", "memory", "raises"])
def test_a_broken_script_is_refused(running, text, why):
    """R3, R4, R6: the old generation goes on, the reason is in the answer and in the log; mended, it goes live."""
    one = running()
    one.script.write_text(text, encoding="utf-8")
    answer = one.reload(1)
    assert re.search(why, answer), answer
    assert answer.endswith("refused: generation 1 goes on\n")
    one.process.wait_for_err(r"error reload: refused: generation 1 goes on")
    one.more(100)
    one.script.write_text(one.text + "\n", encoding="utf-8")
    assert "generation 2\nworker 0: live\n" in one.reload()
    one.more(100)
    one.end()


def test_samples_are_the_gate(running):
    """A handler that is endless, and a script that reads its samples otherwise, never get to a worker."""
    one = running()
    samples = one.script.with_suffix(".samples")
    samples.write_text((traffic.VENDORS / "nfware.samples").read_text(encoding="utf-8"), encoding="utf-8")
    assert "generation 2" in one.reload()
    one.edit("DST {dst_ip}:{dst_port}", "DST {dst_ip}:{*}")
    answer = one.reload(1)
    assert "samples fail" in answer and "dst_port" in answer, answer
    one.more(100)
    one.end()


@pytest.mark.parametrize("path, value", [
    ("kafka.brokers", "localhost:1"), ("kafka.group", "another"), ("kafka.strategy", "range"),
    ("kafka.start", "latest"), ("kafka.connect_timeout", "3s"), ("kafka.stall_alarm", "7s"),
    ("kafka.stall_restart", "70s"), ("kafka.stall_exit", "7m"), ("kafka.properties", {"session.timeout.ms": 1001}),
    ("batch.messages", 77), ("workers", 2), ("memory", "90MB"), ("shutdown", "7s"),
    ("outputs[0].path", "other.db"), ("outputs[0].name", "another"),
])
def test_what_needs_a_restart_is_named(running, path, value):
    """R5: each setting that cannot change live, by its name; nothing is changed."""
    one = running()
    section, _, key = path.rpartition(".")
    if section.startswith("outputs"):
        one.write(outputs=[{**one.config["outputs"][0], key: value}])
    elif section:
        one.write(**{section: {**one.config.get(section, {}), key: value}})
    else:
        one.write(**{key: value})
    answer = one.reload(1)
    assert answer == f"{path}: has changed and needs a restart\nrefused: generation 1 goes on\n"
    one.more(10)
    one.end()


def test_another_output_needs_a_restart(running):
    one = running()
    one.write(outputs=[*one.config["outputs"], {"type": "null"}])
    assert "outputs: has changed and needs a restart\n" in one.reload(1)
    one.end()


def test_a_broken_configuration_is_refused(running, tmp_path):
    one = running()
    (tmp_path / "natmill.yaml").write_text("kafka: {\n", encoding="utf-8")
    assert "natmill.yaml:" in one.reload(1)
    (tmp_path / "natmill.yaml").unlink()
    assert "natmill.yaml" in one.reload(1)
    one.more(100)
    one.end()


def test_a_mistake_does_not_hide_the_socket(kafka, topic, configure, start_natmill, run_natmill, tmp_path):
    """The running natmill refuses the file with the reason; one started at the usual place is found, too."""
    config = configure(kafka, topic)
    for now, later in (("here.sock", "here.sock"), (None, "gone.sock")):
        named = {"control": {"socket": str(tmp_path / now)}} if now else {}
        process = start_natmill({**config, **named})
        wait_until(lambda: run_natmill("top", "--once").returncode == 0, 30)
        write_config(tmp_path, {**config, "control": {"socket": str(tmp_path / later)}, "workrs": 4})
        done = run_natmill("reload")
        assert done.returncode == 1 and "workrs" in done.stderr, done.stderr
        assert process.terminate() == 0


def test_changed_filters(running, ledger):
    one = running()
    one.write(outputs=[{**one.config["outputs"][0], "filters": [{"match_kv": {"key": "vrf_id", "value": "1"}}]}])
    assert "configuration: changed outputs[0].filters\n" in one.reload()
    before = ledger.count()
    one.more(100)
    rows = ledger.query('SELECT DISTINCT vrf_id FROM session_mapping WHERE "offset" >= 100')
    assert rows == [("1",)] and ledger.count() > before
    assert one.process.terminate() == 0


@pytest.mark.parametrize("strategy", ["roundrobin", pytest.param("cooperative-sticky", marks=pytest.mark.slow)])
def test_topics_come_and_go(kafka, topic, running, ledger, strategy):
    """The subscription changes without leaving the group; what was read of a topic is not read again when it comes
    back, and nothing of a topic that is not read becomes a dead letter."""
    other = kafka.create_topic(partitions=4)
    kafka_section = {"strategy": strategy}
    one = running(kafka=kafka_section)
    both = {topic: ["nfware"], other: ["nfware"]}
    one.write(topics=both)
    answer = one.reload()
    assert f"topics: added {other}\n" in answer
    traffic.produce(kafka, other, 100)
    ledger.wait(other, 100, what=one.process.err[-2000:])
    one.more(100)
    one.write(topics={topic: ["nfware"]})
    assert f"topics: removed {other}\n" in one.reload()
    traffic.produce(kafka, other, 100, start=100)
    one.more(100)
    assert set(ledger.watermarks(other).values()) == {100}
    one.write(topics=both)
    one.reload()
    ledger.wait(other, 200, what=one.process.err[-2000:])
    ledger.check(other, 200)
    one.end()


def test_sighups_collapse(running):
    """R4: a storm of signals is answered by few reloads, one after the other, and the last change is live."""
    one = running()
    for number in range(200):
        if number == 199:
            one.edit("[ DIR (OUT|IN)]", "[ DIR OUT]")
        one.process.signal(signal.SIGHUP)
    one.process.wait_for_err(r"reload: scripts: changed nfware")
    one.more(100)
    assert one.process.err.count("reload: generation") < 100
    one.end()


def test_nobody_answers(run_natmill, tmp_path):
    (tmp_path / "natmill.yaml").write_text("kafka: { brokers: localhost:1 }\n", encoding="utf-8")
    done = run_natmill("reload")
    assert done.returncode == 3 and done.stdout == "" and "natmill: " in done.stderr


def test_forms_of_the_answer(running, run_natmill, natmill, tmp_path):
    """For a person, in colours; as JSON; the exit status is the same."""
    one = running()
    told = json.loads(run_natmill("reload", "--json").stdout)
    assert (told["outcome"], told["generation"], told["live"], told["pending"]) == ("done", 2, 1, 0)
    assert told["lines"][0] == "nothing has changed"
    main, side = pty.openpty()
    subprocess.run([natmill, "reload"], cwd=tmp_path, stdout=side, check=True, timeout=20)
    os.close(side)
    shown = os.read(main, 65536).decode()
    os.close(main)
    assert "\x1b[32mgeneration 3 in 1 of 1 workers" in shown and "worker 0" not in shown
    one.edit("KEEPALIVE {*}", "KEEPALIVE {")
    result = run_natmill("reload", "--json")
    assert result.returncode == 1 and json.loads(result.stdout)["outcome"] == "refused"
    one.end()


def test_usage(run_natmill):
    assert run_natmill("reload", "-c").returncode == 2
    assert run_natmill("reload", "now").returncode == 2
    assert run_natmill("reload", "--help").returncode == 0
