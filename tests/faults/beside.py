# SPDX-License-Identifier: Apache-2.0
"""What happens to any server whose output stands beside PostgreSQL's in the same natmill: killed and started again,
frozen, refusing. The campaigns of the outputs say which server, and what its copies must be."""

import time

import killing
from proxy import Proxy
from waiting import wait_until

POLL_MS = 3000  # max.poll.interval.ms of natmill while a server is slow or frozen


class Pieces:
    """What a client sends, as it comes: the protocol of a proxy that looks into nothing."""

    def feed(self, data):
        yield b"", data, data


def in_log(rig, pattern):
    """natmill says so once more."""
    before = rig.logged(pattern)
    wait_until(lambda: rig.logged(pattern) > before, 30, lambda: f"/{pattern}/ in the log\n{rig.tail()}")


def stands_still(rig, seconds=0.5):
    """Nobody goes by an output that is not served."""
    stands = rig.progress()
    time.sleep(seconds)
    assert rig.progress() == stands, "went on though the server refuses"


def restarts(rig, server, times):
    """The server is killed and started again under load, and natmill with it every other time."""
    rig.watch()
    process = rig.start()
    with rig.load():
        for number in range(times):
            rig.advance(500)
            server.stop()
            if number % 2:
                process.kill()
            time.sleep(rig.dice.random())
            server.start()
            if number % 2:
                process = rig.start()
        rig.advance(500)


def frozen(rig, server, pattern, times):
    """The server is frozen for longer than the output waits, as the pattern tells, and than max.poll.interval.ms."""
    rig.properties["max.poll.interval.ms"] = POLL_MS
    rig.watch()
    rig.start()
    with rig.load():
        for _ in range(times):
            rig.advance(500)
            before = rig.logged(r"Kafka: assigned")
            server.freeze()
            in_log(rig, pattern)
            time.sleep(POLL_MS / 1000)
            server.freeze(False)
            rig.advance(500)
    assert rig.logged(r"Kafka: assigned") == before, f"thrown out of the group:\n{rig.tail(30)}"


def slow(rig, proxy):
    """Each answer takes so long that a batch is slower than max.poll.interval.ms, yet in time for the output, which has
    been told a longer one."""
    rig.properties["max.poll.interval.ms"] = POLL_MS
    rig.batch = {"messages": 2000, "wait": "500ms"}
    rig.others[0]["timeout"] = "30s"
    rig.watch()
    rig.start()
    with rig.load(1000):
        rig.advance(500)
        before = rig.logged(r"Kafka: assigned")
        proxy.delay["down"] = POLL_MS / 1000 * 1.1
        for _ in range(2):
            rig.advance(1, 120)
        proxy.delay["down"] = 0
        rig.advance(500, 60)
    assert rig.logged(r"Kafka: assigned") == before, f"thrown out of the group:\n{rig.tail(30)}"
    assert rig.logged(r"output \w+: .*tried again") == 0, f"late answers were not waited for:\n{rig.tail(30)}"


def kills(rig, count, name, chosen, proxy):
    """kill -9 of natmill at random moments, and before and after a chosen piece reaches the server. The verdict over
    PostgreSQL."""
    points = ((f"before {name}", chosen, True), (f"after {name}", chosen, False))
    return killing.kill_again_and_again(rig, count, 1, points, proxy).split(";")[0]


def proxy_of(server):
    return Proxy(server.port, Pieces)
