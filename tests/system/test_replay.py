# SPDX-License-Identifier: Apache-2.0
"""natmill replay: history between two times into a target, exactly once, interrupted or not, beside the live run or
not."""

import datetime
import json
import random
import sqlite3
import time

import pytest

from letters import BROKEN, Sqlite, events, letters, line, mark, message, ok, vendors
from natmill_process import Natmill, write_config
from waiting import wait_until

PARTITIONS = 3
EACH = 60000  # messages of a partition in the long tests
# Within Kafka's retention.
FIRST = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) - datetime.timedelta(days=1)


def stamp(number):
    """Kafka's time of a message, as the command takes it: a second for each number."""
    return (FIRST + datetime.timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def produce(kafka, topic, values, partition=0, start=0):
    """Number n of the values gets the time stamp(start + n)."""
    from confluent_kafka import Producer
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "linger.ms": 5, "enable.idempotence": True})
    first = int(FIRST.timestamp() * 1000)
    for number, value in enumerate(values, start):
        while True:
            try:
                producer.produce(topic, value, partition=partition, timestamp=first + number * 1000)
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0


@pytest.fixture
def settle(kafka, configure, start_natmill, tmp_path, store):
    """settle(topic, per partition): the live run has taken all; the path of its configuration."""

    def run(topic, count, **sections):
        vendors(tmp_path)
        config = configure(kafka, topic, outputs=[store.output()], vendors=str(tmp_path / "scripts"), **sections)
        process = start_natmill(config)
        wait_until(lambda: mark(store, topic) == count, 60, lambda: process.err[-2000:])
        assert process.terminate() == 0
        return str(write_config(tmp_path, config))

    return run


def config_of(kafka, configure, store, topic, tmp_path):
    vendors(tmp_path)
    return str(write_config(tmp_path, configure(kafka, topic, outputs=[store.output()],
                                                vendors=str(tmp_path / "scripts"))))


def arguments(topic, store, config, first, last):
    return ["replay", "--topic", topic, "--from", stamp(first), "--to", stamp(last), "--into", store.name, "-c", config]


def begun(store):
    """Whether a replay has stored anything yet."""
    return bool(store.query("SELECT 1 FROM natmill_watermarks WHERE next_offset > 0 LIMIT 1"))


def test_between_two_times_into_a_fresh_target(kafka, configure, run_natmill, store, tmp_path):
    topic = kafka.create_topic(partitions=PARTITIONS)
    for partition in range(PARTITIONS):
        produce(kafka, topic, [message(line(number), line(number + 100, BROKEN)) for number in range(50)], partition)
    config = config_of(kafka, configure, store, topic, tmp_path)
    out = ok(run_natmill(*arguments(topic, store, config, 10, 30)))
    assert out.startswith(f"{20 * PARTITIONS} messages: {20 * PARTITIONS} events; output {store.name}: "
                          f"{20 * PARTITIONS} stored, 0 there already")
    want = [(topic, partition, number, 0, number) for partition in range(PARTITIONS) for number in range(10, 30)]
    assert events(store) == want
    assert {place[:3] for place in letters(store)} == {(partition, number, 1) for _, partition, number, _, _ in want}
    again = ok(run_natmill(*arguments(topic, store, config, 10, 30)))
    assert again.startswith("0 messages (an earlier run had begun): 0 events") and events(store) == want
    wider = ok(run_natmill(*arguments(topic, store, config, 0, 1000)))
    assert f"{30 * PARTITIONS} stored, {20 * PARTITIONS} there already" in wider
    assert [row[2] for row in events(store)] == list(range(50)) * PARTITIONS
    name = f"replay:{topic}:{stamp(10)}-{stamp(30)}"
    rows = store.query('SELECT next_offset FROM natmill_watermarks WHERE output = ?', name)
    assert [row[0] for row in rows] == [30] * PARTITIONS


