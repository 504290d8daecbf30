# SPDX-License-Identifier: Apache-2.0
"""Several vendors on one topic, chosen by host: run, try and check read the configuration alike."""

import json

import pytest
import yaml

SCRIPT = 'local {0} = vendor "{0}"\n{0}:zone "{1}"\n{0}:address_mapping("{{*}} {{src_ip}} {{x_ip}}", ' \
         '{{ action = "created", vrf_id = "{0}" }})\nreturn {0}\n'
ZONES = {"one": "UTC", "two": "+02:00", "three": "-01:00"}
HOSTS = {"192.0.2.1": ["two"], "10.1.0.0/16": ["three"], "10.1.2.0/24": ["two"], "cgn-3": ["three"]}


def line(ip, host, number):
    return json.dumps({"message": f"nat 10.0.0.{number} 203.0.113.1", "ip": ip, "host": host,
                       "timestamp": "2025-05-02 11:00:00"}).encode()


LINES = [line("192.0.2.9", "x", 1), line("192.0.2.1", "x", 2), line("10.1.9.9", "x", 3), line("10.1.2.9", "x", 4),
         line("192.0.2.1", "CGN-3", 5), b"<13>2025-05-02 11:00:00 192.0.2.1 nat 10.0.0.6 203.0.113.1"]
EXPECTED = {"10.0.0.1": ("one", 11), "10.0.0.2": ("two", 9), "10.0.0.3": ("three", 12), "10.0.0.4": ("two", 9),
            "10.0.0.5": ("three", 12), "10.0.0.6": ("two", 9)}


@pytest.fixture
def config(tmp_path):
    """config(topic): a file with that topic's hosts, its path."""
    folder = tmp_path / "vendors"
    folder.mkdir(exist_ok=True)
    for name, zone in ZONES.items():
        (folder / f"{name}.lua").write_text(SCRIPT.format(name, zone), encoding="utf-8")

    def make(topic, hosts=None):
        text = yaml.safe_dump({"kafka": {"brokers": "localhost:1"}, "vendors": "vendors",
                               "topics": {topic: {"vendors": ["one"], "hosts": hosts or HOSTS}},
                               "outputs": [{"type": "null"}]})
        (tmp_path / "natmill.yaml").write_text(text, encoding="utf-8")
        return tmp_path / "natmill.yaml"

    return make


def tried(run_natmill, *arguments, **options):
    done = run_natmill("try", "--json", *arguments, input=b"\n".join(LINES), **options)
    assert done.returncode == 0, done.stderr
    events = [json.loads(answer)["events"][0] for answer in done.stdout.splitlines()]
    return {event["src_ip"]: (event["vrf_id"], int(event["timestamp"][11:13])) for event in events}


def test_try_as_configured(run_natmill, config):
    path = config("t")
    assert tried(run_natmill, "--topic", "t", "-c", path) == EXPECTED
    assert tried(run_natmill, "--topic", "t") == EXPECTED
    assert set(tried(run_natmill, "--vendor", "one", "-c", path).values()) == {("one", 11)}


def test_run_as_tried(kafka, configure, config, start_natmill, ledger):
    topic = kafka.create_topic(partitions=1)
    config(topic)
    kafka.produce(topic, LINES, partition=0, enable_idempotence=True)
    process = start_natmill(configure(kafka, topic, topics={topic: {"vendors": ["one"], "hosts": HOSTS}}))
    ledger.wait(topic, len(LINES), partitions=1)
    assert process.terminate() == 0
    rows = ledger.query("SELECT src_ip, vrf_id, timestamp FROM address_mapping")
    assert {row[0]: (row[1], int(row[2][11:13])) for row in rows} == EXPECTED


@pytest.mark.parametrize("hosts, message", [
    ({"192.0.2.1": ["tow"]}, "no vendor script 'tow'; did you mean 'two'?"),
    ({"192.0.2.300": ["two"]}, "host '192.0.2.300' is no IPv4 or IPv6 address or prefix"),
    ({"10.1.2.3/16": ["two"]}, "host '10.1.2.3/16' has bits behind its length; write 10.1.0.0/16"),
    ({"a": "two"}, "topics.'t'.hosts must have a list of scripts for each host, such as [a10]"),
    (["a"], "topics.'t'.hosts must be a map, such as { 192.0.2.1: [a10] }"),
])
def test_mistakes_have_their_place(run_natmill, config, hosts, message):
    done = run_natmill("check", "-c", config("t", hosts))
    assert done.returncode == 1
    place, text = done.stderr.splitlines()[0].removeprefix("natmill: ").split(": ", 1)
    assert message in text
    assert place.split(":")[-2].isdigit() and place.split(":")[-1].isdigit()


def test_from_the_environment(run_natmill, config):
    path = config("t")
    topics = json.dumps({"t": {"vendors": ["one"], "hosts": HOSTS}})
    path.write_text(yaml.safe_dump({"vendors": "vendors"}), encoding="utf-8")
    env = {"NATMILL_TOPICS": topics, "NATMILL_KAFKA_BROKERS": "localhost:1", "NATMILL_OUTPUTS_0_TYPE": "null"}
    assert tried(run_natmill, "--topic", "t", "-c", path, env=env) == EXPECTED
