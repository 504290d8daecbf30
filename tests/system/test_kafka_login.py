# SPDX-License-Identifier: Apache-2.0
"""Logging in to a real Kafka: TLS with good and bad certificates, natmill's own certificate, SASL SCRAM, a password by
file that is replaced while natmill runs. A bad one is told in clear words and nothing is taken."""

import confluent_kafka.admin as admin
import pytest

import kafka_server
from certificates import Authority, Front
from secured_sinks import COUNT, messages
from waiting import wait_until

pytestmark = pytest.mark.skipif(not kafka_server.available(), reason="needs Apache Kafka")

SCRAM = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
USER, PASSWORD, OTHER = "natmill", "kafka-s3cret-one", "kafka-s3cret-two"
BAD = {
    "expired": "certificate has expired",
    "unknown": "unable to get (local )?issuer certificate",
    "wrong-name": "[Hh]ostname mismatch",
}
LISTENERS = ["good", *BAD, "mutual", "scram"]


class SecuredKafka(kafka_server.KafkaServer):
    """A listener for each certificate, one that wants natmill's, and one for SCRAM over TLS, behind self.front."""

    def __init__(self, authority):
        super().__init__()
        self.ports = dict(zip(LISTENERS, kafka_server.free_ports(len(LISTENERS))))
        self.front = Front(self.ports["scram"])
        own = self._properties()
        names = {name: name.upper().replace("-", "") for name in LISTENERS}
        advertised = {**self.ports, "scram": self.front.port}
        settings = {
            "listeners": ",".join([own["listeners"], *(
                f"{names[one]}://127.0.0.1:{self.ports[one]}" for one in names)]),
            "advertised.listeners": ",".join([f"PLAINTEXT://127.0.0.1:{self.port}", *(
                f"{names[one]}://localhost:{advertised[one]}" for one in names)]),
            "listener.security.protocol.map": ",".join(["CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT", *(
                f"{names[one]}:{'SASL_SSL' if one == 'scram' else 'SSL'}" for one in names)]),
            "inter.broker.listener.name": "PLAINTEXT",
            "sasl.enabled.mechanisms": "SCRAM-SHA-256,SCRAM-SHA-512",
            "listener.name.scram.scram-sha-256.sasl.jaas.config": SCRAM,
            "listener.name.scram.scram-sha-512.sasl.jaas.config": SCRAM,
            "listener.name.mutual.ssl.client.auth": "required",
        }
        for one, name in names.items():
            prefix = f"listener.name.{name.lower()}.ssl"
            certificate = one if one in BAD else "good"
            settings.update({f"{prefix}.keystore.type": "PEM", f"{prefix}.truststore.type": "PEM",
                             f"{prefix}.keystore.location": authority.pem(certificate),
                             f"{prefix}.truststore.location": authority.ca})
        self.configure(settings)

    def set_password(self, password):
        for mechanism in (admin.ScramMechanism.SCRAM_SHA_256, admin.ScramMechanism.SCRAM_SHA_512):
            change = admin.UserScramCredentialUpsertion(USER, admin.ScramCredentialInfo(mechanism, 4096),
                                                        password.encode())
            for done in self.admin.alter_user_scram_credentials([change]).values():
                done.result(30)

    def close(self):
        self.front.close()
        super().close()


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def secured(authority):
    with SecuredKafka(authority) as server:
        server.set_password(PASSWORD)
        yield server


@pytest.fixture
def through(secured, configure, authority):
    """through(listener, topic, properties, **sections): the configuration of a natmill that goes that way."""

    def make(listener, topic, properties=None, **sections):
        port = secured.front.port if listener == "scram" else secured.ports[listener]
        protocol = "SASL_SSL" if listener == "scram" else "SSL"
        config = configure(secured, topic, {"security.protocol": protocol, "ssl.ca.location": str(authority.ca),
                                            "reconnect.backoff.max.ms": 500, **(properties or {})}, **sections)
        config["kafka"].update(brokers=f"localhost:{port}", connect_timeout="3s")
        return config

    return make


def login(mechanism="SCRAM-SHA-512", **more):
    return {"sasl.mechanism": mechanism, "sasl.username": USER, **more}


def fill(secured, start=0, topic=None):
    topic = topic or secured.create_topic()
    secured.produce(topic, messages(start), partition=0)
    return topic


@pytest.mark.parametrize("bad", BAD)
def test_bad_certificates(secured, through, start_natmill, ledger, bad):
    topic = fill(secured)
    process = start_natmill(through(bad, topic))
    process.wait_for_err(rf"error ALARM: Kafka: .*subject=/CN=localhost.*{BAD[bad]}.*\(mend the broker's certificate")
    assert process.wait() == 3
    assert process.err.count("ALARM: ") == 1 and not ledger.path.exists()
    process = start_natmill(through("good", topic))
    wait_until(lambda: ledger.count() == COUNT, 30, lambda: process.err)
    assert process.terminate() == 0


def test_own_certificate(secured, through, start_natmill, ledger, authority):
    topic = fill(secured)
    process = start_natmill(through("mutual", topic))
    assert process.wait() == 3
    assert "certificate" in process.err
    process = start_natmill(through("mutual", topic, {"ssl.certificate.location": str(authority.certificate("client")),
                                                      "ssl.key.location": str(authority.key("client"))}))
    wait_until(lambda: ledger.count() == COUNT, 30, lambda: process.err)
    assert process.terminate() == 0


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-256", "SCRAM-SHA-512"])
def test_scram(secured, through, start_natmill, ledger, mechanism):
    """Also of the output `kafka`, which takes the same properties."""
    topic, target = fill(secured), secured.create_topic(partitions=1)
    process = start_natmill(through("scram", topic, login(mechanism, **{"sasl.password": OTHER})))
    assert process.wait() == 3
    assert "uthentication" in process.err and OTHER not in process.err
    process = start_natmill(through("scram", topic, login(mechanism, **{"sasl.password": PASSWORD}),
                                    outputs=[{"type": "kafka", "topic": target}]))
    assert len(secured.read(target, COUNT)) == COUNT
    assert process.terminate() == 0
    assert PASSWORD not in process.err and not ledger.path.exists()


def test_password_file_is_replaced(secured, through, start_natmill, ledger, tmp_path):
    """The consumer's connections are broken; it comes back with what the file holds then, without a restart."""
    secret = tmp_path / "secret"
    secret.write_text(PASSWORD + "\n", encoding="ascii")
    topic = fill(secured)
    process = start_natmill(through("scram", topic, login(**{"sasl.password_file": str(secret)})))
    wait_until(lambda: ledger.count() == COUNT, 30, lambda: process.err)
    try:
        secured.set_password(OTHER)
        secured.front.cut()
        process.wait_for_err(r"error ALARM: Kafka: .*uthentication.*\(mend kafka.properties: sasl")
        secret.write_text(OTHER, encoding="ascii")
        fill(secured, 100, topic)
        wait_until(lambda: ledger.count() == 2 * COUNT, 60, lambda: process.err[-3000:])
        assert process.terminate() == 0
        assert OTHER not in process.err and PASSWORD not in process.err
    finally:
        secured.set_password(PASSWORD)


def test_password_file_that_cannot_be_used(through, run_natmill, tmp_path):
    from natmill_process import write_config
    path = write_config(tmp_path, through("scram", "t", login(**{"sasl.password_file": str(tmp_path / "none")})))
    done = run_natmill("check", "-c", path)
    assert done.returncode == 1
    assert f"sasl.password_file cannot read '{tmp_path}/none'" in done.stderr
