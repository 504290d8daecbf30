# SPDX-License-Identifier: Apache-2.0
"""The short form of the fault campaigns, for ./run test; all of them: ./run faults."""

import random

import pytest

import data
import group
import killing
import kafka_server
import link
import reloading
import server
import sink_file
import sink_http
import sink_kafka
import sink_redis
from rig import Rig, World

pytestmark = pytest.mark.skipif(not kafka_server.available(), reason="Apache Kafka is not there")


@pytest.fixture(scope="module")
def world():
    with World() as servers:
        yield servers


@pytest.fixture
def rig(world):
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    one = Rig(world, seed)
    yield one
    one.close()


def test_kills(rig):
    killing.kills(rig, 10)


def test_lost_commit_answer(rig):
    link.lost_commit_answer(rig, 6)


def test_check_constraint(rig):
    data.check_constraint(rig, 2000)


def test_postgres_restart(rig):
    server.postgres_restart(rig, 2)


def test_stop_past_session(rig):
    group.stop_past_session(rig)


def test_scale_cooperative(rig):
    group.scale_cooperative(rig)


def test_redis_restart(rig):
    sink_redis.redis_restart(rig, 2)


def test_http_answers(rig):
    sink_http.http_answers(rig, ("401",), ("429 1",), ("half",))


def test_kafka_kills(rig):
    sink_kafka.kafka_kills(rig, 6)


def test_file_kills(rig):
    sink_file.file_kills(rig, 6)


def test_reload_storm(rig):
    reloading.reload_storm(rig, 20)


def test_password_rotated(rig):
    reloading.password_rotated(rig)


def test_the_log_tells_what_was_written(rig):
    """What a producer wrote twice are two messages, and each must become an event; what nobody wrote is told."""
    rig.produced.numbers(8)
    rig.produced.flush()
    rig.kafka.produce(rig.topic, [rig.produced.values[1, 0]], partition=1)
    rig.produced.numbers(8)
    rig.produced.flush()
    assert rig.produced.repeated == 1 and len(rig.produced.values) == 17
    rig.kafka.produce(rig.topic, [b"a stranger"], partition=2)
    with pytest.raises(AssertionError, match="is nobody's"):
        rig.produced.flush()
