# SPDX-License-Identifier: Apache-2.0
"""Alerts brought about for real: a real Prometheus with the rules of docker/prometheus asks a real natmill what it
really has to tell. Rules and their times are those of the file, but sixty times as fast."""

import itertools
import shutil
import signal
import threading

import pytest

import traffic
from database import Postgres
from prometheus_server import Prometheus
from waiting import wait_until

pytestmark = pytest.mark.slow


def message(device, text):
    return ('{"version":"1","type":"generic","timestamp":"2025-05-02T11:34:56.870+00:00","program":"nfware",'
            f'"host":"{device}","ip":"{device}","message":"{text}"}}').encode()


class Devices(threading.Thread):
    """One that sends all the time, every tenth line unreadable while `damaged` is set."""

    def __init__(self, kafka, topic):
        super().__init__(daemon=True)
        self.kafka, self.topic = kafka, topic
        self.ended, self.damaged = threading.Event(), threading.Event()

    def send(self, device, numbers):
        texts = ("A VRF 0 6 INT 10.0.0" if self.damaged.is_set() and number % 10 == 0 else
                 f"A VRF 0 6 INT 10.0.0.1:{number % 60000} EXT 100.64.0.1:1 DST 192.0.2.99:443 DIR OUT"
                 for number in numbers)
        self.kafka.produce(self.topic, [message(device, text) for text in texts])

    def run(self):
        for number in itertools.count(step=40):
            if self.ended.wait(0.4):
                break
            self.send("192.0.2.2", range(number, number + 40))


@pytest.fixture(scope="module")
def postgres():
    server = Postgres(["fsync=off"])
    yield server.start()
    server.close()


@pytest.fixture
def watched(kafka, topic, group, postgres, start_natmill, tmp_path):
    """(prometheus, natmill, devices) with all well; a second device has sent its last line."""
    if kafka.is_mock:
        pytest.skip("needs Apache Kafka")
    if shutil.which("prometheus") is None:
        pytest.skip("prometheus is not there")
    devices = Devices(kafka, topic)
    devices.send("192.0.2.1", range(40))
    database = f"postgresql://postgres@127.0.0.1:{postgres.port}/{postgres.create()}?sslmode=disable"
    natmill = start_natmill({
        "kafka": {"brokers": kafka.bootstrap, "group": group,
                  "properties": {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}},
        "vendors": str(traffic.vendors(tmp_path)), "topics": {topic: ["nfware"]}, "workers": 1,
        "outputs": [{"type": "postgresql", "url": database}]})
    prometheus = Prometheus(tmp_path, natmill.http_at())
    devices.start()
    try:
        wait_until(lambda: prometheus.get("query", query="natmill_ready == 1")["result"], 60, "natmill is ready")
        yield prometheus, natmill, devices
    finally:
        devices.ended.set()
        devices.join()
        prometheus.close()


@pytest.mark.timeout(600)
def test_alerts_come_and_go(watched, topic, postgres, tmp_path):
    prometheus, natmill, devices = watched
    instance = natmill.http_at()

    devices.damaged.set()
    alert = prometheus.wait_for("NatmillDeadLetters")
    assert alert["labels"]["vendor"] == "nfware" and "records of nfware" in alert["annotations"]["summary"]
    assert set(prometheus.firing()) <= {"NatmillDeadLetters", "NatmillDeviceSilent"}
    devices.damaged.clear()
    prometheus.wait_for_silence("NatmillDeadLetters")

    script = tmp_path / "vendors" / "nfware.lua"
    text = script.read_text(encoding="utf-8")
    script.write_text(text + "this is no Lua", encoding="utf-8")
    natmill.signal(signal.SIGHUP)
    assert prometheus.wait_for("NatmillReloadRefused")["labels"]["instance"] == instance
    script.write_text(text, encoding="utf-8")
    natmill.signal(signal.SIGHUP)
    prometheus.wait_for_silence("NatmillReloadRefused")

    alert = prometheus.wait_for("NatmillDeviceSilent")
    assert alert["labels"]["device"] == "192.0.2.1" and "192.0.2.1 is silent for 1m" in alert["annotations"]["summary"]
    assert set(prometheus.firing()) == {"NatmillDeviceSilent"} and len(prometheus.firing()["NatmillDeviceSilent"]) == 1

    postgres.stop()
    for name in ("NatmillLag", "NatmillPartitionStalled"):
        labels = prometheus.wait_for(name)["labels"]
        assert labels["topic"] == topic and labels["partition"] in "0123"
    prometheus.wait_for("NatmillNotReady")
    postgres.start()
    prometheus.wait_for_silence("NatmillLag", "NatmillPartitionStalled", "NatmillNotReady")

    natmill.kill()
    assert prometheus.wait_for("NatmillGone")["labels"]["instance"] == instance
