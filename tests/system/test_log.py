# SPDX-License-Identifier: Apache-2.0
"""The log of a running natmill: each line one line in either form, dead letters told with where they are from, and a
reader of standard error that stands still holds nothing up."""

import fcntl
import json
import os
import re
import signal
import subprocess

import pytest

from natmill_process import write_config
from waiting import die_with_parent, wait_until

HOSTILE = 'no line \x1b[2J\x9b2J \r\n" \\ {"a": 1} 2030-01-01T00:00:00.000Z error forged'
DEVICE = "192.0.2.77"
LINE = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (error|warn|info|debug) [^\x00-\x1f\x7f-\x9f]+$")


def envelope(message):
    return json.dumps({"timestamp": "2026-01-01T00:00:00Z", "host": DEVICE, "message": message})


def check_plain(text):
    lines = text.split("\n")
    assert lines.pop() == ""
    assert [line for line in lines if not LINE.match(line)] == []
    return lines


def check_json(text):
    lines = text.split("\n")
    assert lines.pop() == ""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)
    records = [json.loads(line) for line in lines]
    assert all(set(one) == {"time", "level", "message", "held_back"} for one in records)
    return records


@pytest.mark.parametrize("form", ["plain", "json"])
def test_hostile_messages_stay_one_line(kafka, topic, configure, start_natmill, ledger, form):
    """Many more than the log takes of one site: what it held back is told, though the site falls silent."""
    count = 200
    process = start_natmill(configure(kafka, topic, log={"format": form, "level": "debug"}))
    kafka.produce(topic, [envelope(HOSTILE)] * count, partition=1)
    wait_until(lambda: ledger.progress(topic) == count, 30, lambda: process.err)
    process.wait_for_err(r"more like the last: dead letter")
    assert process.terminate() == 0
    if form == "plain":
        told = [line for line in check_plain(process.err) if "dead letter: " in line]
        held = sum(int(n) for line in told for n in re.findall(r"\((\d+) like it held back\)$", line))
    else:
        lines = [one for one in check_json(process.err) if "dead letter: " in one["message"]]
        told, held = [one["message"] for one in lines], sum(one["held_back"] for one in lines)
    own = [line for line in told if "more like the last: " not in line]
    assert len(own) + held == count
    for number, line in enumerate(own[:5]):
        assert f"dead letter: topic {topic} partition 1 offset {number} from {DEVICE} record 0: nfware: " in line


def test_end_by_a_fault_is_a_log_line(kafka, topic, configure, start_natmill):
    config = configure(kafka, topic, log={"format": "json"})
    config["kafka"].update(brokers="127.0.0.1:1", connect_timeout="200ms")
    process = start_natmill(config)
    assert process.wait() == 3
    last = check_json(process.err)[-1]
    assert last["level"] == "error" and "no broker of 127.0.0.1:1" in last["message"]


def test_a_full_pipe_holds_nothing_up(kafka, topic, configure, natmill, ledger, tmp_path):
    """Nobody reads standard error: all is delivered, a stop is a stop, and what was lost is told when there is room."""
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writing, b"x" * 4096)
    path = write_config(tmp_path, configure(kafka, topic, log={"level": "debug"}))
    process = subprocess.Popen([natmill, "run", "-c", path], cwd=tmp_path, stderr=writing, preexec_fn=die_with_parent)
    try:
        kafka.produce(topic, [envelope(HOSTILE)] * 1000, partition=1)
        wait_until(lambda: ledger.progress(topic) == 1000, 30, "all is delivered")
        assert not fcntl.fcntl(writing, fcntl.F_GETFL) & os.O_NONBLOCK
        os.set_blocking(reading, False)
        os.read(reading, 4096)
        seen = b""

        def told():
            nonlocal seen
            try:
                seen += os.read(reading, 65536)
            except BlockingIOError:
                pass
            return re.search(rb"warn (\d+) log lines are lost: ", seen)

        assert int(wait_until(told, 30, "the lost lines are told").group(1)) > 5
        os.set_blocking(writing, False)
        while True:
            try:
                os.write(writing, b"x")
            except BlockingIOError:
                break
        os.set_blocking(writing, True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0
    finally:
        process.kill()
        process.wait()
        os.close(reading)
        os.close(writing)
