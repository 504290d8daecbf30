# SPDX-License-Identifier: Apache-2.0
"""natmill topics: what it tells of topics and consumers, what it warns of, what it makes; against a real Kafka, whose
own words are asked for with another client. The rules at their edges: tests/unit/test_topics_advice.c."""

import json
import pathlib
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import ConfigResource

import kafka_server
import traffic
from kafka_cluster import KafkaCluster
from natmill_process import write_config
from waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture
def real(kafka):
    if kafka.is_mock:
        pytest.skip("the mock cluster does not answer these questions")
    return kafka


@pytest.fixture
def topics(run_natmill, configure, tmp_path):
    """topics(cluster, names, *arguments, **sections): natmill topics with a configuration that reads these."""

    def run(cluster, names, *arguments, **sections):
        config = configure(cluster, "unused", **sections)
        config["topics"] = {name: ["nfware"] for name in names}
        return run_natmill("topics", *arguments, "-c", write_config(tmp_path, config, "topics.yaml"))

    return run


def fresh(prefix="new"):
    return f"{prefix}.{uuid.uuid4().hex[:12]}"


def settings(cluster, topic):
    """Of several brokers the one that is asked may hear of a new topic last."""
    resource = ConfigResource("topic", topic)
    found = {}

    def told():
        try:
            found.update(cluster.admin.describe_configs([resource])[resource].result(30))
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
        return found

    wait_until(told, 30, f"the broker knows {topic}")
    return {name: entry.value for name, entry in found.items()}


def looked(done):
    """The JSON of --json, with the topics by name and the findings as {kind: [topics]}."""
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    answer["topics"] = {one["topic"]: one for one in answer["topics"]}
    answer["kinds"] = {one["kind"]: one["topics"] for one in answer["findings"]}
    return answer


def test_makes_what_is_missing(real, topics):
    name, dead, there = fresh(), fresh(), real.create_topic(partitions=1, retention_ms=3600000)
    pattern = f"^{fresh('none')}.*"
    names, store = [name, there, pattern], {"type": "kafka", "topic": dead}
    done = topics(real, names, "--create", "--dry-run", dead_letters=store)
    assert done.returncode == 0 and f"would make {name}: 16 partitions, replication 1" in done.stdout
    assert real.partitions(name) == 0
    done = topics(real, names, "--create", "--retention", "30d", dead_letters=store)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    assert f"made {name}: 16 partitions, replication 1, min.insync.replicas 1, retention 30d\n" in done.stdout
    assert f"made {dead}: " in done.stdout and f"is there: {there}\n" in done.stdout and "none" not in done.stdout
    assert real.partitions(name) == 16 and real.partitions(there) == 1
    made = settings(real, name)
    assert made["retention.ms"] == str(30 * 86400000) and made["min.insync.replicas"] == "1"
    assert made["cleanup.policy"] == "delete" and made["compression.type"] == "producer"
    assert settings(real, there)["retention.ms"] == "3600000"
    assert int(settings(real, dead)["max.message.bytes"]) > int(made["max.message.bytes"])
    done = topics(real, names, "--create", "--partitions", "8", "--retention", "30d", dead_letters=store)
    assert done.returncode == 0 and "made " not in done.stdout
    assert f"has 1 partitions; kafka-topics.sh --bootstrap-server {real.bootstrap} --alter --topic {there} " \
           "--partitions 8" in done.stdout
    assert f"--entity-name {there} --add-config retention.ms=2592000000" in done.stdout
    assert real.partitions(there) == 1


def test_three_make_the_same(real, run_natmill, configure, tmp_path):
    names = [fresh() for _ in range(5)]
    config = configure(real, "unused")
    config["topics"] = {name: ["nfware"] for name in names}
    path = write_config(tmp_path, config)
    with ThreadPoolExecutor(3) as pool:
        runs = list(pool.map(lambda _: run_natmill("topics", "--create", "--partitions", "2", "-c", path), range(3)))
    assert [(done.returncode, done.stderr) for done in runs] == [(0, "")] * 3
    assert all(real.partitions(name) == 2 for name in names)


def test_only_the_topics_that_are_named(real, topics):
    one, other = fresh(), fresh()
    assert topics(real, [one, other], "--create", one).returncode == 0
    assert real.partitions(one) == 16 and real.partitions(other) == 0
    assert other not in topics(real, [one, other], one).stdout
    done = topics(real, [one], "--create", "elsewhere")
    assert done.returncode == 1 and "topic elsewhere: no script reads it" in done.stderr
    assert real.partitions("elsewhere") == 0


