# SPDX-License-Identifier: Apache-2.0
"""What a user gets to see: one clear line and the right exit code when something is wrong; the environment alone as
configuration; librdkafka's properties."""

import time

import pytest
from confluent_kafka import KafkaException

import traffic
from kafka_server import free_ports
from natmill_process import Natmill, write_config
from waiting import wait_until


def error_of(result, status):
    """The one line on standard error besides log lines."""
    assert result.returncode == status, result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("natmill: ")]
    assert len(lines) == 1, result.stderr
    return lines[0]


@pytest.fixture
def run(run_natmill, tmp_path):
    """Runs `natmill run` with that configuration to its end."""

    def go(config, **options):
        return run_natmill("run", "-c", str(write_config(tmp_path, config)), **options)

    return go


def test_unreachable_broker(run, configure, kafka):
    port, = free_ports(1)
    config = configure(kafka, "t")
    config["kafka"].update(brokers=f"127.0.0.1:{port}", connect_timeout="1s")
    start = time.monotonic()
    result = run(config)
    assert time.monotonic() - start < 5
    line = error_of(result, 3)
    assert f"no broker of 127.0.0.1:{port} answered within 1 s" in line
    assert "check kafka.brokers" in line
    assert "librdkafka" not in result.stderr


def test_stop_while_no_broker_answers(start_natmill, configure, kafka):
    port, = free_ports(1)
    config = configure(kafka, "t")
    config["kafka"].update(brokers=f"127.0.0.1:{port}", connect_timeout="60s")
    process = start_natmill(config)
    process.wait_for_err("workers, group")
    assert process.terminate(timeout=5) == 0


def test_broken_script(run, configure, kafka, tmp_path):
    config = configure(kafka, "t")
    script = tmp_path / "vendors" / "nfware.lua"
    script.write_text('local nfware = vendor "nfware"\n\nnfware:topics(\n', encoding="utf-8")
    assert "vendors/nfware.lua:3: " in error_of(run(config), 1)


def test_wrong_configuration(run_natmill, tmp_path):
    path = tmp_path / "wrong.yaml"
    path.write_text("kafka:\n  brokers: localhost:9094\n  gruop: x\noutputs:\n  - type: 'null'\n", encoding="utf-8")
    line = error_of(run_natmill("run", "-c", str(path)), 1)
    assert "wrong.yaml:3:3: unknown key 'gruop'" in line and "'group'" in line


def test_missing_configuration(run_natmill):
    assert "absent.yaml" in error_of(run_natmill("run", "-c", "absent.yaml"), 1)


@pytest.mark.parametrize("name, value, advice", [
    ("enable.auto.commit", "true", "natmill's own"),
    ("enable.auto.offset.store", "true", "natmill's own"),
    ("auto.offset.reset", "earliest", "natmill's own"),
    ("enable.partition.eof", "true", "natmill's own"),
    ("group.id", "x", "use the option kafka.group"),
    ("bootstrap.servers", "localhost:1", "use the option kafka.brokers"),
    ("metadata.broker.list", "localhost:1", "use the option kafka.brokers"),
    ("partition.assignment.strategy", "range", "use the option kafka.strategy"),
])
def test_own_properties_are_refused(name, value, advice, run, configure, kafka):
    line = error_of(run(configure(kafka, "t", {name: value})), 1)
    assert "kafka.properties: " in line and name in line and advice in line


def test_unknown_property_is_refused(run, configure, kafka):
    assert "no.such.property" in error_of(run(configure(kafka, "t", {"no.such.property": "1"})), 1)


def test_check_names_the_place_of_a_property(run_natmill, tmp_path):
    (tmp_path / "natmill.yaml").write_text(
        "kafka:\n  brokers: localhost:1\n  properties:\n    fetch.min.bytes: 3\n    fetch.min.byts: 3\n"
        "    enable.auto.commit: true\n    session.timeout.ms: abc\noutputs: [ { type: stdout } ]\n")
    done = run_natmill("check")
    lines = done.stderr.splitlines()
    assert done.returncode == 1 and len(lines) == 3, done.stderr
    assert "natmill.yaml:5:21: kafka.properties: " in lines[0] and "did you mean fetch.min.bytes?" in lines[0]
    assert "natmill.yaml:6:" in lines[1] and "natmill's own" in lines[1]
    assert "natmill.yaml:7:" in lines[2] and "session.timeout.ms" in lines[2]


def test_any_property_passes_through(kafka, topic, group, configure, start_natmill):
    if kafka.is_mock:
        pytest.skip("the mock cluster does not describe groups")
    process = start_natmill(configure(kafka, topic, {"client.id": "my-own-name", "message.max.bytes": 50000000}))

    def members():
        future, = kafka.admin.describe_consumer_groups([group]).values()
        try:
            return [member.client_id for member in future.result(30).members]
        except KafkaException as why:  # the coordinator is just coming up
            return why

    wait_until(lambda: members() == ["my-own-name"], 60, lambda: f"{members()} {process.err}")
    assert process.terminate() == 0


def test_environment_alone(kafka, topic, group, natmill, tmp_path, ledger):
    traffic.produce(kafka, topic, 100)
    process = Natmill(natmill, ["run"], tmp_path, {
        "NATMILL_KAFKA_BROKERS": kafka.bootstrap,
        "NATMILL_KAFKA_GROUP": group,
        "NATMILL_KAFKA_PROPERTIES_SESSION_TIMEOUT_MS": "1000",
        "NATMILL_WORKERS": "1",
        "NATMILL_VENDORS": str(traffic.vendors(tmp_path)),
        "NATMILL_TOPICS": '{"%s": [nfware]}' % topic,
        "NATMILL_OUTPUTS_0_TYPE": "sqlite",
        "NATMILL_OUTPUTS_0_PATH": str(ledger.path),
    })
    try:
        ledger.wait(topic, 100)
        assert process.terminate() == 0
    finally:
        process.kill()
    ledger.check(topic, 100)
