# SPDX-License-Identifier: Apache-2.0
"""natmill top on a real terminal (a pty): what it shows, over a reload and a restart, in any size, and that the
terminal is given back as it was."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

import traffic
from waiting import die_with_parent, wait_until

BAD = json.dumps({"timestamp": "2026-01-01T00:00:00Z", "ip": "192.0.2.78", "message": "A VRF 0 6 INT what"})


class Top:
    """A running `natmill top` and its terminal."""

    def __init__(self, program, folder, rows=40, columns=120):
        self.main, self.side = pty.openpty()
        self.resize(rows, columns)
        self.settings = termios.tcgetattr(self.side)
        self.seen = b""
        self.process = subprocess.Popen([program, "top"], cwd=folder, stdin=self.side, stdout=self.side,
                                        stderr=subprocess.PIPE, preexec_fn=die_with_parent,
                                        env={**os.environ, "TERM": "xterm"})

    def resize(self, rows, columns):
        fcntl.ioctl(self.main, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, timeout=0.1):
        while select.select([self.main], [], [], timeout)[0]:
            self.seen += os.read(self.main, 65536)
            timeout = 0

    def frame(self):
        """The lines of the last whole frame."""
        self.read()
        frames = re.findall(rb"\x1b\[H(.*?)\x1b\[J", self.seen, re.DOTALL)
        text = re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", frames[-1]).decode() if frames else ""
        return text.replace("\r", "").split("\n")

    def shows(self, pattern, timeout=20):
        return wait_until(lambda: re.search(pattern, "\n".join(self.frame()), re.MULTILINE), timeout,
                          lambda: f"/{pattern}/ in:\n" + "\n".join(map(repr, self.frame())))

    def ended(self, status, timeout=10):
        assert self.process.wait(timeout) == status, self.process.stderr.read()
        self.read()
        assert self.seen.count(b"\x1b[?1049h") == self.seen.count(b"\x1b[?1049l") == 1
        assert self.seen.endswith(b"\x1b[?25h\x1b[?1049l")
        assert termios.tcgetattr(self.side) == self.settings

    def close(self):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.main)
        os.close(self.side)


@pytest.fixture
def top(natmill, tmp_path):
    tops = []

    def start(**size):
        tops.append(Top(natmill, tmp_path, **size))
        return tops[-1]

    yield start
    for one in tops:
        one.close()


@pytest.fixture
def running(kafka, topic, configure, start_natmill, ledger):
    def start():
        return start_natmill(configure(kafka, topic))

    return start


def settled(kafka, topic, ledger, process, count):
    traffic.produce(kafka, topic, count)
    wait_until(lambda: ledger.progress(topic) >= count * 4, 30, lambda: process.err[-2000:])


def test_reload_restart_and_quit(running, kafka, topic, ledger, top, group):
    process = running()
    settled(kafka, topic, ledger, process, 100)
    one = top()
    one.shows(rf"^natmill \S+  (ready|NOT READY)  generation \d+  up 0m\d\ds  group {group}$")
    one.shows(rf"^{topic} \[3\] +0 +0 +0 reading$")
    one.shows(r"^sqlite .* ok$")
    one.shows(r"^nfware ")
    one.shows(r"^0 +4 ")
    one.shows(r"memory \d+MB$")
    deadline = time.monotonic() + 30  # rates: while messages come
    while not re.search(r"messages (?!0/s|-/s)\S+/s  events (?!0/s|-/s)\S+/s", "\n".join(one.frame())):
        assert time.monotonic() < deadline, one.frame()
        kafka.produce(topic, [traffic.value(0, 0), BAD] * 50, partition=0)
    assert one.shows(r"dead letters (\d+)").group(1) != "0"

    process.signal(signal.SIGHUP)
    process.wait_for_err("SIGHUP|reload|generation")
    one.shows("^natmill ")
    assert process.terminate() == 0
    one.shows("^waiting for natmill: no natmill runs with this configuration")
    again = running()
    one.shows(r"\A(natmill .*)$")
    one.shows(rf"^{topic} \[3\] +0 ")
    os.write(one.main, b"q")
    one.ended(0)
    assert again.running()


def test_signals_give_the_terminal_back(running, kafka, topic, ledger, top):
    settled(kafka, topic, ledger, running(), 1)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        for action in (signal.SIG_DFL, signal.SIG_IGN):  # as inherited: a shell's background job ignores SIGINT
            before = signal.signal(number, action)
            one = top()
            signal.signal(number, before)
            one.shows("^natmill ")
            one.process.send_signal(number)
            one.ended(-number)


def test_somebody_else_changes_the_terminal(running, kafka, topic, ledger, top):
    """As `stty icanon` does. Ctrl-D reads as an end then, which it is not; the settings are given back all the same."""
    settled(kafka, topic, ledger, running(), 1)
    one = top()
    one.shows("^natmill ")
    changed = termios.tcgetattr(one.side)
    changed[3] |= termios.ICANON
    termios.tcsetattr(one.side, termios.TCSANOW, changed)
    os.write(one.main, b"\x04")
    wait_until(lambda: not select.select([one.side], [], [], 0)[0], 30, "it is read")
    os.write(one.main, b"q\n")
    one.ended(0)


def test_any_size(running, kafka, topic, ledger, top):
    process = running()
    settled(kafka, topic, ledger, process, 10)
    one = top(rows=24, columns=80)
    one.shows(r"^nfware ")
    for rows, columns in ((1, 1), (1, 20), (2, 30), (5, 10), (7, 40), (10, 60), (13, 33), (24, 500), (200, 80)):
        one.seen = b""
        one.resize(rows, columns)
        one.process.send_signal(signal.SIGWINCH)
        wait_until(lambda: len(one.frame()) > 1 or one.frame()[0], 10)
        lines = one.frame()
        assert len(lines) <= rows and max(map(len, lines)) <= columns, (rows, columns, lines)
        assert lines[0].startswith("natmill"[:columns])
    one.shows(r"^0 +4 ")
    one.seen = b""
    one.resize(9, 80)
    one.process.send_signal(signal.SIGWINCH)
    one.shows(r"partitions .*\(1 of 4\)|outputs ")


def test_frozen_natmill_does_not_freeze_top(running, kafka, topic, ledger, top):
    process = running()
    settled(kafka, topic, ledger, process, 10)
    one = top()
    one.shows(r"^nfware ")
    process.signal(signal.SIGSTOP)
    one.shows(r"^natmill has not answered for \d+ s")
    process.signal(signal.SIGCONT)
    one.shows(r"\Anatmill \d")
    process.signal(signal.SIGSTOP)
    one.shows(r"^natmill has not answered for \d+ s")
    os.write(one.main, b"q")
    one.process.wait(5)
    process.signal(signal.SIGCONT)


def test_commands_give_up_a_frozen_natmill(running, natmill, run_natmill, tmp_path):
    process = running()
    wait_until(lambda: run_natmill("top", "--once").returncode == 0, 30)
    process.signal(signal.SIGSTOP)
    asking = [subprocess.Popen([natmill, *words, "-c", "natmill.yaml"], cwd=tmp_path, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=die_with_parent)
              for words in (["top", "--once"], ["unmatched"], ["reload"], ["tap"])]
    try:
        for one in asking:
            out, err = one.communicate(timeout=25)
            assert (one.returncode, out) == (3, "") and "does not answer" in err, (one.args, err)
    finally:
        process.signal(signal.SIGCONT)
        for one in asking:
            one.kill()


def test_once(running, kafka, topic, ledger, run_natmill, tmp_path):
    (tmp_path / "natmill.yaml").write_text("{}", encoding="utf-8")
    nobody = run_natmill("top")
    assert nobody.returncode == 3 and nobody.stdout == "" and "no natmill runs" in nobody.stderr
    process = running()
    settled(kafka, topic, ledger, process, 100)
    for arguments in ((), ("--once",)):
        shown = run_natmill("top", *arguments)
        assert shown.returncode == 0 and "\x1b" not in shown.stdout
        lines = shown.stdout.splitlines()
        assert lines[0].startswith("natmill ") and lines[1].startswith("messages ")
        assert sum(line.startswith(f"{topic} [") for line in lines) == 4
        heads = [line.split()[0] for line, before in zip(lines[1:], lines) if before == ""]
        assert heads == ["outputs", "partitions", "vendors", "workers"]
    assert run_natmill("top", "--twice").returncode == 2
