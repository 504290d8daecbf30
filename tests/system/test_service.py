# SPDX-License-Identifier: Apache-2.0
"""natmill under a service manager: what it tells when, and that its watchdog sees what hangs and nothing else."""

import os
import pathlib
import signal
import time
import uuid

import confluent_kafka
import pytest

import traffic
from frozen_thread import frozen
from kafka_server import free_ports
from notify_socket import NotifySocket
from waiting import wait_until

WATCHDOG_S = 4  # natmill tells each second


@pytest.fixture
def manager(tmp_path):
    socket = NotifySocket(tmp_path / "notify")
    yield socket
    socket.close()


@pytest.fixture
def start(start_natmill, manager):
    """start(config): under the manager, with a watchdog."""
    return lambda config, **env: start_natmill(config, env={**manager.environment(WATCHDOG_S), **env})


def fed(manager, since, until):
    """The longest time without a beat between the two."""
    times = [since, *(when for when in manager.times("WATCHDOG") if since < when < until), until]
    return max(after - before for before, after in zip(times, times[1:]))


def test_ready_status_stopping(kafka, topic, configure, start, ledger, manager):
    traffic.produce(kafka, topic, 100)
    process = start(configure(kafka, topic, workers=2, shutdown="7s"))
    manager.wait_for("READY", "1")
    ledger.wait(topic, 100)
    manager.wait_for("STATUS", "ready; 2 workers read 4 partitions; 400 messages settled, ")
    assert process.terminate() == 0
    assert manager.values("STOPPING") == ["1"]
    assert 7e6 < int(manager.values("EXTEND_TIMEOUT_USEC")[0]) < 40e6
    assert manager.values("READY") == ["1"]


def test_ready_and_fed_while_the_database_is_away(kafka, topic, configure, start, manager):
    traffic.produce(kafka, topic, 100)
    away = [{"type": "postgresql", "url": f"postgresql://nobody@127.0.0.1:{free_ports(1)[0]}/none"}]
    process = start(configure(kafka, topic, kafka={"stall_alarm": "1s"}, outputs=away))
    manager.wait_for("READY", "1")
    process.wait_for_err(r"warn output postgresql: .*tried again")
    since = time.monotonic()
    manager.wait_for("STATUS", "NOT READY: output postgresql of worker 0: postgresql ")
    manager.wait_for("WATCHDOG", "1", count=len(manager.values("WATCHDOG")) + WATCHDOG_S + 1)
    assert fed(manager, since, time.monotonic()) < WATCHDOG_S / 2
    assert process.terminate() == 0


def test_not_ready_before_the_group_is_joined(kafka, topic, configure, start, ledger, manager):
    """Another member has been asked to let go and does not answer: until it has, nobody is in."""
    config = configure(kafka, topic)
    assigned = []
    slow = confluent_kafka.Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": config["kafka"]["group"],
                                     "session.timeout.ms": 6000, "max.poll.interval.ms": 60000})
    try:
        slow.subscribe([topic], on_assign=lambda *_: assigned.append(True))
        while not assigned:
            slow.poll(0.1)
        start(config)
        manager.wait_for("STATUS", "waits for its group: 0 of 1 workers have joined")
        manager.wait_for("WATCHDOG", "1", count=3)
        assert manager.values("READY") == []
    finally:
        slow.close()
    manager.wait_for("READY", "1")


def test_watchdog_ends_while_a_loop_hangs(kafka, topic, configure, start, ledger, manager):
    process = start(configure(kafka, topic, workers=2))
    manager.wait_for("READY", "1")
    with frozen(process.pid, "worker-1"):
        since = time.monotonic()
        time.sleep(WATCHDOG_S)  # nothing to wait for: the test is that nothing comes
        assert fed(manager, since + 1.5, time.monotonic()) > WATCHDOG_S - 2
    before = len(manager.times("WATCHDOG"))
    manager.wait_for("WATCHDOG", "1", count=before + 2)
    assert process.running()


def test_watchdog_of_another_process(kafka, topic, configure, start, manager):
    process = start(configure(kafka, topic), WATCHDOG_PID=str(os.getpid()))
    manager.wait_for("READY", "1")
    assert process.terminate() == 0
    assert manager.values("WATCHDOG") == []


def test_abstract_address(kafka, topic, configure, start_natmill):
    manager = NotifySocket(f"@natmill-{uuid.uuid4().hex}")
    process = start_natmill(configure(kafka, topic), env=manager.environment())
    manager.wait_for("READY", "1")
    assert process.terminate() == 0
    assert manager.values("WATCHDOG") == []  # not asked for
    manager.close()


def test_address_that_is_none(kafka, topic, configure, start_natmill):
    process = start_natmill(configure(kafka, topic), env={"NOTIFY_SOCKET": "vsock:2:9999"})
    process.wait_for_err(r"warn NOTIFY_SOCKET=vsock:2:9999 is neither")
    assert process.terminate() == 0


def holds(pid, number):
    """Whether the process blocks the signal (proc(5))."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    blocked = int(next(line for line in status.splitlines() if line.startswith("SigBlk:")).split()[1], 16)
    return bool(blocked >> number - 1 & 1)


def test_a_stop_while_the_configuration_is_read(kafka, topic, configure, start_natmill, tmp_path):
    """Else they would end it in the midst of its start, or be lost on process 1 of a container."""
    config = configure(kafka, topic)
    for number in range(5):  # about a second in all
        (tmp_path / "vendors" / f"busy{number}.lua").write_text(
            "local n = 0 for i = 1, 2000000 do n = n + i % 7 end\n"
            f'local v = vendor "busy{number}"\nv:topics "busy"\nv:ignore "{{*}}"\nreturn v\n', encoding="ascii")
    process = start_natmill(config)
    wait_until(lambda: holds(process.pid, signal.SIGHUP) and holds(process.pid, signal.SIGTERM), 30, "it holds signals")
    process.signal(signal.SIGTERM)
    assert " workers, group " not in process.err  # it has not come so far yet
    assert process.wait(120) == 0
    assert "Terminated: the batch under way is delivered" in process.err