def test_into_live_tables_without_duplicates(kafka, run_natmill, settle, store, tmp_path):
    """After a script was mended: what it could not read is stored, the rest is left alone."""
    topic = kafka.create_topic(partitions=1)
    produce(kafka, topic, [message(line(number, BROKEN if number % 3 == 0 else "EXT")) for number in range(60)])
    config = settle(topic, 60)
    assert len(events(store)) == 40 and len(letters(store)) == 20
    vendors(tmp_path, mended=True)
    produce(kafka, topic, [message(line(number)) for number in range(60, 70)], start=60)
    out = ok(run_natmill(*arguments(topic, store, config, 0, 1000)))
    assert "20 stored, 40 there already" in out, out
    assert [row[2] for row in events(store)] == list(range(60)), "what the live run has not taken yet is its own"
    assert len(letters(store)) == 20


def test_live_tables_without_identity_are_refused(kafka, run_natmill, settle, store):
    if store.name == "sqlite":
        store.query("CREATE TABLE session_mapping (timestamp TEXT, host TEXT, event INTEGER, vrf_id TEXT,"
                    " protocol INTEGER, src_ip TEXT, src_port INTEGER, x_ip TEXT, x_port INTEGER, dst_ip TEXT,"
                    " dst_port INTEGER)")
    topic = kafka.create_topic(partitions=1)
    produce(kafka, topic, [message(line(1))])
    config = settle(topic, 1)
    if store.name == "postgresql":
        store.query("ALTER TABLE address_mapping DROP COLUMN idx")
    result = run_natmill(*arguments(topic, store, config, 0, 10))
    assert result.returncode == 1
    assert "lack the columns topic, partition, offset and idx" in result.stderr
    assert store.query("SELECT count(*) FROM session_mapping")[0][0] == 1


class Files:
    """A folder of the output `file`."""

    def __init__(self, path, name="files"):
        path.mkdir()
        self.path, self.name = path, name

    def output(self):
        return {"type": "file", "name": self.name, "folder": str(self.path)}

    def names(self):
        return sorted(one.name for one in self.path.iterdir() if not one.name.startswith("natmill-watermarks"))

    def ports(self, partition):
        """x_port of all events of a partition, in their order."""
        return [json.loads(text)["x_port"] for name in self.names() if f"-{partition}-0" in name
                for text in (self.path / name).read_text().splitlines()]


def test_into_files(kafka, configure, start_natmill, run_natmill, tmp_path):
    """Each event once, in files that are finished; but not beside what the live run writes itself."""
    topic = kafka.create_topic(partitions=2)
    for partition in range(2):
        produce(kafka, topic, [message(line(number), line(1, BROKEN)) for number in range(50)], partition)
    live, other = Files(tmp_path / "live", "live"), Files(tmp_path / "other", "other")
    vendors(tmp_path)
    config = configure(kafka, topic, outputs=[live.output(), other.output()], vendors=str(tmp_path / "scripts"),
                       dead_letters={"type": "file", "path": str(tmp_path / "dead.jsonl")})
    path = str(write_config(tmp_path, config))
    out = ok(run_natmill(*arguments(topic, other, path, 10, 30)))
    assert out.startswith("40 messages: 40 events; output other: 40 stored")
    assert "40 records cannot be read by today's scripts; this output keeps no dead letters" in out
    assert other.names() == [f"{topic}-{partition}-000000000010-000000000029.jsonl" for partition in range(2)]
    assert other.ports(0) == other.ports(1) == list(range(10, 30))
    again = ok(run_natmill(*arguments(topic, other, path, 10, 30)))
    assert again.startswith("0 messages (an earlier run had begun)") and other.ports(0) == list(range(10, 30))

    process = start_natmill({**config, "outputs": [live.output()]})
    wait_until(lambda: len(live.ports(0)) == len(live.ports(1)) == 50, 30, lambda: process.err[-2000:])
    assert process.terminate() == 0
    before = live.names()
    path = str(write_config(tmp_path, config))
    result = run_natmill(*arguments(topic, live, path, 10, 30))
    assert result.returncode == 1 and "type file cannot tell which events it holds" in result.stderr
    assert live.names() == before


