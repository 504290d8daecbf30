# SPDX-License-Identifier: Apache-2.0
"""What happens to the output amqp: its broker killed, stopped in good order, short of memory, without its exchange,
the connection cut. As with Redis it stands before PostgreSQL in the same natmill."""

import contextlib
import signal
import time

import beside
import json_oracle
from beside import in_log, proxy_of, slow, stands_still
from campaigns import campaign
from server_rabbitmq import RabbitServer
from waiting import wait_until

CUTS = 15
RATE = 1000  # messages a second


@contextlib.contextmanager
def running(rig):
    """A RabbitMQ behind a proxy, and the output for it."""
    server = RabbitServer().start()
    server.declare()
    proxy = proxy_of(server)
    rig.others = [{"type": "amqp", "address": f"127.0.0.1:{proxy.port}", "timeout": "2s", "connect_timeout": "2s"}]
    try:
        yield server, proxy
    finally:
        proxy.close()
        server.close()


def check(rig, server):
    """The verdict over both."""
    told = rig.check(90)
    copies = ((json_oracle.read_identity(name, rig.topic), body) for name, body in server.take())
    events, again = json_oracle.check(rig.produced.values, copies)
    return f"{told}; {events} events in RabbitMQ, 0 lost, {again} more than once"


@campaign("amqp-restart", "O1 S3 P4")
def amqp_restart(rig, times=2):
    """RabbitMQ is killed, and stopped in good order, and started again, under load"""
    with running(rig) as (server, _):
        rig.watch()
        rig.start()
        with rig.load(RATE):
            for number in range(times):
                rig.advance(500)
                server.stop(signal.SIGTERM if number % 2 else signal.SIGKILL)
                time.sleep(rig.dice.random())
                server.start()
            rig.advance(500, 60)
        return check(rig, server)


def is_message(_, body):
    return b"cgnat.events." in body


@campaign("amqp-kills", "O1 O7 O8")
def amqp_kills(rig, count=20):
    """kill -9 of natmill at random moments, and before and after messages reach RabbitMQ"""
    with running(rig) as (server, proxy):
        return f"{beside.kills(rig, count, 'a message', is_message, proxy)}; {check(rig, server)}"


@campaign("amqp-memory", "O2 S3 S5")
def amqp_memory(rig):
    """RabbitMQ is short of memory and blocks its publishers for longer than max.poll.interval.ms: an alarm, and on"""
    rig.properties["max.poll.interval.ms"] = 3000
    with running(rig) as (server, _):
        rig.watch()
        rig.start()
        with rig.load(RATE):
            rig.advance(500)
            before = rig.logged(r"Kafka: assigned")
            server.ctl("set_vm_memory_high_watermark", "0")
            in_log(rig, r"ALARM: output amqp.*the broker takes nothing")
            stands_still(rig, 4)
            server.ctl("set_vm_memory_high_watermark", "0.6")
            rig.advance(1000, 60)
        assert rig.logged(r"Kafka: assigned") == before, f"thrown out of the group:\n{rig.tail(30)}"
        return check(rig, server)


@campaign("amqp-slow", "S5")
def amqp_slow(rig):
    """each confirm of RabbitMQ takes longer than max.poll.interval.ms"""
    with running(rig) as (server, proxy):
        slow(rig, proxy)
        return check(rig, server)


@campaign("amqp-exchange-deleted", "O2 P9")
def amqp_exchange_deleted(rig):
    """the exchange is deleted under load: natmill makes a new one, to which no queue is bound; nothing is lost"""
    with running(rig) as (server, _):
        rig.watch()
        rig.start()
        with rig.load(RATE):
            rig.advance(500)
            server.delete_exchange()
            in_log(rig, r"ALARM: output amqp.*(no exchange|NO_ROUTE)")
            wait_until(lambda: rig.logged("NO_ROUTE") > 0, 30, lambda: f"no route\n{rig.tail()}")
            stands_still(rig, 1)
            server.declare()
            rig.advance(1000, 60)
        return check(rig, server)


@campaign("amqp-cut", "O1 P7")
def amqp_cut(rig, times=CUTS):
    """the connection to RabbitMQ is cut at random moments, with messages and confirms under way"""
    with running(rig) as (server, proxy):
        rig.watch()
        rig.start()
        with rig.load(RATE):
            rig.advance(500)
            for _ in range(times):
                rig.advance(1)
                time.sleep(rig.dice.random() * 0.2)
                proxy.cut()
            rig.advance(500)
        return check(rig, server)