def test_shows_consumers_and_lag(real, topics, configure, start_natmill, ledger, tmp_path, run_natmill):
    topic = real.create_topic(partitions=4)
    config = configure(real, topic, {"session.timeout.ms": 20000}, workers=2)
    traffic.produce(real, topic, 25)
    process = start_natmill(config)
    ledger.wait(topic, 25)

    def look():
        return looked(run_natmill("topics", "--json", "-c", tmp_path / "natmill.yaml"))

    def settled():
        found = look()
        one = found["topics"][topic]
        return one["lag"] == 0 and one["consumers"] == 2 and found  # the second worker may join later

    answer = wait_until(settled, 60, "both workers have partitions, and all is read")
    assert (answer["consumers"], answer["hosts"], answer["group_state"]) == (2, 1, "Stable")
    one = answer["topics"][topic]
    assert one["readers"] == "nfware" and len(one["partitions"]) == 4
    assert sum(part["end"] for part in one["partitions"]) == 100
    assert all(part["oldest_ms"] > 1.6e12 for part in one["partitions"])
    assert process.terminate() == 0
    traffic.produce(real, topic, 15, start=25)
    answer = look()
    assert answer["consumers"] == 0 and answer["topics"][topic]["lag"] == 60
    real.admin.delete_records([TopicPartition(topic, 0, one["partitions"][0]["end"] + 5)])
    answer = wait_until(lambda: "lost" in (found := look())["kinds"] and found, 30)
    assert answer["topics"][topic]["lag"] == 55 and "at most 5" in json.dumps(answer["findings"])


def test_warns(real, topics):
    """Each setting that loses messages or stops the flow is told, and mended by what it says."""
    bad = real.create_topic(partitions=1, retention_ms=86400000, cleanup_policy="compact,delete",
                            unclean_leader_election_enable="true", max_message_bytes=5000,
                            message_timestamp_type="LogAppendTime", retention_bytes=1000000)
    good = real.create_topic(partitions=4)
    done = topics(real, [bad, good], "--json", workers=4)
    kinds = looked(done)["kinds"]
    for kind in ("retention", "compact", "unclean", "small", "time", "bytes", "narrow"):
        assert kinds.pop(kind) == [bad], kind
    assert set(kinds.pop("single")) >= {bad, good}
    assert kinds == {}
    done = topics(real, [bad], "--check", workers=4)
    assert done.returncode == 1
    assert f"warning: consumers without a partition: 3 of 4: " in done.stdout
    assert f"(kafka.longest_outage 3d): {bad} (1d): " in done.stdout
    assert f"--entity-name {bad} --add-config retention.ms=604800000" in done.stdout
    assert "\033" not in done.stdout
    assert topics(real, [bad], workers=4).returncode == 0


def test_longest_outage_of_the_configuration(real, topics):
    topic = real.create_topic(partitions=2)
    for outage, found in (("7d", False), ("8d", True)):
        config = {"brokers": real.bootstrap, "longest_outage": outage}
        assert ("retention" in looked(topics(real, [topic], "--json", kafka=config))["kinds"]) == found


def test_what_scripts_alone_declare_may_be_missing(real, run_natmill, configure, tmp_path):
    (tmp_path / "scripts").mkdir()
    prefix = fresh()
    declared = f"{prefix}.syslog.nfware"
    script = (ROOT / "vendors/nfware.lua").read_text(encoding="utf-8").replace('"cgnat.', f'"{prefix}.')
    (tmp_path / "scripts/nfware.lua").write_text(script, encoding="utf-8")
    config = configure(real, "unused", topics=None, vendors=str(tmp_path / "scripts"))
    path = write_config(tmp_path, config, "declared.yaml")
    kinds = looked(run_natmill("topics", "--json", "-c", path))["kinds"]
    assert declared in kinds["missing"]  # none at all is there
    topic = real.create_topic()
    config["topics"] = {topic: ["nfware"], "*": {}}
    kinds = looked(run_natmill("topics", "--json", "-c", write_config(tmp_path, config, "declared.yaml")))["kinds"]
    assert "missing" not in kinds and declared in kinds["unused"]


def test_outputs_elsewhere_are_left_alone(real, topics):
    outputs = [{"type": "kafka", "topic": "events.elsewhere", "brokers": "127.0.0.1:1"}]
    outputs[0]["transactional"] = False
    topic, dead = real.create_topic(), fresh()
    answer = looked(topics(real, [topic], "--json", outputs=outputs, dead_letters={"type": "kafka", "topic": dead}))
    assert answer["topics"]["events.elsewhere"]["state"] == "elsewhere"
    assert answer["topics"][dead]["writers"] == "dead_letters" and answer["kinds"]["missing"] == [dead]