@pytest.mark.slow
def test_into_files_killed_at_any_moment(kafka, configure, natmill, tmp_path):
    topic = kafka.create_topic(partitions=1)
    produce(kafka, topic, [message(line(number)) for number in range(EACH)])
    files = Files(tmp_path / "files")
    config = config_of(kafka, configure, files, topic, tmp_path)
    dice = random.Random(5)
    call = arguments(topic, files, config, 0, EACH + 1)
    for _ in range(8):
        process = Natmill(natmill, call, tmp_path)
        wait_until(lambda: files.names() or not process.running(), 60, lambda: process.err)
        time.sleep(dice.random() * 0.3)
        process.kill()
    process = Natmill(natmill, call, tmp_path)
    assert process.wait(120) == 0, process.err
    assert files.ports(0) == list(range(EACH)), process.out
    assert files.names() == [f"{topic}-0-{0:012}-{EACH - 1:012}.jsonl"]


@pytest.mark.slow
def test_killed_at_any_moment(kafka, configure, natmill, store, tmp_path):
    topic = kafka.create_topic(partitions=PARTITIONS)
    for partition in range(PARTITIONS):
        produce(kafka, topic, [message(line(number)) for number in range(EACH)], partition)
    config = config_of(kafka, configure, store, topic, tmp_path)
    # A table with the columns would be looked through; here its own watermark has to do.
    dice = random.Random(5)
    call = arguments(topic, store, config, 0, EACH + 1)
    for turn in range(8):
        process = Natmill(natmill, call, tmp_path)
        if turn == 1:  # whatever the machine's speed, one is killed after its first batch
            wait_until(lambda: begun(store) or not process.running(), 60, lambda: process.err)
        else:
            time.sleep(0.2 + dice.random() * 0.4)
        process.kill()
    process = Natmill(natmill, call, tmp_path)
    assert process.wait(120) == 0, process.err
    found = [row[1:4] for row in events(store)]
    assert found == [(partition, number, 0) for partition in range(PARTITIONS) for number in range(EACH)], process.out
    assert "an earlier run had begun" in process.out


def test_beside_the_live_run(kafka, natmill, start_natmill, settle, store, tmp_path):
    """Both at work in one table: each event once, and the group's offsets are the live run's own."""
    topic = kafka.create_topic(partitions=1)
    produce(kafka, topic, [message(line(number % 60000, BROKEN if number % 5 == 0 else "EXT"))
                           for number in range(20000)])
    config = settle(topic, 20000)
    vendors(tmp_path, mended=True)
    live = start_natmill((tmp_path / "natmill.yaml").read_text())
    replay = Natmill(natmill, arguments(topic, store, config, 0, 1000000), tmp_path)
    produce(kafka, topic, [message(line(number % 60000)) for number in range(20000, 40000)], start=20000)
    assert replay.wait(120) == 0, replay.err
    wait_until(lambda: mark(store, topic) == 40000, 60, lambda: live.err[-2000:])
    assert live.terminate() == 0
    assert [row[2] for row in events(store)] == list(range(40000))


def test_a_terminated_replay_goes_on(kafka, configure, natmill, store, tmp_path):
    topic = kafka.create_topic(partitions=1)
    produce(kafka, topic, [message(line(number)) for number in range(EACH)])
    config = config_of(kafka, configure, store, topic, tmp_path)
    call = arguments(topic, store, config, 0, EACH + 1)
    process = Natmill(natmill, call, tmp_path)
    wait_until(lambda: not process.running() or events(store), 30)
    if process.running():
        assert process.terminate() in (0, 3)
        assert process.out == "" or "messages" in process.out
    last = Natmill(natmill, call, tmp_path)
    assert last.wait(60) == 0, last.err
    assert [row[2] for row in events(store)] == list(range(EACH))


