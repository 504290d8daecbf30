# SPDX-License-Identifier: Apache-2.0
"""A consumer that stands still: fetches that nobody answers, a broker that is frozen, a worker whose thread is. The
watchdog tells, makes the consumer anew, and in the end ends the process."""

import ctypes
import os
import pathlib
import time

from confluent_kafka import Producer

import broker
import lines
from campaigns import campaign
from waiting import wait_until

FETCH = 1  # number of the API in Kafka's protocol
QUICK = {"stall_alarm": "1s", "stall_restart": "2s"}
ALARM = r"ALARM: topic \S+ partition \d+ stands at offset \d+ for \d+ s, there are newer messages"
ANEW = r"the consumer is made anew, positions are read anew"
PTRACE_ATTACH, PTRACE_DETACH = 16, 17
WALL = 0x40000000  # of waitpid: for threads too


def through_detour(rig, **stall):
    rig.brokers = f"127.0.0.1:{rig.world.detour.port}"
    rig.kafka_options = {**QUICK, **stall}


def made_anew(rig, process):
    """Fetches on the connections there are get no answer any more. Returns how long it took from the alarm until
    natmill went on with another consumer."""
    rig.advance(500)
    deaf = set(rig.world.detour.links)
    rig.world.detour.hook = lambda link, kind, body, raw: kind != FETCH or link not in deaf
    rig.await_log(process, ALARM, 10)
    start = time.monotonic()
    rig.await_log(process, ANEW, 10)
    rig.advance(1000, 15)
    return time.monotonic() - start


@campaign("fetch-stalls", "S1")
def fetch_stalls(rig):
    """fetches on the connections there are get no answer any more: alarm, the consumer is made anew, and on"""
    through_detour(rig, stall_exit="60s")
    rig.watch()
    process = rig.start()
    with rig.load():
        took = made_anew(rig, process)
        rig.await_log(process, r"the partitions move again", 10)
    assert process.running() and rig.logged(ALARM) == 1 and rig.logged(ANEW) == 1, rig.tail()
    return f"moves {took:.1f} s after the alarm; {rig.check()}"


@campaign("stalled-broker-restart", "S1 S4")
def stalled_broker_restart(rig):
    """the same, and the consumer made anew sees the broker die and come back"""
    through_detour(rig, stall_exit="60s")
    rig.watch()
    process = rig.start()
    with rig.load(1000):
        made_anew(rig, process)
        rig.all_advance()
        broker.restart(rig)
        assert process.running(), rig.tail()
        rig.all_advance()
    result = rig.check(90)
    assert process.running(), rig.tail()
    return result


@campaign("fetch-never-answered", "S1")
def fetch_never_answered(rig):
    """no fetch is answered on any connection: the process ends with code 3, and the next one goes on"""
    through_detour(rig, stall_exit="5s")
    rig.watch()
    process = rig.start()
    with rig.load():
        rig.advance(500)
        rig.world.detour.hook = lambda link, kind, body, raw: kind != FETCH
        status = process.wait(30)
        assert status == 3, f"ended with {status}: {process.err[-2000:]}"
        assert rig.logged(ALARM) == 1 and rig.logged(ANEW) == 1, process.err[-2000:]
        rig.world.detour.hook = None
        rig.start()
        rig.advance(1000)
    return rig.check()


@campaign("broker-frozen", "S1 S4")
def broker_frozen(rig):
    """the broker is stopped for longer than stall_exit: an alarm, but no end; it goes on when the broker does"""
    rig.kafka_options = {**QUICK, "stall_exit": "3s"}
    rig.watch()
    process = rig.start()
    with rig.load(1000):
        rig.advance(500)
        rig.kafka.pause()
        try:
            rig.await_log(process, r"ALARM: topic \S+ partition \d+ stands at", 20)
            rig.await_log(process, ANEW, 20)
            time.sleep(4)  # nothing to wait for: the test is that it does not end
        finally:
            rig.kafka.resume()
        rig.advance(1000, 60)
    assert process.running(), process.err[-2000:]
    return rig.check(90)


@campaign("no-false-alarm", "S1")
def no_false_alarm(rig):
    """what is no stall: idle partitions, an aborted transaction at a log's end, an open one, an output that is away"""
    # Longer than a loaded machine lets Kafka wait for its turn, shorter than nothing happens below.
    rig.kafka_options = {"stall_alarm": "2500ms", "stall_restart": "3s", "stall_exit": "4s"}
    rig.produced.make = lines.clean
    rig.batch = {"messages": 50, "wait": "20ms"}  # of one partition, so that the others wait for long
    process = rig.start()
    rig.produced.numbers(1000)
    rig.drained()
    producer = Producer({"bootstrap.servers": rig.kafka.bootstrap, "transactional.id": rig.group, "log_level": 0})
    producer.init_transactions(30)
    for end in (producer.abort_transaction, lambda _: None):
        producer.begin_transaction()
        for number in range(rig.partitions):
            producer.produce(rig.topic, b"never seen", partition=number)
        producer.flush(30)
        end(30)
        time.sleep(5)  # nothing to wait for: the test is that nothing happens
    producer.abort_transaction(30)
    rig.proxy.refuse()
    rig.produced.numbers(12000)
    time.sleep(5)
    rig.proxy.refuse(False)
    result = rig.check()
    assert process.running() and rig.logged(r"stands at|made anew") == 0, process.err[-2000:]
    return result


class Frozen:
    """`with Frozen(process, name)`: a thread of it stands still, the others go on."""

    def __init__(self, process, name):
        tasks = pathlib.Path(f"/proc/{process.pid}/task").iterdir()
        self.thread = next(int(task.name) for task in tasks if (task / "comm").read_text().strip() == name)
        self.libc = ctypes.CDLL(None, use_errno=True)

    def __enter__(self):
        status = self.libc.ptrace(PTRACE_ATTACH, self.thread, None, None)
        assert status == 0, f"ptrace is not allowed here: error {ctypes.get_errno()}"
        os.waitpid(self.thread, WALL)
        return self

    def ended(self):
        """Whether the process has; its end waits for this question."""
        try:
            seen, status = os.waitpid(self.thread, WALL | os.WNOHANG)
        except ChildProcessError:
            return True
        return seen != 0 and (os.WIFEXITED(status) or os.WIFSIGNALED(status))

    def __exit__(self, *_):
        self.libc.ptrace(PTRACE_DETACH, self.thread, None, None)  # in vain when it has ended


@campaign("worker-frozen", "S1")
def worker_frozen(rig):
    """a worker's thread does not come back from a call: alarm, the process ends with code 3, the next one goes on"""
    rig.kafka_options = {**QUICK, "stall_exit": "4s"}
    rig.watch()
    process = rig.start()
    with rig.load():
        rig.advance(500)
        with Frozen(process, "worker-0") as frozen:
            wait_until(frozen.ended, 20, lambda: process.err[-2000:])
        assert rig.logged(r"ALARM: worker 0 stands still") == 1, process.err[-2000:]
        assert process.wait() == 3, process.err[-2000:]
        rig.start()
        rig.advance(1000)
    return rig.check()
