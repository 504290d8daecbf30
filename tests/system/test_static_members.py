# SPDX-License-Identifier: Apache-2.0
"""kafka.instance: a process that comes back under its name has its partitions again and nobody else notices; two under
one name; names that are gone, too many or new."""

import json
import signal
import time

import pytest
from confluent_kafka.admin import NewPartitions

import traffic
from answers import get, metrics, status
from kafka_server import KafkaServer
from proxy import Proxy, Requests
from rival import take_name
from waiting import wait_until

PER_PARTITION = 2000
SMALL = {"messages": 100, "wait": "20ms"}
LONG_MS = 10000  # a session that outlasts a restart on a loaded machine
SHORT_MS = 1500
ALL_FOUR = "assigned 4 partitions, 4 in all"
TAKEN = "another natmill of the group has the same kafka.instance"


@pytest.fixture
def named(kafka, topic, configure, start_natmill):
    """named("a", session_ms=..., workers=...): starts a natmill of that instance."""
    if kafka.is_mock:
        pytest.skip("the mock cluster knows no static members")

    def start(instance, session_ms=LONG_MS, workers=1, **kafka_section):
        config = configure(kafka, topic, {"session.timeout.ms": session_ms}, batch=SMALL)
        config["kafka"].update(instance=instance, **kafka_section)
        return start_natmill({**config, "workers": workers}, name=f"{instance}.yaml")

    return start


def owners(running):
    """{(name, worker): its partitions, sorted} of {name: process}, as each tells itself."""
    found = {}
    for name, process in running.items():
        for one in status(process)["partitions"]:
            if one["state"] == "reading":
                found.setdefault((name, one["worker"]), []).append(one["partition"])
    return {owner: sorted(partitions) for owner, partitions in found.items()}


def settled(running, count, partitions=4):
    """Waits until so many workers share all partitions; who has what."""
    def shared():
        found = owners(running)
        read = sorted(partition for own in found.values() for partition in own)
        return found if len(found) == count and read == list(range(partitions)) else None

    return wait_until(shared, 60, lambda: f"{count} workers share the partitions: {owners(running)}")


@pytest.mark.parametrize("strategy", ["roundrobin", pytest.param("cooperative-sticky", marks=pytest.mark.slow)])
def test_back_under_its_name(strategy, kafka, topic, named, ledger):
    """Each in turn, so the group's leader too, by SIGTERM and by kill -9."""
    running = {name: named(name, strategy=strategy) for name in "ab"}
    before = settled(running, 2)
    assert set(before) == {("a", 0), ("b", 0)} and all(len(own) == 2 for own in before.values())
    done = 0
    for name, other, how in (("a", "b", signal.SIGTERM), ("b", "a", signal.SIGTERM), ("a", "b", signal.SIGKILL)):
        traffic.produce(kafka, topic, PER_PARTITION, start=done)
        wait_until(lambda begun=4 * done: ledger.progress(topic) > begun, 30, lambda: running[name].err)
        noticed = running[other].err.count("Kafka: ")
        running[name].signal(how)
        assert running[name].wait() == (0 if how == signal.SIGTERM else -how)
        running[name] = named(name, strategy=strategy)
        running[name].wait_for_err("assigned 2 partitions, 2 in all")
        done += PER_PARTITION
        ledger.wait(topic, done)
        assert settled(running, 2) == before
        assert running[other].err.count("Kafka: ") == noticed, running[other].err
    for process in running.values():
        assert process.terminate() == 0
        assert "natmill ends; the group keeps the partitions of instance" in process.err
    ledger.check(topic, done)


def test_two_under_one_name(kafka, topic, named, ledger):
    """The one that was there before ends, with a status that has no service manager start it again. (It has to be in
    the group with both workers: one that joins late would take the name back from the second.)"""
    first = named("a", workers=2)
    settled({"a": first}, 2)
    traffic.produce(kafka, topic, PER_PARTITION)
    wait_until(lambda: ledger.progress(topic) >= 500, 30, lambda: first.err)
    second = named("a", workers=2)
    assert first.wait() == 1
    assert first.err.splitlines()[-1].count(TAKEN) == 1
    ledger.wait(topic, PER_PARTITION, what=second.err[-2000:])
    assert second.terminate() == 0
    ledger.check(topic, PER_PARTITION)


