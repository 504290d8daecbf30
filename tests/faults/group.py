# SPDX-License-Identifier: Apache-2.0
"""The consumer group: processes that come and go, and processes that stand still and wake up when others have their
work."""

import signal
import time

import lines
from campaigns import campaign
from proxy import is_commit
from rig import BOUND_MS
from waiting import wait_until

SESSION_MS = 1000
GRACE = 4.0  # seconds on a loaded machine, beside what is promised


def scale(rig, strategy):
    """1 -> 2 -> 3 -> 1 processes"""
    rig.strategy = strategy
    rig.watch()
    first = rig.start()
    with rig.load():
        rig.advance(500)
        second = rig.start()
        rig.await_log(second, r"assigned [1-3] partitions")
        rig.advance(1000)
        third = rig.start()
        rig.await_log(third, r"assigned [12] partitions")
        rig.advance(1000)
        assert first.terminate() == 0
        rig.advance(1000)
        assert third.terminate() == 0
        rig.advance(2000)
    result = rig.check()
    assert second.terminate() == 0
    assert rig.logged("ALARM") == 0, rig.tail()
    return result


@campaign("scale-roundrobin", "O3 O4 O6 S6")
def scale_roundrobin(rig):
    """1 -> 2 -> 3 -> 1 processes, every partition has an owner and moves"""
    return scale(rig, "roundrobin")


@campaign("scale-range", "O3 O4 O5 O6 S6")
def scale_range(rig):
    """the same, partitions divided by range"""
    return scale(rig, "range")


@campaign("scale-cooperative", "O3 O4 O5 O6 S6")
def scale_cooperative(rig):
    """the same, cooperative-sticky"""
    return scale(rig, "cooperative-sticky")


@campaign("scale-while-away", "O5 S3 S6")
def scale_while_away(rig):
    """a second process comes while the database is away: the group does not wait for an output"""
    rig.session(6000)
    rig.watch()
    rig.start()
    with rig.load():
        rig.advance(500)
        rig.proxy.refuse()
        time.sleep(1.5)  # a batch is under way, and the back-off long
        start = time.monotonic()
        second = rig.start()
        rig.await_log(second, r"assigned 2 partitions", 20)
        took = time.monotonic() - start
        rig.proxy.refuse(False)
        rig.advance(2000)
    assert took < GRACE, f"the group waited {took:.1f} s"
    return f"shared after {took:.1f} s; {rig.check()}"


@campaign("stop-past-session", "S2 O4 O6")
def stop_past_session(rig):
    """a process stopped for longer than its session wakes up when others have its partitions"""
    rig.session(SESSION_MS)
    rig.watch()
    zombie = rig.start()
    with rig.load():
        rig.advance(500)
        heir = rig.start()
        rig.await_log(heir, r"assigned 2 partitions")
        for _ in range(3):
            rig.advance(500)
            time.sleep(rig.dice.random() * 0.2)
            zombie.signal(signal.SIGSTOP)
            time.sleep(SESSION_MS / 1000 + rig.dice.random())
            rig.advance(500, timeout=SESSION_MS / 1000 + BOUND_MS / 1000 + GRACE)
            zombie.signal(signal.SIGCONT)
            rig.advance(500)
    return rig.check()


class Held:
    """The zombie's last message of a transaction, kept in the proxy while it is stopped."""

    def __init__(self, rig, zombie, split=False):
        self.rig = rig
        self.zombie = zombie
        self.split = split
        self.link = self.raw = None
        rig.proxy.hook = self.hook

    def hook(self, link, kind, body, raw):
        if self.raw is not None or not is_commit(kind, body):
            return link is not self.link
        self.zombie.signal(signal.SIGSTOP)
        self.link, self.raw = link, raw
        link.drop_answer()
        if self.split:  # the move alone: its lock is held now
            text = body[:-len(b"COMMIT\0")] + b"\0"
            link.send(b"Q" + (len(text) + 4).to_bytes(4, "big") + text)
        return False

    def wait(self):
        wait_until(lambda: self.raw is not None, 20, lambda: f"a COMMIT to hold\n{self.rig.tail()}", every=0.002)

    def arrive(self):
        """The message goes to the server after all; what it said."""
        self.link.drop_answer()
        try:
            self.link.send(self.raw)
        except OSError:
            return b"gone"
        return self.link.await_answer(5) or b"gone"


def heir_takes_over(rig):
    """Another process takes everything over; how long it was before each partition moved."""
    rig.start()
    start, before = time.monotonic(), rig.marks()
    wait_until(lambda: all(offset > before[number] for number, offset in rig.marks().items()), 30,
               lambda: f"each partition beyond {before}: {rig.marks()}\n{rig.tail()}", every=0.01)
    return time.monotonic() - start


@campaign("stop-in-transaction", "S2")
def stop_in_transaction(rig):
    """stopped with its transaction open; the new owner goes on in time, and the old COMMIT comes too late"""
    rig.output["session_bound"] = "20s"  # the server keeps the session: only the watermark's test is between
    rig.produced.make = lines.clean  # a letter of the open transaction would hold up the same letter of the new owner
    rig.session(SESSION_MS)
    rig.watch()
    zombie = rig.start()
    with rig.load():
        rig.advance(500)
        held = Held(rig, zombie)
        held.wait()
        took = heir_takes_over(rig)
        answer = held.arrive()
        assert b"22012" in answer, f"the server's answer to the zombie's COMMIT: {answer[:200]}"
        rig.proxy.hook = None
        held.link.cut()
        zombie.signal(signal.SIGCONT)
        rig.advance(1000)
    assert took < SESSION_MS / 1000 + GRACE, f"the new owner was held up for {took:.1f} s"
    return f"new owner after {took:.1f} s; {rig.check()}"


@campaign("stop-holding-lock", "S2")
def stop_holding_lock(rig):
    """stopped between the watermark's move and COMMIT; the server ends it, so that its lock holds nobody up"""
    rig.session(SESSION_MS)
    rig.watch()
    zombie = rig.start()
    with rig.load():
        rig.advance(500)
        held = Held(rig, zombie, split=True)
        held.wait()
        took = heir_takes_over(rig)
        answer = held.arrive()
        assert answer == b"gone" or b"FATAL" in answer, answer
        rig.proxy.hook = None
        held.link.cut()
        zombie.signal(signal.SIGCONT)
        rig.advance(1000)
    most = (SESSION_MS + BOUND_MS) / 1000 + GRACE
    assert took < most, f"the new owner was held up for {took:.1f} s, at most {most:.1f} s are promised"
    return f"new owner after {took:.1f} s; {rig.check()}"
