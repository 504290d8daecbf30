# SPDX-License-Identifier: Apache-2.0
"""What happens to the output redis: its server killed, frozen, full, with a password all of a sudden, the connection
cut in the middle of an answer. It stands before PostgreSQL in the same natmill, so that one oracle sees that
neither loses and PostgreSQL has nothing twice."""

import contextlib

import beside
import json_oracle
from beside import frozen, in_log, proxy_of, restarts, slow, stands_still
from campaigns import campaign
from server_redis import RedisServer
from waiting import wait_until

PASSWORD = "open sesame"
CUTS = 15


@contextlib.contextmanager
def running(rig):
    """A Redis behind a proxy, and the output for it; checks itself at the end."""
    server = RedisServer().start()
    proxy = proxy_of(server)
    rig.others = [{"type": "redis", "address": f"127.0.0.1:{proxy.port}", "key_field": "identity", "timeout": "1s",
                   "connect_timeout": "1s"}]
    try:
        yield server, proxy
    finally:
        proxy.close()
        server.close()


def check(rig, server):
    """The verdict over both databases."""
    told = rig.check()
    copies = ((json_oracle.read_identity(key, rig.topic), value) for key, value in server.pairs())
    events, _ = json_oracle.check(rig.produced.values, copies)
    return f"{told}; {events} events in Redis, 0 lost"


@campaign("redis-restart", "O1 S3 P4")
def redis_restart(rig, times=4):
    """Redis is killed and started again under load, and natmill with it now and then"""
    with running(rig) as (server, _):
        restarts(rig, server, times)
        return check(rig, server)


def is_set(_, body):
    return b"SET" in body


@campaign("redis-kills", "O1 O7 O8")
def redis_kills(rig, count=20):
    """kill -9 of natmill at random moments, and before and after a piece of its pipeline reaches Redis"""
    with running(rig) as (server, proxy):
        return f"{beside.kills(rig, count, 'SET', is_set, proxy)}; {check(rig, server)}"


@campaign("redis-frozen", "S3 S5")
def redis_frozen(rig, times=2):
    """Redis is frozen for longer than the output waits, and for longer than max.poll.interval.ms"""
    with running(rig) as (server, _):
        frozen(rig, server, r"output redis.*no answer in time", times)
        return check(rig, server)


@campaign("redis-slow", "S5")
def redis_slow(rig):
    """each answer of Redis takes longer than max.poll.interval.ms"""
    with running(rig) as (server, proxy):
        slow(rig, proxy)
        return check(rig, server)


class Cutter:
    """At the next piece that a client sends: the server takes it, and the client gets a part of the answer."""

    def __init__(self, rig, proxy):
        self.dice = rig.dice
        self.left = 0
        proxy.hook = self.hook

    def hook(self, link, kind, body, raw):
        if self.left == 0 or b"SET" not in raw:
            return True
        self.left -= 1
        link.drop_answer()
        link.send(raw)
        wait_until(lambda: link.answer, 20, "an answer", every=0.001)
        part = link.answer[:self.dice.randrange(len(link.answer))]
        link.client.sendall(part)
        link.cut()
        return False


@campaign("redis-cut", "O1 P7")
def redis_cut(rig, times=CUTS):
    """the connection to Redis is cut in the middle of an answer, and the server has taken everything"""
    with running(rig) as (server, proxy):
        rig.watch()
        rig.start()
        cutter = Cutter(rig, proxy)
        with rig.load():
            rig.advance(500)
            for _ in range(times):
                cutter.left = 1
                wait_until(lambda: cutter.left == 0, 20, lambda: f"a cut\n{rig.tail()}", every=0.002)
                rig.advance(100)
        return check(rig, server)


@campaign("redis-full", "O2 O9")
def redis_full(rig):
    """Redis is at its maxmemory and refuses; with room again nothing is lost"""
    with running(rig) as (server, _):
        rig.watch()
        rig.start()
        with rig.load():
            rig.advance(500)
            server.client().config_set("maxmemory", "1")
            in_log(rig, r"ALARM: output redis.*OOM")
            stands_still(rig)
            server.client().config_set("maxmemory", "0")
            rig.advance(1000)
        return check(rig, server)


@campaign("redis-password", "O2")
def redis_password(rig):
    """Redis asks for a password all of a sudden: an alarm, nothing goes by; without it again nothing is lost"""
    with running(rig) as (server, _):
        rig.watch()
        rig.start()
        with rig.load():
            rig.advance(500)
            client = server.client()
            client.config_set("requirepass", PASSWORD)
            client.client_kill_filter(_type="normal", skipme=True)
            in_log(rig, r"ALARM: output redis.*NOAUTH")
            stands_still(rig)
            server.client(password=PASSWORD).config_set("requirepass", "")
            rig.advance(1000)
        return check(rig, server)