def test_name_taken_for_a_moment(kafka, topic, group, named, ledger):
    """As when a broker dies and Kafka fences a member that has joined anew itself: it takes its place back, and nobody
    has to start it again. The third time there must be another one, and it ends."""
    process = named("a", session_ms=60000)
    for times in (1, 2):
        begun = ledger.progress(topic)
        traffic.produce(kafka, topic, PER_PARTITION, start=(times - 1) * PER_PARTITION)
        wait_until(lambda begun=begun: ledger.progress(topic) > begun, 30, lambda: process.err)
        take_name(kafka, group, topic, "a-0")
        # A member again: until then what it tells of its partitions is old, and the next rival would find no member.
        wait_until(lambda times=times: process.err.count(ALL_FOUR) > times, 30, lambda: process.err)
        assert process.err.count("its consumer is made anew") == times
        settled({"a": process}, 1)
        ledger.wait(topic, times * PER_PARTITION, what=process.err[-2000:])
    assert metrics(process).get("natmill_anew_total") == 2 and TAKEN not in process.err
    take_name(kafka, group, topic, "a-0")
    assert process.wait() == 1 and TAKEN in process.err.splitlines()[-1], process.err
    ledger.check(topic, 2 * PER_PARTITION)


JOIN_GROUP = 11  # number of the API in Kafka's protocol


@pytest.fixture
def detour(named):  # which skips the mock cluster
    """(Kafka, the proxy that its clients come through when they ask the proxy's port)"""
    proxy = Proxy(None, Requests)
    server = KafkaServer(detour_to=proxy.port)
    proxy.target = ("127.0.0.1", server.detour_port)
    try:
        yield server.start(), proxy
    finally:
        proxy.close()
        server.close()


def test_not_ready_until_it_is_a_member_again(detour, group, configure, start_natmill):
    """Fenced, it is no member; first it reaches no broker, then its request to join is kept back."""
    server, proxy = detour
    topic = server.create_topic()
    config = configure(server, topic, {"session.timeout.ms": LONG_MS},
                       kafka={"instance": "a", "brokers": f"127.0.0.1:{proxy.port}"})
    process = start_natmill(config)
    settled({"a": process}, 1)
    assert get(process, "/readyz") == (200, "ready\n")
    proxy.refusing = True  # new connections alone: by one of the others it hears that it is fenced
    take_name(server, group, topic, "a-0")
    wait_until(lambda: get(process, "/readyz") == (503, "worker 0 has not joined its group yet\n"), 30,
               lambda: f"{get(process, '/readyz')}\n{process.err[-2000:]}")
    wait_until(lambda: status(process)["workers"][0]["partitions"] == 0, 10, lambda: status(process)["workers"])
    held = []

    def hold(link, kind, _, raw):
        if kind == JOIN_GROUP:
            held.append((link, raw))
        return kind != JOIN_GROUP

    proxy.hook = hold
    proxy.refusing = False
    wait_until(lambda: held, 30, lambda: process.err[-2000:])
    assert get(process, "/readyz")[0] == 503 and not status(process)["workers"][0]["joined"]
    proxy.hook = None
    link, raw = held[0]
    link.send(raw)
    wait_until(lambda: get(process, "/readyz") == (200, "ready\n"), 30, lambda: process.err[-2000:])
    settled({"a": process}, 1)


@pytest.mark.slow
def test_frozen_and_replaced_under_its_name(kafka, topic, named, ledger):
    """As when a pod is started on another machine because nobody hears of the first: when that wakes up it writes
    nothing and ends."""
    traffic.produce(kafka, topic, PER_PARTITION)
    zombie = named("a", SHORT_MS)
    wait_until(lambda: ledger.progress(topic) >= 500, 30, lambda: zombie.err)
    zombie.signal(signal.SIGSTOP)
    heir = named("a", SHORT_MS)
    heir.wait_for_err(ALL_FOUR)  # SQLite's lock may still be the zombie's
    zombie.signal(signal.SIGCONT)
    assert zombie.wait() == 1 and TAKEN in zombie.err
    traffic.produce(kafka, topic, 100, start=PER_PARTITION)
    ledger.wait(topic, PER_PARTITION + 100)
    assert heir.terminate() == 0
    ledger.check(topic, PER_PARTITION + 100)


