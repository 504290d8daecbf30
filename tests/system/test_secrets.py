# SPDX-License-Identifier: Apache-2.0
"""No secret of the configuration is ever told: every kind of them, before servers that refuse, repeat what was sent or
are not there, at log level debug; in the log, in what `check` says of a wrong configuration, in dead letters, in help
and reference. Neither as it is nor in base64 or percent signs."""

import base64
import urllib.parse

import pytest

from natmill_process import write_config
from secured_sinks import COUNT, SINKS, WebSink, messages
from server_redis import RedisServer
from waiting import wait_until


class Secrets:
    """Hands out secrets with characters that forms of writing change, and looks for them."""

    def __init__(self):
        self.given = []

    def new(self, name, plain=False):
        self.given.append(f"hush-{name}-Zq7" + ("" if plain else "+x/y Y"))
        return self.given[-1]

    def forms(self, user="nat"):
        for one in self.given:
            coded = base64.b64encode(one.encode()).decode().rstrip("=")
            both = base64.b64encode(f"{user}:{one}".encode()).decode().rstrip("=")
            yield from (one, coded, both, urllib.parse.quote(one, safe=""), urllib.parse.quote_plus(one),
                        one.split("+")[0])  # also not the begin of it

    def check(self, *texts):
        assert self.given
        for text in texts:
            assert [form for form in self.forms() if form in text] == []


@pytest.fixture
def secrets():
    return Secrets()


@pytest.fixture
def echo():
    server = WebSink()
    server.authorization = "nothing is right"
    yield server
    server.close()


def run_until(start_natmill, config, patterns, env=None):
    process = start_natmill({**config, "log": {"level": "debug", "format": "json"}, "shutdown": "100ms"}, env=env)
    for pattern in patterns:
        process.wait_for_err(pattern)
    process.terminate()
    return process


def test_servers_that_repeat_the_request(kafka, topic, configure, start_natmill, secrets, echo):
    outputs = [
        {"type": "http", "name": "basic", "url": echo.url() + "/in?key=" + secrets.new("query", plain=True),
         "user": "nat", "password": secrets.new("basic"), "headers": {"X-Api-Key": secrets.new("header")}},
        {"type": "http", "name": "bearer", "url": echo.url(), "token": secrets.new("token")},
        {"type": "influxdb", "url": echo.url() + "/", "token": secrets.new("influx")},
    ]
    for output in outputs:
        kafka.produce(topic, messages())
        process = run_until(start_natmill, configure(kafka, topic, outputs=[output]), [r"answers 401: .*\*\*\*\*"])
        secrets.check(process.err, process.out)


@pytest.mark.parametrize("user", [{}, {"user": "nat"}])
def test_a_redis_that_repeats_the_command(kafka, topic, configure, start_natmill, secrets, user):
    """It tells the words of a command that it does not know; a long one's it cuts."""
    server = RedisServer(settings=["--rename-command", "AUTH", ""]).start()
    try:
        kafka.produce(topic, messages())
        for password in (secrets.new("redis"), "S3cretPw!", secrets.new("long") * 9):
            secrets.given.append(password)
            output = {"type": "redis", "address": f"localhost:{server.port}", "password": password, **user}
            process = run_until(start_natmill, configure(kafka, topic, outputs=[output]),
                                [r"ALARM: .*unknown command 'AUTH'.*\*\*\*\*"])
            secrets.check(process.err, process.out)
    finally:
        server.close()


@pytest.mark.parametrize("kind", ["redis", pytest.param("amqp", marks=pytest.mark.slow), "postgresql"])
def test_servers_that_refuse(kafka, topic, configure, start_natmill, secrets, tmp_path, kind):
    """By text, by file and from the environment; PostgreSQL also within its url."""
    server = SINKS[kind]()
    try:
        server.set_password("the right one")
        kafka.produce(topic, messages())
        bare = server.output()
        secret = tmp_path / "secret"
        secret.write_text(secrets.new("file"), encoding="ascii")
        by_text = {**bare, **server.login("x"), "password": secrets.new("text")}
        by_text.pop("password_file")
        tries = [(by_text, None), ({**bare, **server.login(str(secret))}, None),
                 ({**by_text, "password": "${HUSH}"}, {"HUSH": secrets.new("environment")})]
        if kind == "postgresql":
            inside = urllib.parse.quote(secrets.new("url"), safe="")
            tries.append(({**bare, "url": bare["url"].replace("nat@", f"nat:{inside}@")}, None))
            tries.append(({**bare, "url": bare["url"] + "&password=" + inside}, None))
        for output, env in tries:
            process = run_until(start_natmill, configure(kafka, topic, outputs=[output]), [rf"ALARM: output {kind}"],
                                env)
            secrets.check(process.err, process.out)
    finally:
        server.close()


