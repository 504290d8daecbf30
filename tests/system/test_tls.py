# SPDX-License-Identifier: Apache-2.0
"""TLS of every output before a server whose certificate is good, expired, another host's or of an unknown authority:
a bad one is an alarm that says what is wrong and what to mend, nothing is stored or lost, and with a good one in its
place all is there."""

import pytest

from certificates import Authority
from secured_sinks import SINKS, messages, ports
from waiting import wait_until

WORDS = {
    "expired": "certificate has expired",
    "unknown": "unable to get (local )?issuer certificate",
    "wrong-name": "(another name|mismatch|does not match|no alternative certificate subject name)",
}
CA_OPTION = {"http": "tls_ca", "influxdb": "tls_ca", "redis": "tls_ca", "amqp": "tls_ca"}
KINDS = ["http", "redis", pytest.param("amqp", marks=pytest.mark.slow), "postgresql"]


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def sink(request):
    made = []

    def make(kind, *arguments, **options):
        made.append(SINKS[kind](*arguments, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def trusting(one, authority):
    """The output's configuration with the authority as the one to trust."""
    ca = CA_OPTION.get(one.kind)
    return {**one.output(), **({ca: str(authority.ca)} if ca else {})}


@pytest.mark.parametrize("kind", KINDS)
def test_bad_certificates_are_waited_out(kafka, topic, configure, start_natmill, sink, authority, kind):
    server = sink(kind, authority)
    kafka.produce(topic, messages())
    process = None
    for bad in Authority.BAD:
        server.show(bad)
        process = process or start_natmill(configure(kafka, topic, outputs=[trusting(server, authority)],
                                                     log={"level": "debug"}))
        process.wait_for_err(rf"error ALARM: output {kind}: .*{WORDS[bad]}.*\(mend .*nothing is lost, tried again")
        assert server.stored() == set()
    server.show("good")
    wait_until(lambda: server.stored() == ports(), 30, lambda: f"all is stored: {process.err[-3000:]}")
    process.wait_for_err(rf"output {kind}: works again")
    assert process.terminate() == 0
    alarms = [line for line in process.err.splitlines() if "certificate" in line.lower()]
    assert [line for line in alarms if "ALARM: " not in line] == []  # one line each time


@pytest.mark.parametrize("kind", KINDS)
def test_natmill_shows_its_own_certificate(kafka, topic, configure, start_natmill, sink, authority, kind):
    """Without one the server refuses: an alarm for some, for others a connection that ends; then with one."""
    server = sink(kind, authority, mutual=True)
    own = {"tls_certificate": str(authority.certificate("client")), "tls_key": str(authority.key("client"))}
    if kind == "postgresql":
        server.more = f"&sslcert={authority.certificate('client')}&sslkey={authority.key('client')}"
        own = {}
    kafka.produce(topic, messages())
    bare = {name: value for name, value in trusting(server, authority).items() if name != "url" or kind != "postgresql"}
    if kind == "postgresql":
        bare["url"] = server.output()["url"].split("&sslcert=")[0] + "&sslcert=/nowhere&sslkey=/nowhere"
    process = start_natmill(configure(kafka, topic, outputs=[bare], shutdown="200ms"))
    process.wait_for_err(rf"output {kind}: .*tried again")
    assert process.terminate() == 0 and server.stored() == set()
    process = start_natmill(configure(kafka, topic, outputs=[{**trusting(server, authority), **own}]))
    wait_until(lambda: server.stored() == ports(), 30, lambda: f"all is stored: {process.err[-3000:]}")
    assert process.terminate() == 0
