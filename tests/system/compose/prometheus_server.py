# SPDX-License-Identifier: Apache-2.0
"""A real Prometheus with docker/prometheus' own files, sixty times as fast: a minute of a rule is a second here."""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

from composition import FOLDER
from kafka_server import free_ports
from waiting import die_with_parent, wait_until

SPEED = 60
SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def faster(text):
    """Durations, and the limits of rules that are counted in seconds."""
    def duration(match):
        return f"{max(1, int(match[1]) * SECONDS[match[2]] // SPEED)}s"

    text = re.sub(r"(?<=[\[ :])(\d+)([smhd])\b(?=\]|$)", duration, text, flags=re.MULTILINE)
    text, count = re.subn(r"(seconds\S*\)?\)?) > (\d+)$", lambda match: f"{match[1]} > {int(match[2]) // SPEED}", text,
                          flags=re.MULTILINE)
    assert count in (0, 2), "NatmillLag and NatmillDeviceSilent"
    return text


class Prometheus:
    def __init__(self, folder, target):
        self.folder = folder / "prometheus"
        shutil.copytree(FOLDER / "prometheus", self.folder)
        for name in ("prometheus.yml", "alerts.yml"):
            path = self.folder / name
            path.write_text(faster(path.read_text(encoding="utf-8")), encoding="utf-8")
        (self.folder / "targets" / "natmill.yml").write_text(json.dumps([{"targets": [target]}]), encoding="utf-8")
        self.at = f"127.0.0.1:{free_ports(1)[0]}"
        self.log = self.folder / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(["prometheus", f"--config.file={self.folder}/prometheus.yml",
                                             f"--storage.tsdb.path={self.folder}/data",
                                             f"--web.listen-address={self.at}"], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=die_with_parent)
        wait_until(self._ready, 60, lambda: self.log.read_text(encoding="utf-8")[-2000:])

    def _ready(self):
        said = self.log.read_text(encoding="utf-8")
        assert self.process.poll() is None, said
        return "Server is ready" in said

    def get(self, path, **arguments):
        url = f"http://{self.at}/api/v1/{path}?{urllib.parse.urlencode(arguments)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)["data"]

    def firing(self):
        """{name: its alerts}; an alert has labels and annotations."""
        found = {}
        for one in self.get("alerts")["alerts"]:
            if one["state"] == "firing":
                found.setdefault(one["labels"]["alertname"], []).append(one)
        return found

    def wait_for(self, name, timeout=120):
        """The first alert of that name that fires."""
        return wait_until(lambda: self.firing().get(name), timeout, lambda: f"{name} fires: {sorted(self.firing())}",
                          every=0.5)[0]

    def wait_for_silence(self, *names, timeout=120):
        wait_until(lambda: not set(names) & set(self.firing()), timeout, lambda: f"still: {self.firing()}", every=0.5)

    def close(self):
        self.process.kill()
        self.process.wait()
