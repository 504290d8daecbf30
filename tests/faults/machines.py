# SPDX-License-Identifier: Apache-2.0
"""Three machines, three brokers: natmill is started again on each in turn, killed, cut off; a broker dies. Besides
0 lost and 0 twice each campaign measures how long partitions stood still: the figures of docs/scaling.md."""

import time

from confluent_kafka import KafkaException

from campaigns import campaign
from fleet import BROKERS, MACHINES, RATE, SESSION_MS, fleet
from pauses import Pauses
from waiting import wait_until

GRACE = 20.0  # seconds, on a loaded machine, beside what is promised
CALM = 3  # seconds that show how long a partition stands still when nothing happens
TAKEN = "another natmill of the group has the same kafka.instance"


def calm(pauses):
    """The pause there is always: between two batches."""
    pauses.reset()
    time.sleep(CALM)
    return pauses.longest()


def told(pauses, own):
    """"own 1.5 s, others 0.1 s", and begins anew."""
    others = set(pauses.pause) - set(own)
    text = f"{pauses.longest(own):.1f} s, others' {pauses.longest(others):.1f} s"
    pauses.reset()
    return text


def noticed(rig, name):
    """What the others have heard of their group so far."""
    return [process.err.count("Kafka: ") for other, (process, _) in rig.on.items() if other != name]


def roll(rig):
    """One after the other: SIGTERM, and started again when it has ended. Returns what to tell."""
    before = rig.start_all()
    rig.watch()
    moved, pauses_told, quiet = 0, [], True
    with rig.load(RATE), Pauses(rig.marks) as pauses:
        rig.all_advance()
        usual = calm(pauses)
        for number, name in enumerate(list(rig.on)):
            own, heard = rig.of(name), noticed(rig, name)
            pauses.reset()
            rig.stop(name)
            rig.run(number)
            after = rig.settled()
            rig.all_advance()
            pauses_told.append(told(pauses, own))
            moved += sum(after[partition][0] != owner[0] for partition, owner in before.items())
            quiet = quiet and heard == noticed(rig, name)
            before = after
    return moved, quiet, (f"at rest {usual:.1f} s, own partitions' pause {'; '.join(pauses_told)}; "
                          f"{moved} partitions moved; {rig.check(120)}")


@campaign("rolling-restart", "G2 O6")
def rolling_restart(rig):
    """three machines, static members, restarted in turn under load: no partition moves, no other machine notices"""
    with fleet(rig) as own:
        moved, quiet, text = roll(own)
        assert moved == 0 and quiet, f"{text}\n{own.tail()}"
        assert own.logged("ALARM") == 0, own.tail()
        return text


@campaign("rolling-restart-dynamic", "O6")
def rolling_restart_dynamic(rig):
    """the same without names, to compare: the group divides its partitions anew twice a restart"""
    with fleet(rig, names=False) as own:
        return roll(own)[2]


@campaign("rolling-restart-cooperative", "O5 O6")
def rolling_restart_cooperative(rig):
    """the same without names, cooperative-sticky"""
    with fleet(rig, names=False) as own:
        own.strategy = "cooperative-sticky"
        return roll(own)[2]


@campaign("machine-killed", "G2 G3 O7")
def machine_killed(rig):
    """three machines, static members: kill -9 and back at once keeps its partitions; not back: others have them when
    its session has run out; back later: it gets a share again"""
    with fleet(rig) as own:
        before = own.start_all()
        own.watch()
        with own.load(RATE), Pauses(own.marks) as pauses:
            own.all_advance()
            lost, heard = own.of("machine-0"), noticed(own, "machine-0")
            pauses.reset()
            own.on["machine-0"][0].kill()
            own.run(0)
            own.all_advance()
            assert own.settled() == before and heard == noticed(own, "machine-0"), own.tail()
            back = told(pauses, lost)
            lost = own.of("machine-1")
            own.on.pop("machine-1")[0].kill()
            own.settled()
            own.all_advance()
            pause = pauses.longest(lost)
            gone = told(pauses, lost)
            own.run(1)
            own.settled()
            own.all_advance()
            again = told(pauses, ())
        assert SESSION_MS / 1000 - 1 < pause < SESSION_MS / 1000 + GRACE, pause
        return (f"killed and back: own partitions' pause {back}; gone for good, session {SESSION_MS // 1000} s: "
                f"{gone}; back later: {again[again.index('others'):]}; {own.check(120)}")


