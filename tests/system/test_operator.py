# SPDX-License-Identifier: Apache-2.0
"""A day of an operator, by docs/operating.md alone: a script is broken and mended, reloads are refused and taken, the
database is away while its password changes; all is watched over HTTP, and nothing is lost or stored twice."""

import collections
import os
import pathlib
import re
import signal
import sys
import time

import pytest

import traffic
from answers import get
from waiting import wait_until

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

OUTAGE_S = float(os.environ.get("TEST_OUTAGE_S", "4"))
PARTITIONS = 4
OLD, NEW = "old-password-5d1", "new-password-9f3"
BY_PASSWORD = ["local all all trust", "host all postgres all trust", "host all cgnat all scram-sha-256"]


@pytest.fixture
def database(tmp_path):
    """A server of its own with a login that needs its password."""
    pytest.importorskip("psycopg2")
    from database import Postgres
    server = Postgres().start()
    server.name = server.create()
    server.run("postgres", f"CREATE ROLE cgnat LOGIN PASSWORD '{OLD}'")
    server.run("postgres", f"ALTER DATABASE {server.name} OWNER TO cgnat")
    server.hba(BY_PASSWORD)
    yield server
    server.close()


class Operator:
    """What one sees of a running natmill, and does to it."""

    def __init__(self, process, run_natmill):
        self.process, self.run_natmill = process, run_natmill
        self.at = process.http_at()

    def get(self, path):
        return get(self.at, path)

    def metric(self, name, worst=max):
        values = [float(value) for value in
                  re.findall(rf"^natmill_{name}(?:{{.*}})? (\S+)$", self.get("/metrics")[1], re.MULTILINE)]
        assert values, name
        return worst(values)

    def wait_ready(self, ready=True, timeout=60):
        code = 200 if ready else 503
        wait_until(lambda: self.get("/readyz")[0] == code, timeout,
                   lambda: f"/readyz says {code}: {self.get('/readyz')}\n{self.process.err[-2000:]}")
        return self.get("/readyz")[1]

    def command(self, *arguments, status=0):
        done = self.run_natmill(*arguments, "-c", "natmill.yaml")
        assert done.returncode == status, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr


def stored(database):
    """{(partition, offset): how often} of events and dead letters."""
    import psycopg2
    found = collections.Counter()
    for table, where in (("session_mapping", ""), ("natmill_dead_letters", " WHERE output = ''")):
        try:
            found.update(database.run(database.name, f'SELECT "partition", "offset" FROM {table}{where}'))
        except psycopg2.errors.UndefinedTable:
            pass
    return found


def wait_stored(database, count, what):
    """Until the first `count` numbers of each partition are there, each once."""
    want = {(partition, number) for partition in range(PARTITIONS) for number in range(count)
            if traffic.kind(number) != "ignored"}
    wait_until(lambda: set(stored(database)) == want, 90, what, every=0.2)
    assert set(stored(database).values()) == {1}


@pytest.mark.timeout(240 + 2 * OUTAGE_S)
def test_a_day(kafka, topic, configure, start_natmill, run_natmill, database, tmp_path):
    password = tmp_path / "password"
    password.write_text(f"{OLD}\n")
    output = {"type": "postgresql", "identity": True, "password_file": str(password),
              "url": f"postgresql://cgnat@127.0.0.1:{database.port}/{database.name}"}
    process = start_natmill(configure(kafka, topic, outputs=[output], workers=2))
    script = tmp_path / "vendors" / "nfware.lua"
    good = script.read_text()
    operator = Operator(process, run_natmill)
    count = 0

    def tail():
        return process.err[-3000:]

    def more(messages):
        nonlocal count
        traffic.produce(kafka, topic, messages, start=count)
        count += messages

    more(500)
    operator.wait_ready()
    wait_stored(database, count, tail)

    script.write_text(good.replace("return nfware", "return nfwrae"))
    assert "nfware.lua" in operator.command("check", status=1)
    assert "refused" in operator.command("reload", status=1)
    more(100)
    wait_stored(database, count, tail)
    assert operator.metric("generation") == 1

    script.write_text(good.replace("return nfware", 'nfware:ignore "PING {*}"\n\nreturn nfware'))
    operator.command("check")
    assert re.search("generation 2$", operator.command("reload"), re.MULTILINE)
    assert operator.metric("generation") == 2
    more(100)
    wait_stored(database, count, tail)

    assigned = process.err.count("Kafka: assigned")
    database.stop(signal.SIGINT)
    away = time.monotonic()
    more(1000)
    assert "output postgresql" in operator.wait_ready(False)
    wait_until(lambda: operator.metric("partition_lag_messages") >= 1000, 30, "the lag is seen")
    shown = operator.command("top", "--once")
    assert "NOT READY" in shown and topic in shown
    (tmp_path / "password.new").write_text(f"{NEW}\n")
    (tmp_path / "password.new").rename(password)
    wait_until(lambda: operator.metric("partition_lag_seconds") > min(OUTAGE_S, 2) and
               time.monotonic() - away > OUTAGE_S, OUTAGE_S + 30, "the outage is over, and seen")
    assert operator.get("/healthz")[0] == 200 and process.running()
    database.start()
    database.run("postgres", f"ALTER ROLE cgnat PASSWORD '{NEW}'")
    operator.wait_ready()
    wait_stored(database, count, tail)
    wait_until(lambda: operator.metric("partition_lag_messages") == 0, 30, "nothing lags")
    assert operator.metric("output_failures") == 0
    assert process.err.count("Kafka: assigned") == assigned, "nobody left the group"
    assert process.terminate() == 0
    assert OLD not in process.err and NEW not in process.err
    wait_stored(database, count, tail)
