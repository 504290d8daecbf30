# SPDX-License-Identifier: Apache-2.0
"""The old consumer's job on natmill: its configuration, its topic, its tables, its group. The old one is
old_consumer.py; what happens is docs/moving-in.md, whose examples run here."""

import collections
import json
import pathlib
import re
import shlex
import subprocess
import sys

import pytest

from old_consumer import COLUMNS, KINDS, TOPIC, OldConsumer, ask
from waiting import wait_until

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "moving-in.md").read_text(encoding="utf-8")
DAY = "2025-05-02T11:"
PASSWORD = "password123"
TRIAL = {"NATMILL_HTTP_LISTEN": "127.0.0.1:0"}


def fenced(language):
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def source(number):
    return f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"


def value(number, text=None):
    """Message `number`: a session; each sixth one of another type."""
    head = f"A VRF 0 6 INT {source(number)}:1024 EXT 203.0.113.7:{number % 60000}"
    shapes = {1: head, 2: f"A VRF 0 INT {source(number)} EXT 203.0.113.7:1024-2047",
              3: f"D VRF 0 INT {source(number)} EXT 203.0.113.7"}
    text = text or shapes.get(number % 6, f"{head} DST 198.51.100.1:443 DIR OUT")
    return json.dumps({"version": "1", "type": "generic", "timestamp": f"{DAY}{number % 60:02}:56.870+00:00",
                       "program": "", "host": "cgn-1", "ip": "192.0.2.1", "message": text}).encode()


def inside(message):
    """The inside address of a message."""
    return re.search(rb"INT ([\d.]+)", message.value())[1].decode()


@pytest.fixture(scope="module")
def server():
    pytest.importorskip("psycopg2")
    from database import Postgres
    one = Postgres().start()
    one.run("postgres", f"CREATE ROLE cgnat LOGIN PASSWORD '{PASSWORD}'")
    one.hba(["local all all trust", "host all postgres all trust", "host all cgnat all scram-sha-256"])
    yield one
    one.close()


class Site:
    """What a user of the suite has: Kafka with the topic, the tables, a configuration."""

    def __init__(self, kafka, server, group, folder, run_natmill):
        if kafka.partitions(TOPIC) > 0:
            kafka.delete_topic(TOPIC)
        kafka.create_topic(TOPIC)
        self.kafka, self.server, self.group, self.folder, self.run_natmill = kafka, server, group, folder, run_natmill
        self.name = server.create()
        server.run("postgres", f"ALTER DATABASE {self.name} OWNER TO cgnat")
        self.database = server.connect(self.name)
        self.count = 0

    def make_tables(self, kind="plain"):
        self.sql(f"SET ROLE cgnat; {KINDS[kind]}; RESET ROLE")

    def sql(self, statement):
        with self.database.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def produce(self, count):
        """The next `count` messages, over all partitions."""
        for partition in range(4):
            self.kafka.produce(TOPIC, [value(number) for number in range(self.count, self.count + count)
                                       if number % 4 == partition], partition=partition)
        self.count += count

    def old(self, **options):
        return OldConsumer(self.kafka, self.group, self.database, **options)

    def here(self, text):
        """The page's example with this site's addresses."""
        for example, real in (("kafka:9092", self.kafka.bootstrap), ('"tsdb"', '"127.0.0.1"'),
                              ("port: 5432", f"port: {self.server.port}"), ('"syslog-consumers"', f'"{self.group}"'),
                              ('database: "cgnat"', f'database: "{self.name}"')):
            text = text.replace(example, real)
        return text

    def migrate(self):
        """Of the page's config.yaml."""
        (self.folder / "config.yaml").write_text(self.here(fenced("yaml")[0]))
        done = self.run_natmill("migrate", "config.yaml")
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def sources(self):
        """{inside address: how many rows}"""
        return collections.Counter(row[0] for table in COLUMNS for row in self.sql(f"SELECT host(src_ip) FROM {table}"))

    def wait_all(self, process):
        want = {source(number) for number in range(self.count)}
        wait_until(lambda: set(self.sources()) == want, 60,
                   lambda: f"{len(want - set(self.sources()))} are missing\n{process.err[-2000:]}")


@pytest.fixture
def site(kafka, server, group, tmp_path, run_natmill):
    if kafka.is_mock:
        pytest.skip("the mock cluster has no groups of other clients")
    one = Site(kafka, server, group, tmp_path, run_natmill)
    yield one
    one.database.close()
    server.drop(one.name)


