# SPDX-License-Identifier: Apache-2.0
"""A real InfluxDB 1.x to break, in a folder of its own. It keeps what it has acknowledged when it is killed."""

import csv
import datetime
import io
import json
import pathlib
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.parse
import urllib.request

from kafka_server import free_ports
from oracle import COLUMNS
from server_process import ServerProcess
from waiting import die_with_parent, wait_until

DATABASE = "cgnat"
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
NUMBERS = ("event", "protocol", "src_port", "x_port", "dst_port", "start_port", "end_port")
COMMON = ("host", "event", "host_name")


class InfluxServer(ServerProcess):
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="natmill-influxdb-"))
        self.port, back = free_ports(2)
        self.process = None
        (self.folder / "influxdb.conf").write_text(
            f'reporting-disabled = true\nbind-address = "127.0.0.1:{back}"\n[meta]\ndir = "{self.folder}/meta"\n'
            f'[data]\ndir = "{self.folder}/data"\nwal-dir = "{self.folder}/wal"\n'
            f'[http]\nbind-address = "127.0.0.1:{self.port}"\nlog-enabled = false\n'
            "[monitor]\nstore-enabled = false\n", encoding="utf-8")

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(["influxd", "run", "-config", self.folder / "influxdb.conf"], stdout=log,
                                            stdin=subprocess.DEVNULL, stderr=log, preexec_fn=die_with_parent)
        wait_until(self._ready, 60, lambda: f"InfluxDB is up: {(self.folder / 'log').read_text()[-1000:]}")
        return self

    def _ready(self):
        assert self.process.poll() is None, "InfluxDB ended"
        try:
            with urllib.request.urlopen(self.url() + "/ping", timeout=5):
                return True
        except OSError:
            return False

    def ask(self, statement):
        """The rows of the answer as dicts."""
        query = urllib.parse.urlencode({"db": DATABASE, "epoch": "ns", "q": statement})
        request = urllib.request.Request(f"{self.url()}/query?{query}", method="POST",
                                         headers={"Accept": "application/csv"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return list(csv.DictReader(io.StringIO(answer.read().decode(), newline="")))

    def events(self):
        """((partition, offset, index), the event as JSON text) of each point."""
        for table, own in COLUMNS.items():
            for row in self.ask(f"SELECT * FROM {table}"):
                when = EPOCH + datetime.timedelta(microseconds=int(row["time"]) // 1000)
                event = {"type": table.replace("_", "-"), "timestamp": when.isoformat()}
                for name in (*COMMON, *own):
                    if row.get(name):
                        event[name] = int(row[name]) if name in NUMBERS else row[name]
                yield (int(row["partition"]), int(row["offset"]), int(row.get("index") or 0)), json.dumps(event)

    def close(self):
        if self.process is not None:
            self.freeze(False)
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