def test_servers_that_are_not_there(kafka, topic, configure, start_natmill, secrets):
    kafka.produce(topic, messages())
    gone = "127.0.0.1:1"
    password = urllib.parse.quote(secrets.new("url"), safe="")
    outputs = [
        {"type": "postgresql", "url": f"postgresql://nat:{password}@{gone}/x?sslpassword={password}"},
        {"type": "postgresql", "url": f"host=127.0.0.1 port=1 user=nat password='{secrets.new('keyword')}'"},
        {"type": "redis", "address": gone, "user": "nat", "password": secrets.new("redis")},
        {"type": "amqp", "address": gone, "user": "nat", "password": secrets.new("amqp")},
        {"type": "http", "url": f"http://{gone}/?key=" + secrets.new("query", plain=True),
         "token": secrets.new("token")},
    ]
    for output in outputs:
        process = run_until(start_natmill, configure(kafka, topic, outputs=[output]),
                            [rf"output {output['type']}: .*tried again"])
        secrets.check(process.err, process.out)


def test_kafka_properties(kafka, topic, configure, start_natmill, secrets):
    """librdkafka's own words, too, with all that it says at debug."""
    properties = {"security.protocol": "SASL_PLAINTEXT", "sasl.mechanism": "PLAIN", "sasl.username": "nat",
                  "sasl.password": secrets.new("sasl"), "ssl.key.password": secrets.new("key"),
                  "ssl.keystore.password": secrets.new("keystore"), "debug": "security,broker,conf,feature"}
    config = configure(kafka, topic, properties)
    config["kafka"]["connect_timeout"] = "500ms"
    process = start_natmill({**config, "log": {"level": "debug"}})
    assert process.wait() == 3
    secrets.check(process.err, process.out)


def wrong_configurations(secrets, tmp_path):
    """Each with a mistake near a secret."""
    spoilt = tmp_path / "spoilt"
    spoilt.write_bytes(secrets.new("spoilt").encode() + b"\0" + secrets.new("behind").encode())
    yield {"type": "postgresql", "url": "postgresql://nat:" + secrets.new("url") + "@[broken/x"}
    yield {"type": "postgresql", "url": "postgresql://nat:" + secrets.new("at", plain=True) + "@x@host/x"}
    yield {"type": "postgresql", "url": "host=x password='" + secrets.new("keyword")}
    yield {"type": "redis", "password": {"hidden": secrets.new("map")}}
    yield {"type": "redis", "password": [secrets.new("list")]}
    yield {"type": "redis", "user": "nat", "pasword": secrets.new("mistyped")}
    yield {"type": "redis", "password": secrets.new("both"), "password_file": str(spoilt)}
    yield {"type": "redis", "password_file": str(spoilt)}
    yield {"type": "http", "url": "http://nat:" + secrets.new("web", plain=True) + "@x/"}
    yield {"type": "http", "url": "http://x/", "token": secrets.new("token") + "\nX: 1"}
    yield {"type": "http", "url": "http://x/", "token": secrets.new("token"), "user": "nat"}
    yield {"type": "http", "url": "http://x/", "headers": {"X-Key": secrets.new("header") + "\r"}}
    yield {"type": "influxdb", "url": "http://x/?" + secrets.new("query", plain=True), "token": secrets.new("influx")}
    yield {"type": "kafka", "properties": {"sasl.password": secrets.new("sasl"), "no.such": secrets.new("none")}}
    yield {"type": "kafka", "properties": {"ssl.key.password": secrets.new("pem"), "security.protocol": "none"}}
    yield {"type": "kafka", "properties": {"sasl.password_file": str(spoilt)}}


def test_check_of_wrong_configurations(kafka, configure, run_natmill, secrets, tmp_path):
    for number, output in enumerate(wrong_configurations(secrets, tmp_path)):
        path = write_config(tmp_path, configure(kafka, "t", outputs=[output]), f"wrong-{number}.yaml")
        done = run_natmill("check", "-c", path)
        assert done.returncode == 1 and done.stderr, output
        secrets.check(done.stderr, done.stdout)


def test_dead_letters_help_and_reference(kafka, topic, configure, start_natmill, run_natmill, ledger, secrets):
    """A server that refuses each event for good and repeats the request: its words are the letters' reasons."""
    server = WebSink()
    try:
        server.refuse = 422
        outputs = [{"type": "http", "url": server.url() + "/?key=" + secrets.new("query", plain=True),
                    "token": secrets.new("token")}, {"type": "sqlite", "path": str(ledger.path)}]
        kafka.produce(topic, messages(), partition=0)
        config = configure(kafka, topic, outputs=outputs, log={"level": "debug"})
        process = start_natmill(config)
        wait_until(lambda: ledger.path.exists() and len(ledger.letters()) == COUNT, 30, lambda: process.err[-3000:])
        assert process.terminate() == 0
        reasons = "".join(row[3] for row in ledger.letters())
        assert "****" in reasons
        shown = run_natmill("dead", "show", "-c", "natmill.yaml")
        env = {"NATMILL_OUTPUTS_0_TOKEN": secrets.new("environment")}
        helps = [run_natmill(*words, env=env) for words in (["run", "--help"], ["check", "--reference"],
                                                            ["check", "-c", "natmill.yaml"])]
        secrets.check(reasons, process.err, shown.stdout, shown.stderr, *(one.stdout + one.stderr for one in helps))
    finally:
        server.close()


