# SPDX-License-Identifier: Apache-2.0
"""natmill tap: messages as they pass, over a reload and a restart, for people and as JSON; and a tap whose reader
stands still holds nobody up."""

import json
import os
import pty
import signal
import subprocess

import pytest

from waiting import die_with_parent, wait_until

DEVICE = "192.0.2.77"
GOOD = "A VRF 0 6 INT 10.0.0.{n}:1024 EXT 100.64.0.1:1 DST 185.165.123.206:443 DIR OUT"


def envelope(message, device=DEVICE):
    return json.dumps({"timestamp": "2026-01-01T00:00:00Z", "ip": device, "message": message})


def good(n):
    return envelope(GOOD.format(n=n))


BAD = envelope("A VRF 0 6 INT 10.0.0.1:1024 XEXT 100.64.0.1:1 DST 185.165.123.206:443 DIR OUT", "192.0.2.78")


class Tap:
    """A running `natmill tap` whose output goes to files."""

    def __init__(self, program, folder, *arguments, **options):
        number = len(list(folder.glob("tap-*.out")))
        self.out_path, self.err_path = folder / f"tap-{number}.out", folder / f"tap-{number}.err"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen([program, "tap", *arguments], cwd=folder, stdin=subprocess.DEVNULL,
                                            preexec_fn=die_with_parent, stderr=err, **{"stdout": out, **options})
        self.tapping()

    def tapping(self, times=1):
        wait_until(lambda: self.err.count("natmill: tapping") == times, 20, lambda: self.err)

    @property
    def err(self):
        return self.err_path.read_text()

    @property
    def lines(self):
        return [json.loads(line) for line in self.out_path.read_text().splitlines(keepends=True) if line[-1] == "\n"]

    def close(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def tap(natmill, tmp_path):
    taps = []

    def start(*arguments, **options):
        taps.append(Tap(natmill, tmp_path, *arguments, **options))
        return taps[-1]

    yield start
    for one in taps:
        one.close()


@pytest.fixture
def send(kafka, topic):
    def produce(*values):
        kafka.produce(topic, values, partition=2, enable_idempotence=True)

    return produce


@pytest.fixture
def running(kafka, topic, configure, start_natmill, send, ledger):
    """running(): natmill runs and has read a first message; again: with the same configuration."""

    def start():
        process = start_natmill(configure(kafka, topic))
        before = ledger.progress(topic)
        send(good(0))
        wait_until(lambda: ledger.progress(topic) == before + 1, 30, lambda: process.err[-2000:])
        return process

    return start


def test_json_over_reload_and_restart(running, send, tap, topic):
    process = running()
    one = tap("--json", "--vendor", "nfware")
    send(good(1), BAD)
    wait_until(lambda: len(one.lines) == 2, 20, lambda: one.err)
    event, dead = one.lines
    assert (event["line"], event["topic"], event["partition"], event["offset"]) == (1, topic, 2, 1)
    assert event["vendor"] == dead["vendor"] == "nfware" and event["value"] == good(1)
    assert event["verdict"] == "events" and event["events"][0]["src_ip"] == "10.0.0.1"
    assert dead["verdict"] == "dead" and dead["column"] == 29 and "XEXT" in dead["reason"] and dead["value"] == BAD

    process.signal(signal.SIGHUP)
    process.wait_for_err("SIGHUP|reload|generation")
    send(good(2))
    wait_until(lambda: len(one.lines) == 3, 20, lambda: one.err)

    assert process.terminate() == 0
    wait_until(lambda: "waiting for natmill" in one.err, 20)
    running()
    one.tapping(times=2)
    send(good(3))
    wait_until(lambda: one.lines[-1]["value"] == good(3), 20, lambda: one.err)
    assert one.process.poll() is None


def test_filters_and_count(running, send, tap):
    running()
    dead = tap("--json", "--dead", "--count", "2")
    send(good(1), BAD, good(2), BAD, BAD)
    assert dead.process.wait(20) == 0
    assert [line["verdict"] for line in dead.lines] == ["dead", "dead"]
    device = tap("--json", "--device", "192.0.2.78", "--count", "1")
    send(good(3), BAD)
    assert device.process.wait(20) == 0 and [line["value"] for line in device.lines] == [BAD]
    other = tap("--json", "--topic", "other")
    send(good(4))
    nobody = tap("--json", "--vendor", "a10", "--count", "1")
    send(good(5))
    two = tap("--json", "--count", "1")
    send(good(6))
    assert two.process.wait(20) == 0
    assert other.lines == nobody.lines == []


def test_a_terminal_sees_it_as_try_shows_it(running, send, tap):
    running()
    main, side = pty.openpty()
    one = tap("--count", "2", stdout=side)
    os.close(side)
    send(BAD)
    send(good(9))
    text = b""
    while text.count(b"\n") < 7:
        text += os.read(main, 65536)
    os.close(main)
    assert one.process.wait(20) == 0
    lines = text.decode().replace("\r", "").split("\n")
    assert "dead (nfware)" in lines[0] and "\x1b[31m" in lines[1] and "XEXT" in lines[1]
    assert lines[2].index("XEXT") == lines[3].replace("\x1b[31m", "").index("^")
    assert "events (nfware)" in lines[4] and lines[5] == "  " + GOOD.format(n=9)
    assert lines[6].startswith("  \x1b[1msession-mapping\x1b[0m timestamp=2026-01-01T00:00:00Z host=192.0.2.77 ")


def test_a_reader_that_stands_still_holds_nobody_up(running, send, tap, ledger, topic, kafka):
    """Nobody reads the pipe: the tap loses messages and tells so once it is read again; natmill goes on."""
    process = running()
    reading, writing = os.pipe()
    one = tap("--json", stdout=writing)
    os.close(writing)
    big = [envelope(GOOD.format(n=n) + " " + "x" * 3500) for n in range(20)]
    done = 1
    for _ in range(12):  # one batch and then the next: only so many of one batch are taken
        kafka.produce(topic, big, partition=2)
        done += len(big)
        wait_until(lambda: ledger.progress(topic) >= done, 30, lambda: process.err[-2000:], every=0.005)
    with open(reading, "rb") as pipe:
        os.set_blocking(reading, False)

        def lost():
            pipe.read()
            return "read too slowly" in one.err

        wait_until(lost, 20, lambda: one.err)
    assert process.terminate() == 0


def test_where_no_natmill_runs(run_natmill, tmp_path):
    (tmp_path / "natmill.yaml").write_text("{}", encoding="utf-8")
    result = run_natmill("tap")
    assert result.returncode == 3 and result.stdout == "" and "no natmill runs" in result.stderr
    assert run_natmill("tap", "--count", "0").returncode == run_natmill("tap", "--vendor").returncode == 2