def test_markers_at_the_end_are_no_messages(kafka, configure, run_natmill, tmp_path):
    """The broker says that nothing is left: no waiting for messages that never come."""
    from confluent_kafka import Producer
    if kafka.is_mock:
        pytest.skip("the mock has no transactions to speak of")
    topic = kafka.create_topic(partitions=1)
    first = int(FIRST.timestamp() * 1000)
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": topic})
    producer.init_transactions()
    for begin, end in ((0, producer.commit_transaction), (20, producer.abort_transaction),
                       (40, producer.abort_transaction)):
        producer.begin_transaction()
        for number in range(begin, begin + 20):
            producer.produce(topic, message(line(number)), timestamp=first + number * 1000)
        producer.flush(10)
        end(10)
    one = Sqlite(tmp_path / "events.db")
    config = config_of(kafka, configure, one, topic, tmp_path)
    start = time.monotonic()
    assert ok(run_natmill(*arguments(topic, one, config, 0, 1000))).startswith("20 messages: 20 events")
    assert time.monotonic() - start < 20 and [row[2] for row in events(one)] == list(range(20))
    one.close()


@pytest.mark.slow
def test_a_broker_that_is_away_is_no_end(own_kafka, configure, natmill, tmp_path):
    """It freezes between the question for the offsets and the first fetch; a few messages are messages, too."""
    topic = own_kafka.create_topic(partitions=1)
    produce(own_kafka, topic, [message(line(number)) for number in range(12)])
    one = Sqlite(tmp_path / "events.db")
    config = config_of(own_kafka, configure, one, topic, tmp_path)
    database = sqlite3.connect(tmp_path / "events.db", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("BEGIN IMMEDIATE")  # holds up the replay before it begins to read
    process = Natmill(natmill, arguments(topic, one, config, 0, 1000), tmp_path)
    process.wait_for_err("another process writes to it")
    own_kafka.pause()
    database.execute("ROLLBACK")
    database.close()
    time.sleep(7)  # nothing to wait for: the test is that it does not end
    assert process.running(), process.out + process.err
    own_kafka.resume()
    assert process.wait(60) == 0, process.err
    assert process.out.startswith("12 messages: 12 events") and len(events(one)) == 12
    one.close()


REFUSED = [
    ({"--into": "null"}, 1, "output null is of type null, which keeps no watermarks"),
    ({"--into": "kafka"}, 1, "output kafka is of type kafka, which keeps its watermarks as the offsets of"),
    ({"--into": "other"}, 1, "the configuration has no output named 'other'"),
    ({"--topic": "nowhere"}, 1, "no vendor script serves topic nowhere"),
    ({"--from": "yesterday"}, 2, "'yesterday' is no time with a zone"),
    ({"--from": stamp(20)}, 2, "--from must lie before --to"),
    ({"--to": None}, 2, "--to is missing"),
]


def test_what_is_refused(kafka, topic, configure, run_natmill, tmp_path):
    config = configure(kafka, topic, outputs=[Sqlite(tmp_path / "a.db").output(), {"type": "null"}, {"type": "kafka"}])
    path = str(write_config(tmp_path, config))
    for change, status, words in REFUSED:
        options = {"--topic": topic, "--from": stamp(0), "--to": stamp(10), "--into": "sqlite", "-c": path, **change}
        given = [part for option in options.items() if option[1] is not None for part in option]
        result = run_natmill("replay", *given)
        assert result.returncode == status, (change, result.stderr)
        assert words in result.stderr
    config["topics"] = {"test.not.there": ["nfware"]}
    path = str(write_config(tmp_path, config))
    result = run_natmill("replay", "--topic", "test.not.there", "--from", stamp(0), "--to", stamp(10),
                         "--into", "sqlite", "-c", path)
    assert result.returncode in (1, 3) and "test.not.there" in result.stderr
