# SPDX-License-Identifier: Apache-2.0
"""A password file is read for each new connection: replaced while natmill is connected, it is what the next connection
logs in with, without a reload."""

import pytest

from secured_sinks import SINKS, messages, ports
from waiting import wait_until

FIRST, SECOND = "first-s3cret-pass", "second-s3cret-pass"


@pytest.mark.parametrize("kind", ["http", "influxdb", "redis", "postgresql",
                                  pytest.param("amqp", marks=pytest.mark.slow)])
def test_replaced_while_connected(kafka, topic, configure, start_natmill, tmp_path, kind):
    server = SINKS[kind]()
    try:
        secret = tmp_path / "secret"
        secret.write_text(FIRST + "\n", encoding="ascii")
        server.set_password(FIRST)
        kafka.produce(topic, messages(), partition=0)
        output = {**server.output(), **server.login(str(secret))}
        process = start_natmill(configure(kafka, topic, outputs=[output], log={"level": "debug"}))
        wait_until(lambda: server.stored() == ports(), 30, lambda: f"stored: {process.err[-2000:]}")

        server.set_password(SECOND)
        server.cut()
        kafka.produce(topic, messages(100), partition=0)
        process.wait_for_err(rf"ALARM: output {kind}: ")
        assert server.stored() == ports()
        secret.unlink()
        process.wait_for_err(rf"ALARM: output {kind}: .*(password|token)_file cannot read '.*/secret'")
        secret.write_text(SECOND, encoding="ascii")
        wait_until(lambda: server.stored() == ports() | ports(100), 30, lambda: f"all: {process.err[-2000:]}")
        process.wait_for_err(rf"output {kind}: works again")
        assert process.terminate() == 0
        assert FIRST not in process.err and SECOND not in process.err
    finally:
        server.close()