@pytest.fixture
def natmill_here(natmill, site):
    """natmill_here(env): runs the migrated configuration in its folder."""
    from natmill_process import Natmill
    started = []

    def start(**env):
        process = Natmill(natmill, ["run", "-c", "natmill.yaml"], site.folder / "natmill-migrated",
                          {**TRIAL, **env})
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()


def test_switch_over_and_back(site, natmill_here):
    """The old consumer dies between writing and committing; natmill takes up its group and tables, and gives them back.
    Nothing is lost; what is there twice is the poll that died, no more. The API's questions find all rows."""
    site.make_tables()
    site.produce(600)
    site.old(poll=100).run(550)
    doubled = site.old(poll=50).run(50, crash=True)
    before = {table: site.sql(f"SELECT * FROM {table} ORDER BY 1, 6") for table in COLUMNS}
    site.migrate()
    process = natmill_here()
    site.produce(600)
    site.wait_all(process)
    assert process.terminate() == 0
    twice = {address for address, rows in site.sources().items() if rows == 2}
    at_most = {inside(message) for message in doubled}
    assert twice == at_most and max(site.sources().values()) == 2
    for table, rows in before.items():  # what was there is there, as it was
        now = collections.Counter(site.sql(f"SELECT * FROM {table}"))
        assert not collections.Counter(rows) - now, table
    check_questions(site)
    committed = site.kafka.committed(site.group, TOPIC)
    assert committed == site.kafka.end_offsets(TOPIC)
    site.produce(100)  # back to the old one
    site.old(poll=50).run(100)
    site.sql("DELETE FROM natmill_watermarks")
    process = natmill_here()
    site.produce(100)
    site.wait_all(process)
    assert process.terminate() == 0
    assert {address for address, rows in site.sources().items() if rows == 2} == at_most


def check_questions(site):
    """Rows of both give the same kinds of values in each column that is not new."""
    from datetime import datetime, timezone
    for table, number in (("session_mapping", 0), ("port_mapping", 1), ("port_block_mapping", 2),
                          ("address_mapping", 3)):
        old, = ask(site.database, table, x_ip="203.0.113.7", src_ip=source(number))
        new, = ask(site.database, table, x_ip="203.0.113.7", src_ip=source(number + 1080))
        old["src_ip"] = source(number + 1080)
        for name in ("x_port",):
            if name in old:
                old[name] += 1080
        assert new == old, table
    begin = datetime(2025, 5, 2, 11, 0, tzinfo=timezone.utc)
    end = datetime(2025, 5, 2, 11, 0, 59, tzinfo=timezone.utc)
    found = ask(site.database, "session_mapping", limit=1000, timestamp_ge=begin, timestamp_le=end, dst_port=443)
    assert {row["src_ip"] for row in found} == {source(number) for number in range(0, site.count, 60)}
    held, = ask(site.database, "session_mapping", x_ip="203.0.113.7", x_port=1104)
    assert held["src_ip"] == source(1104)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["smallint", "key"])
def test_tables_of_other_versions(site, natmill_here, kind):
    """VRF as a number; a primary key, by which each row that is doubled at the switch becomes a dead letter."""
    site.make_tables(kind)
    site.produce(400)
    site.old(poll=100).run(380)
    doubled = site.old(poll=20).run(20, crash=True)
    site.migrate()
    process = natmill_here()
    site.produce(400)
    site.wait_all(process)
    wait_until(lambda: site.kafka.committed(site.group, TOPIC) == site.kafka.end_offsets(TOPIC), 30, "all is committed")
    assert process.terminate() == 0
    letters = site.sql("SELECT reason FROM natmill_dead_letters")
    if kind == "smallint":
        check_questions_of_numbers(site)
        assert letters == []
    else:
        sessions = [m for m in doubled if b"DST" in m.value()]
        assert len(letters) == len(sessions) and all("duplicate key" in reason for reason, in letters)
        assert site.sql("SELECT count(*) = count(DISTINCT src_ip) FROM session_mapping") == [(True,)]


def check_questions_of_numbers(site):
    assert site.sql("SELECT DISTINCT vrf_id FROM session_mapping") == [(0,)]


