# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the system tests: a configuration with everything that a quick test wants."""

import pytest

import traffic
from ledger import Ledger
from letters import Postgresql, Sqlite, mark, vendors
from natmill_process import write_config
from waiting import wait_until

QUICK = {"session.timeout.ms": 1000, "heartbeat.interval.ms": 100, "topic.metadata.refresh.interval.ms": 500}


def pytest_configure(config):
    config.addinivalue_line("markers", "slow: takes ten seconds or so and has a quicker neighbour; `./run test --all`")


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "events.db")


@pytest.fixture(scope="module")
def store_server():
    from database import Postgres  # here, so that tests without it need no server
    one = Postgres().start()
    yield one
    one.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request, tmp_path):
    """A database as letters.py drives it: of events and dead letters."""
    one = Sqlite(tmp_path / "events.db") if request.param == "sqlite" else Postgresql(
        request.getfixturevalue("store_server"))
    yield one
    one.close()


@pytest.fixture
def configure(tmp_path, group, ledger):
    """configure(cluster, topic, properties, **sections): one worker, into SQLite. properties are librdkafka's. A
    section given replaces ours or, if a dict, adds to it; one that is None is left out."""

    def make(cluster, topic, properties=None, **sections):
        properties = {**QUICK, **(properties or {})}
        if cluster.is_mock:  # it throws members out whose session is shorter
            properties["session.timeout.ms"] = max(properties["session.timeout.ms"], 1000)
        config = {
            "kafka": {"brokers": cluster.bootstrap, "group": group, "properties": properties},
            "vendors": str(traffic.vendors(tmp_path)),
            "topics": {topic: ["nfware"]},
            "workers": 1,
            "outputs": [{"type": "sqlite", "path": str(ledger.path)}],
        }
        for name, value in sections.items():
            if isinstance(value, dict) and isinstance(config.get(name), dict):
                value = {**config[name], **value}
            config[name] = value
        return {name: value for name, value in config.items() if value is not None}

    return make


@pytest.fixture
def stored(kafka, configure, start_natmill, tmp_path, store):
    """stored(values, ...): natmill has taken these messages of the script of letters.py, and ended; (topic, config
    path)."""

    def run(values, outputs=None, partitions=1, **sections):
        topic = kafka.create_topic(partitions=partitions)
        for place in range(partitions):
            kafka.produce(topic, values[place::partitions], partition=place, enable_idempotence=True)
        vendors(tmp_path)
        config = configure(kafka, topic, outputs=outputs or [store.output()], vendors=str(tmp_path / "scripts"),
                           **sections)
        process = start_natmill(config)
        wait_until(lambda: mark(store, topic) == len(values), 60, lambda: process.err[-2000:])
        assert process.terminate() == 0
        return topic, str(write_config(tmp_path, config))

    return run
