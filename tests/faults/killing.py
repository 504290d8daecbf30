# SPDX-License-Identifier: Apache-2.0
"""kill -9: at random moments, and at chosen messages between natmill and PostgreSQL, so that each boundary of a batch
is hit."""

import time

from campaigns import campaign
from proxy import is_commit
from rig import SHORT_SESSION_MS
from waiting import wait_until

DEFAULT_KILLS = 40


def is_copy(kind, body):
    return kind == b"Q" and b"COPY " in body


# Where a process can be killed: (name, which message of the client, before it goes to the server or after).
POINTS = (
    ("before COPY", is_copy, True),
    ("after COPY", is_copy, False),
    ("in the rows", lambda kind, _: kind == b"d", False),
    ("at the end of the rows", lambda kind, _: kind == b"c", False),
    ("before COMMIT", is_commit, True),
    ("after COMMIT", is_commit, False),
    ("after its answer", None, False),
)


def kill_at_point(rig, victim, point, proxy):
    """Arms the proxy: when the message passes for the n-th time, victim is dead before anything else happens."""
    _, wanted, before = point
    state = {"left": rig.dice.randint(1, 8), "hit": False}

    def strike():
        state["left"] -= 1
        if state["left"] == 0:
            victim.process.kill()
            victim.process.wait()
            state["hit"] = True

    def hook(link, kind, body, raw):
        if state["hit"] or not wanted(kind, body):
            return True
        if not before:
            link.send(raw)
        strike()
        return before

    def answered(_, data):
        if not state["hit"] and b"C\0\0\0\x0bCOMMIT\0" in data:
            strike()

    if wanted is None:
        proxy.answered = answered
    else:
        proxy.hook = hook
    return state


def kill_once(rig, victim, counts, deck, points, proxy):
    """Half of them at a point, the others at a random moment, some while it still starts."""
    if rig.dice.random() < 0.5:
        if not deck:
            deck += rig.dice.sample(points, len(points))
        point = deck.pop()
        state = kill_at_point(rig, victim, point, proxy)
        wait_until(lambda: state["hit"], 20, lambda: f"killed {point[0]}\n{rig.tail()}", every=0.002)
        proxy.hook = proxy.answered = None
        counts[point[0]] = counts.get(point[0], 0) + 1
        return
    if rig.dice.random() < 0.7:
        rig.advance(1)
        time.sleep(rig.dice.random() * 0.25)
    else:
        time.sleep(rig.dice.random() * 0.9)
    victim.kill()
    counts["any moment"] = counts.get("any moment", 0) + 1


def kill_again_and_again(rig, kills, processes, points=POINTS, proxy=None, rate=3000):
    counts, deck = {}, []
    proxy = proxy or rig.proxy
    rig.session(SHORT_SESSION_MS)
    rig.watch()
    alive = [rig.start() for _ in range(processes)]
    with rig.load(rate):
        rig.advance(1)
        for number in range(kills):
            place = number % processes
            kill_once(rig, alive[place], counts, deck, points, proxy)
            assert not alive[place].running()
            alive[place] = rig.start()
            if processes > 1:
                rig.advance(1)
    result = rig.check()
    where = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
    return f"{kills} kills ({where}); {result}"


@campaign("kills", "O1 O3 O7 O8")
def kills(rig, count=DEFAULT_KILLS):
    """kill -9 under load, at random moments and at every boundary of a batch, and started anew each time"""
    return kill_again_and_again(rig, count, 1)


@campaign("kills-pair", "O3 O6 O7 O8 S6")
def kills_pair(rig, count=DEFAULT_KILLS // 2):
    """two processes in the group, killed in turn"""
    return kill_again_and_again(rig, count, 2)