def test_ends_with_one_clear_line(run_natmill, configure, kafka, tmp_path):
    config = configure(kafka, "t")
    config["kafka"].update(brokers="127.0.0.1:1", connect_timeout="300ms")
    path = write_config(tmp_path, config, "away.yaml")
    for arguments in ([], ["--create"]):
        done = run_natmill("topics", *arguments, "-c", path)
        assert done.returncode == 3 and done.stdout == ""
        assert done.stderr.startswith("natmill: Kafka: no broker of 127.0.0.1:1 answered within 1 s")
    assert run_natmill("topics", "-c", tmp_path / "none.yaml").returncode == 1
    for wrong in (["--partitions", "3"], ["--create", "--json"], ["--create", "--partitions", "0"],
                  ["--create", "--retention", "7"], ["--nothing"]):
        done = run_natmill("topics", *wrong, "-c", path)
        assert done.returncode == 2 and done.stderr.count("\n") == 1, wrong


@pytest.mark.slow
@pytest.mark.skipif(not kafka_server.available(), reason="needs Apache Kafka")
def test_only_asking_makes_nothing(topics):
    """Brokers that make topics on demand, too."""
    with kafka_server.KafkaServer({"auto.create.topics.enable": "true"}) as server:
        name = fresh()
        assert name in topics(server, [name]).stdout
        assert server.partitions(name) == 0


class StrictKafka(kafka_server.KafkaServer):
    """Whoever comes without a name may do all; the user natmill may do what he is given."""

    def __init__(self):
        super().__init__()
        self.strict_port, = kafka_server.free_ports(1)
        plain = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_natmill="kafka-s3cret";'
        self.configure({
            "listeners": f"{self._properties()['listeners']},STRICT://127.0.0.1:{self.strict_port}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,STRICT:SASL_PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
            "sasl.enabled.mechanisms": "PLAIN",
            "listener.name.strict.plain.sasl.jaas.config": plain,
            "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
            "super.users": "User:ANONYMOUS",
        })


@pytest.mark.slow
@pytest.mark.skipif(not kafka_server.available(), reason="needs Apache Kafka")
def test_rights(topics):
    login = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "natmill",
             "sasl.password": "kafka-s3cret"}
    with StrictKafka() as server:
        there, missing = server.create_topic(), fresh()
        own = {"brokers": f"127.0.0.1:{server.strict_port}", "properties": login}
        answer = looked(topics(server, [there, missing], "--json", kafka=own))
        assert answer["kinds"]["refused"] == [there, missing]
        assert "right Describe on the group" in " ".join(answer["untold"])
        done = topics(server, [missing], "--create", kafka=own)
        assert done.returncode == 3 and done.stderr.count("\n") == 1
        assert f"--operation Describe --operation Create --topic {missing}" in done.stderr
        assert server.partitions(missing) == 0 and "s3cret" not in done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.skipif(not kafka_server.available(), reason="needs Apache Kafka")
def test_three_brokers(topics, tmp_path):
    # A broker whose heartbeat is late on a loaded machine must not be taken for one that is away.
    with KafkaCluster({"broker.session.timeout.ms": 6000}) as cluster:
        name, lone = fresh(), fresh()
        done = topics(cluster, [name], "--create")
        assert f"made {name}: 16 partitions, replication 3, min.insync.replicas 2, retention 7d\n" in done.stdout
        assert settings(cluster, name)["min.insync.replicas"] == "2"
        wait_until(lambda: topics(cluster, [name], name, "--check").returncode == 0, 60, "nothing to warn of")
        assert topics(cluster, [lone], "--create", "--replication", "4").returncode == 1
        topics(cluster, [lone], "--create", "--replication", "1", "--partitions", "3")
        strict = cluster.create_topic(partitions=16, min_insync_replicas=3)
        single = cluster.create_topic(partitions=16, min_insync_replicas=1)

        # Each broker hears of topics, of their settings and of a broker's end in its own time, and any may be asked.
        kinds = {}

        def before():
            nonlocal kinds
            kinds = looked(topics(cluster, [name, lone, strict, single], "--json"))["kinds"]
            of_copies = [kinds.get(kind) for kind in ("single", "writes", "one_copy")]
            return "leader" not in kinds and "in_sync" not in kinds and of_copies == [[lone], [strict], [single]]

        wait_until(before, 60, lambda: f"all replicas are in sync, {kinds}")
        cluster.nodes[2].kill()

        def after():
            nonlocal kinds
            done = topics(cluster, [name, lone], "--json")
            if done.returncode == 3:  # the one to ask is the one that is gone, and the others have not missed it yet
                return False
            kinds = looked(done)["kinds"]
            in_sync = kinds.get("in_sync", [])
            return kinds.get("leader") == [lone] and name in in_sync and lone not in in_sync

        def refused():
            done = topics(cluster, [fresh()], "--create")
            assert "replication 2," not in done.stdout, done.stdout
            return done.returncode == 3 and "would have replication 2: 1 of 3 brokers is away" in done.stderr

        wait_until(after, 60, lambda: f"the broker is missed, {kinds}")
        wait_until(refused, 60, "a topic of fewer copies is not made")