@pytest.mark.slow
def test_frozen_past_its_session(kafka, topic, named, ledger):
    """Another instance takes its partitions; it gets them back when it wakes up."""
    traffic.produce(kafka, topic, PER_PARTITION)
    zombie, other = named("a", SHORT_MS), named("b", SHORT_MS)
    running = {"a": zombie, "b": other}
    settled(running, 2)
    wait_until(lambda: ledger.progress(topic) >= 500, 30, lambda: zombie.err)
    alone = other.err.count(ALL_FOUR)  # it may have been the first
    zombie.signal(signal.SIGSTOP)
    wait_until(lambda: other.err.count(ALL_FOUR) > alone, 60, lambda: other.err)  # SQLite's lock may be the zombie's
    zombie.signal(signal.SIGCONT)
    settled(running, 2)
    ledger.wait(topic, PER_PARTITION, what=other.err[-2000:])
    for process in zombie, other:
        assert process.terminate() == 0 and TAKEN not in process.err
    ledger.check(topic, PER_PARTITION)


@pytest.mark.slow
def test_gone_for_good(kafka, topic, named, ledger):
    """Its partitions wait for it as long as its session lasts, then they are others'."""
    gone, stays = named("a"), named("b")
    settled({"a": gone, "b": stays}, 2)
    start = time.monotonic()
    assert gone.terminate() == 0
    traffic.produce(kafka, topic, PER_PARTITION)
    settled({"b": stays}, 1)
    assert time.monotonic() - start > LONG_MS / 2000, "it has left the group"
    ledger.wait(topic, PER_PARTITION, what=stays.err[-2000:])
    assert stays.terminate() == 0
    ledger.check(topic, PER_PARTITION)


@pytest.mark.slow
def test_another_number_of_workers(kafka, topic, named, ledger):
    """Fewer: the partitions of those that are missing wait for the session, then they are divided. More: at once."""
    done = 0
    for workers in (3, 1, 4):
        process = named("a", SHORT_MS, workers)
        settled({"a": process}, workers)
        traffic.produce(kafka, topic, PER_PARTITION, start=done)
        done += PER_PARTITION
        ledger.wait(topic, done, what=process.err[-2000:])
        assert process.terminate() == 0
    ledger.check(topic, done)


@pytest.mark.slow
def test_partition_added_behind_a_leader_that_came_back(kafka, topic, named, ledger):
    """Kafka does not tell it that it leads the group; a new partition is found all the same."""
    running = {name: named(name) for name in "ab"}
    settled(running, 2)
    for name in "ab":
        assert running[name].terminate() == 0
        running[name] = named(name)
        running[name].wait_for_err("assigned 2 partitions, 2 in all")
    kafka.admin.create_partitions([NewPartitions(topic, 5)])[topic].result(30)
    settled(running, 2, partitions=5)
    traffic.produce(kafka, topic, 500, partitions=5)
    ledger.wait(topic, 500, partitions=5)
    for process in running.values():
        assert process.terminate() == 0
    ledger.check(topic, 500, partitions=5)


@pytest.mark.parametrize("kafka_section, wanted", [
    ({"instance": "pod 1"}, "natmill.yaml:1:24: 'pod 1' cannot be a name in a group"),
    ({"instance": "x" * 231}, "at most 230"),
    ({"properties": {"group.instance.id": "a"}}, "use the option kafka.instance instead of group.instance.id")])
def test_names_that_cannot_be(kafka_section, wanted, run_natmill, tmp_path):
    config = {"kafka": {**kafka_section, "brokers": "127.0.0.1:1"}, "outputs": [{"type": "null"}]}
    (tmp_path / "natmill.yaml").write_text(json.dumps(config))
    result = run_natmill("check")
    assert result.returncode == 1 and wanted in result.stderr