@pytest.mark.slow
def test_other_outputs(site, natmill_here):
    """Kafka, Redis and HTTP get the events under the names that they had."""
    from secured_sinks import WebSink
    from server_redis import RedisServer
    for name in ("events.sessionmapping", "events.portmapping", "events.portblockmapping", "events.addressmapping",
                 "dead"):
        if site.kafka.partitions(f"cgnat.{name}") == 0:
            site.kafka.create_topic(f"cgnat.{name}", partitions=1)
    web, store = WebSink(), RedisServer().start()
    try:
        old = {"kafka_bootstrap_servers": site.kafka.bootstrap, "kafka_group_id": site.group,
               "handler": {"type": "NFWareSyslogHandler"},
               "outputs": [{"type": "KafkaOutput", "options": {"bootstrap_servers": site.kafka.bootstrap,
                                                               "key_field": "x_ip"}},
                           {"type": "RedisOutput", "options": {"host": "127.0.0.1", "port": store.port,
                                                               "key_ttl": 600}},
                           {"type": "HTTPWebhookOutput", "options": {"url": web.url(), "headers": {"X-Api-Key": "k"}},
                            "preprocessors": [{"name": "match_kv",
                                               "arguments": {"key": "type", "value": "port-mapping"}}]}]}
        (site.folder / "config.json").write_text(json.dumps(old))
        done = site.run_natmill("migrate", "config.json")
        assert done.returncode == 0, done.stdout + done.stderr
        process = natmill_here()
        site.produce(60)
        wait_until(lambda: site.kafka.committed(site.group, TOPIC) == site.kafka.end_offsets(TOPIC), 40,
                   lambda: process.err[-3000:])
        assert process.terminate() == 0
        records = [json.loads(record.value()) | {"key": record.key()}
                   for record in site.kafka.read("cgnat.events.sessionmapping", 20)]
        assert {record["src_ip"] for record in records if record["key"] == b"203.0.113.7"} == {
            source(number) for number in range(60) if number % 6 in (0, 4, 5)}
        pairs = dict(store.pairs())
        assert json.loads(pairs[f"cgnat:events:portmapping:{source(1)}"])["x_port"] == 1
        assert store.client().ttl(f"cgnat:events:portmapping:{source(1)}") > 0
        assert len(pairs) == 60
        assert web.stored() == set(range(1, 60, 6))
    finally:
        web.close()
        store.close()


def trial_has_tables(site):
    return site.sql("SELECT to_regclass('natmill_trial.session_mapping') IS NOT NULL")[0][0]


def test_page_from_the_beginning(site, natmill_here, natmill):
    """Each command, question and answer of the page, in its order."""
    site.make_tables()
    site.produce(240)
    site.old().run(240)
    printed, = fenced("printed")
    assert site.migrate().stdout == printed
    (site.folder / "lines.txt").write_text(fenced("lines")[0])
    commands = fenced("sh")
    assert commands[0] == "natmill migrate config.yaml\n"
    first, then = commands[1].splitlines()
    assert first == "cd natmill-migrated"
    here = site.folder / "natmill-migrated"
    tried = subprocess.run([natmill, *shlex.split(then)[1:], "--json"], cwd=here, capture_output=True, text=True,
                           check=False)
    answers = [json.loads(line) for line in tried.stdout.splitlines()]
    assert [answer["events"][0]["type"] if answer["verdict"] == "events" else answer["verdict"]
            for answer in answers] == ["session-mapping", "port-mapping", "dead"]
    questions = fenced("sql")
    site.sql(questions[0])
    env = dict(re.findall(r"^export (\w+)=(\S+)$", commands[2], re.MULTILINE))
    assert env.pop("NATMILL_HTTP_LISTEN") == "127.0.0.1:4500"
    env["NATMILL_KAFKA_GROUP"] = f"{site.group}-trial"
    assert commands[2].splitlines()[-2:] == ["natmill check -c natmill.yaml", "natmill run -c natmill.yaml"]
    process = natmill_here(**env)
    sessions = site.sql("SELECT count(*) FROM session_mapping")[0][0]
    wait_until(lambda: trial_has_tables(site) and site.sql(questions[1]) == [(sessions, sessions)], 40,
               lambda: process.err[-2000:])
    assert site.sql(questions[2]) == []
    assert process.terminate() == 0
    site.sql(questions[3])
    assert site.kafka.committed(site.group, TOPIC) == site.kafka.end_offsets(TOPIC)
    assert commands[4] == "natmill run -c natmill.yaml\n"
    process = natmill_here()
    site.produce(60)
    site.wait_all(process)
    assert site.sql(questions[4]) == [] and process.terminate() == 0
    assert questions[5] == "DELETE FROM natmill_watermarks;\n"
