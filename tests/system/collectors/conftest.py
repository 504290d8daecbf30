# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the collectors' tests: a packet goes through the real collector, real Kafka and natmill into PostgreSQL.
Each collector and its natmill are started once for a module; each test's packet is told by its own addresses."""

import pathlib
import sys
import uuid

import pytest
from confluent_kafka.admin import NewTopic

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.append(str(ROOT / "tests" / "faults"))

# pylint: disable=wrong-import-position
import daemons  # noqa: E402
from database import Postgres  # noqa: E402
from natmill_process import Natmill, write_config  # noqa: E402
from waiting import wait_until  # noqa: E402
from written import Written  # noqa: E402

# What the collectors but syslog-ng write to.
TOPICS = ["cgnat.netflow.all", *(f"cgnat.accounting.{name}" for name in ("nfware", "nokia", "huawei", "generic"))]


@pytest.fixture(scope="session")
def bus(kafka):
    """The cluster, with all topics that the collectors write: none makes them."""
    if kafka.is_mock:
        pytest.skip("needs Apache Kafka")
    topics = [*TOPICS, *daemons.syslog_topics()]
    for made in kafka.admin.create_topics([NewTopic(name, 1, 1) for name in topics]).values():
        made.result(30)
    wait_until(lambda: all(kafka.partitions(name) for name in topics), 30, "the topics are there")
    return kafka


@pytest.fixture(scope="session")
def postgres():
    server = Postgres(["fsync=off"])
    yield server.start()
    server.close()


@pytest.fixture(scope="module")
def collector(request, bus, tmp_path_factory):
    """The module's COLLECTOR."""
    kind = request.module.COLLECTOR
    reason = daemons.missing(kind.programs.values())
    if reason:
        pytest.skip(reason)
    one = kind(bus, tmp_path_factory.mktemp(kind.folder))
    try:
        yield one.start()
    finally:
        one.stop()


@pytest.fixture(scope="module")
def written(request, bus, collector):
    """What stands on the module's WRITES."""
    one = Written(bus, request.module.WRITES, collector)
    yield one
    one.close()


class Events:
    """What natmill has written into PostgreSQL."""

    def __init__(self, postgres, database):
        self.postgres = postgres
        self.database = database
        self.process = None

    def sql(self, text, *values):
        return self.postgres.run(self.database, text, *values)

    def tables(self):
        return {row[0] for row in self.sql("SELECT table_name FROM information_schema.tables")}

    def find(self, table, src_ip):
        """The rows of one subscriber, as dicts; columns without a value are left out."""
        rows = self.sql(f"SELECT to_jsonb(t) FROM {table} t WHERE src_ip = %s::inet ORDER BY timestamp, event", src_ip)
        return [{key: value for key, value in row[0].items() if value is not None} for row in rows]

    def wait(self, table, src_ip, count=1):
        wait_until(lambda: len(self.find(table, src_ip)) >= count, 30,
                   lambda: f"{count} rows of {src_ip} in {table}: {self.find(table, src_ip)}\n"
                           f"dead letters: {self.letters()}\n{self.process.err[-2000:]}")
        return self.find(table, src_ip)

    def only(self, table, src_ip):
        """The one row that there must be."""
        rows = self.wait(table, src_ip)
        assert len(rows) == 1
        return rows[0]

    def letters(self):
        return self.sql("SELECT topic, reason, convert_from(value, 'UTF8') FROM natmill_dead_letters")


@pytest.fixture(scope="module")
def events(request, bus, postgres, natmill, tmp_path_factory):
    """natmill with the module's TOPICS, from their present ends on."""
    folder = tmp_path_factory.mktemp("natmill")
    found = Events(postgres, postgres.create())
    config = {
        "kafka": {"brokers": bus.bootstrap, "group": "collectors-" + uuid.uuid4().hex[:12], "start": "latest",
                  "properties": {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}},
        "vendors": str(ROOT / "vendors"),
        "topics": request.module.TOPICS,
        "workers": 1,
        "batch": {"messages": 500, "wait": "20ms"},
        "outputs": [{"type": "postgresql",
                     "url": f"postgresql://postgres@127.0.0.1:{postgres.port}/{found.database}?sslmode=disable"}],
    }
    found.process = Natmill(natmill, ["run", "-c", str(write_config(folder, config))], folder)
    try:
        wait_until(lambda: "natmill_watermarks" in found.tables() and
                   len(found.sql("SELECT 1 FROM natmill_watermarks")) >= len(request.module.TOPICS), 30,
                   lambda: f"natmill reads:\n{found.process.err[-3000:]}")
        yield found
    finally:
        found.process.kill()
