# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests that drive the built program: a Kafka, fresh topics, natmill processes."""

import os
import pathlib
import subprocess
import uuid

import pytest

import kafka_server
from mock_kafka import MockKafka
from natmill_process import Natmill, write_config

ROOT = pathlib.Path(__file__).resolve().parents[1]
MOCK_MARK = ROOT / "build" / "results" / "mock-cluster"  # tests/setup/suite.py tells of it in the end


def start_kafka():
    if kafka_server.available():
        return kafka_server.KafkaServer().start()
    MOCK_MARK.parent.mkdir(parents=True, exist_ok=True)
    MOCK_MARK.touch()
    return MockKafka()


@pytest.fixture(scope="session")
def kafka():
    """One cluster for the whole run: use fresh topics and groups. Real Kafka; `kafka.is_mock` tells otherwise."""
    server = start_kafka()
    yield server
    server.close()


@pytest.fixture
def own_kafka():
    """A cluster of one's own, to break."""
    server = start_kafka()
    yield server
    server.close()


@pytest.fixture
def topic(kafka):
    """A fresh topic of four partitions. More of them: kafka.create_topic()."""
    return kafka.create_topic()


@pytest.fixture
def group():
    return "group-" + uuid.uuid4().hex[:12]


@pytest.fixture(scope="session")
def natmill():
    """The program under test: NATMILL, or the release build."""
    program = pathlib.Path(os.environ.get("NATMILL") or ROOT / "build" / "natmill").resolve()
    assert program.exists(), f"{program} is missing; ./run build"
    return program


@pytest.fixture
def run_natmill(natmill, tmp_path):
    """run_natmill("try", "--json", input=...): runs a command to its end; has returncode, stdout, stderr."""

    def run(*arguments, timeout=60, env=None, **options):
        return subprocess.run([natmill, *arguments], cwd=tmp_path, capture_output=True, timeout=timeout, check=False,
                              env={**os.environ, **(env or {})}, text=not isinstance(options.get("input"), bytes),
                              **options)

    return run


@pytest.fixture
def start_natmill(natmill, tmp_path):
    """start_natmill(config): `natmill run` with that configuration (dict or text) in tmp_path, as a Natmill.
    Whatever still runs when the test ends is killed."""
    started = []

    def start(config, *arguments, env=None, name="natmill.yaml"):
        path = write_config(tmp_path, config, name)
        process = Natmill(natmill, ["run", "-c", str(path), *arguments], tmp_path, env)
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
