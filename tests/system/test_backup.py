# SPDX-License-Identifier: Apache-2.0
"""The chapter on backups of docs/operating.md: a dump of the database, taken while natmill writes, holds rows and
watermarks of the same moment. Restored, natmill reads Kafka again from there: nothing is missing, nothing twice."""

import glob
import pathlib
import re
import subprocess

import pytest

import traffic
from letters import Postgresql, mark
from waiting import wait_until

PER_PARTITION = 6000
PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "operating.md").read_text()
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server():
    from database import Postgres  # letters has found it
    one = Postgres().start()
    yield one
    one.close()


def by_the_page(server, name, **replace):
    """Runs the page's command that begins so, with names of this server's."""
    command = re.search(rf"^    ({name} .*)$", PAGE, re.MULTILINE).group(1)
    names = "|".join(sorted(map(re.escape, replace), key=len, reverse=True))  # cgnat.dump is no place of cgnat
    command = re.sub(rf"\b(?:{names})\b", lambda match: str(replace[match[0]]), command)
    folder, = glob.glob("/usr/lib/postgresql/*/bin")[-1:]
    environment = {"PATH": f"{folder}:/usr/bin:/bin", "PGHOST": "127.0.0.1", "PGPORT": str(server.port),
                   "PGUSER": "postgres"}
    done = subprocess.run(command, shell=True, env=environment, capture_output=True, text=True, timeout=120,
                          check=False)
    assert done.returncode == 0, done.stderr


def found(store, topic):
    """[(partition, offset)] of all events and dead letters, with doubles."""
    tables = [store.query(f'SELECT "partition", "offset" FROM {name} WHERE topic = ?', topic)
              for name in ("session_mapping", "natmill_dead_letters")]
    return sorted(row for rows in tables for row in rows)


def test_an_older_database_is_made_whole(server, kafka, topic, group, configure, start_natmill, tmp_path):
    """Taken under load; what came later is lost with the database, and read again from Kafka. The group's offsets are
    further on by then: they do not count."""
    store = Postgresql(server)
    dump = tmp_path / "dump"
    config = configure(kafka, topic, outputs=[store.output()], batch={"messages": 200, "wait": "20ms"})
    traffic.produce(kafka, topic, PER_PARTITION)
    process = start_natmill(config)
    wait_until(lambda: mark(store, topic) >= 1000, 60, lambda: process.err[-2000:])
    by_the_page(server, "pg_dump", cgnat=store.database, **{"cgnat.dump": dump})
    assert dump.stat().st_size > 0
    wait_until(lambda: mark(store, topic) == 4 * PER_PARTITION, 60, lambda: process.err[-2000:])
    assert process.terminate() == 0
    whole = found(store, topic)
    server.drop(store.database)
    server.run("postgres", f"CREATE DATABASE {store.database}")
    by_the_page(server, "pg_restore", cgnat=store.database, **{"cgnat.dump": dump})
    assert 1000 <= mark(store, topic) < 4 * PER_PARTITION, "the dump was to be taken under load"
    assert sum(kafka.committed(group, topic).values()) == 4 * PER_PARTITION
    process = start_natmill(config)
    wait_until(lambda: mark(store, topic) == 4 * PER_PARTITION, 60, lambda: process.err[-2000:])
    assert process.terminate() == 0
    assert found(store, topic) == whole
    wanted = [(partition, number) for partition in range(4) for number in range(PER_PARTITION)
              if traffic.kind(number) != "ignored"]
    assert whole == wanted
    store.close()