@campaign("machine-cut", "G1 S2 O4")
def machine_cut(rig):
    """the link of a machine is down for longer than its session: others have its partitions, and when it is back it
    writes nothing twice; if another has taken its name meanwhile it ends"""
    with fleet(rig) as own:
        own.start_all()
        own.watch()
        with own.load(RATE), Pauses(own.marks) as pauses:
            own.all_advance()
            lost, away = own.of("machine-0"), own.on.pop("machine-0")
            pauses.reset()
            own.machines[0].cut()
            own.settled()
            own.all_advance()
            pause = pauses.longest(lost)
            cut = told(pauses, lost)
            own.machines[0].up()
            own.on["machine-0"] = away
            own.settled()
            own.all_advance()
            old, _ = own.on.pop("machine-1")
            own.machines[1].cut()
            own.run(2, "machine-1")  # as a pod that is started again elsewhere
            own.settled()
            own.all_advance()
            assert old.running(), own.tail()
            own.machines[1].up()
            assert old.wait(120) == 1 and TAKEN in old.err, old.err[-2000:]
            own.advance(RATE)
        assert pause < SESSION_MS / 1000 + GRACE, pause
        return f"cut off: own partitions' pause {cut}; {own.check(120)}"


def leaders(rig, in_sync):
    """Those that lead a partition, as numbers from 0; None while nobody tells, or not all are in sync if that is asked
    for."""
    try:
        found = {leader - 1 for leader in rig.kafka.leaders(rig.topic).values()}
        return found if not in_sync or rig.kafka.in_sync(rig.topic) else None
    except KafkaException:
        return None


def whole(rig):
    """Waits until all brokers are there again and lead their share."""
    wait_until(lambda: leaders(rig, in_sync=True) == set(range(BROKERS)), 120, "all brokers lead")


def others_lead(rig, broker):
    wait_until(lambda: broker not in (leaders(rig, in_sync=False) or {broker}), 120, "others lead")


def fail_over(rig):
    """A broker is killed and started again; then another one's machine is cut off and comes back. Twice each."""
    rig.start_all()
    rig.watch()
    killed, cut = [], []
    with rig.load(RATE), Pauses(rig.marks) as pauses:
        for broker, node in list(enumerate(rig.kafka.nodes))[:2]:
            whole(rig)
            rig.all_advance()
            pauses.reset()
            node.kill()
            others_lead(rig, broker)
            rig.all_advance(180)
            killed.append(pauses.longest())
            node.start(120)
        for broker, machine in list(enumerate(rig.brokers_on))[1:]:
            whole(rig)
            rig.all_advance()
            pauses.reset()
            machine.cut()
            others_lead(rig, broker)
            rig.all_advance(180)
            cut.append(pauses.longest())
            machine.up()
        whole(rig)
    rig.settled()  # all are still there
    return (f"longest pause of a partition, a broker killed: {shown(killed)}; a broker cut off: {shown(cut)}; "
            f"{rig.check(180)}")


def shown(pauses):
    return ", ".join(f"{pause:.1f} s" for pause in pauses)


@campaign("broker-failover", "S4 G6")
def broker_failover(rig):
    """three brokers on machines of their own: each killed, then cut off; settings for a quick failover"""
    with fleet(rig) as own:
        return fail_over(own)


@campaign("broker-failover-defaults", "S4")
def broker_failover_defaults(rig):
    """the same with the defaults of Kafka, librdkafka and natmill"""
    with fleet(rig, broker={"broker.session.timeout.ms": 9000, "broker.heartbeat.interval.ms": 2000,
                            "replica.lag.time.max.ms": 30000}) as own:
        own.properties = {}
        return fail_over(own)
