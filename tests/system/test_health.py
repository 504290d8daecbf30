# SPDX-License-Identifier: Apache-2.0
"""natmill health: the exit status tells a container's health check how the running natmill is."""

from frozen_thread import frozen
from kafka_server import free_ports
from waiting import wait_until


def test_well_and_ready(kafka, topic, configure, start_natmill, run_natmill):
    process = start_natmill(configure(kafka, topic))
    process.wait_for_err("local socket: ")
    done = run_natmill("health")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok\n", "")
    wait_until(lambda: run_natmill("health", "--ready").stdout == "ready\n", 30, lambda: process.err)
    assert run_natmill("health", "-c", "natmill.yaml", "--ready").returncode == 0
    assert process.terminate() == 0
    done = run_natmill("health")
    assert done.returncode == 3 and done.stdout == "" and "no natmill runs with this configuration" in done.stderr


def test_a_loop_that_stands_still(kafka, topic, configure, start_natmill, run_natmill):
    process = start_natmill(configure(kafka, topic, kafka={"stall_alarm": "2s"}, workers=2))
    process.wait_for_err("local socket: ")
    process.wait_for_err("Kafka: assigned")
    with frozen(process.pid, "worker-1"):
        done = wait_until(lambda: (d := run_natmill("health")).returncode and d, 20, lambda: process.err)
        assert done.returncode == 1 and done.stdout.startswith("worker 1 stands still for "), done
    wait_until(lambda: run_natmill("health").returncode == 0, 20, lambda: process.err)


def test_not_ready_is_not_unwell(kafka, topic, configure, start_natmill, run_natmill):
    away = [{"type": "postgresql", "url": f"postgresql://nobody@127.0.0.1:{free_ports(1)[0]}/none"}]
    process = start_natmill(configure(kafka, topic, outputs=away))
    process.wait_for_err("warn output postgresql: .*tried again")
    done = wait_until(lambda: "output postgresql" in (d := run_natmill("health", "--ready")).stdout and d, 30)
    assert done.returncode == 1 and done.stderr == ""
    assert run_natmill("health").returncode == 0


def test_nobody_to_ask(kafka, topic, configure, start_natmill, run_natmill):
    process = start_natmill(configure(kafka, topic, control={"socket": "off"}))
    process.http_at()
    done = run_natmill("health")
    assert done.returncode == 3 and "control.socket: off" in done.stderr
    assert run_natmill("health", "--well").returncode == 2
