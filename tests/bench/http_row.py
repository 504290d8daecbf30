# SPDX-License-Identifier: Apache-2.0
"""The row kafka-http of ./run bench: natmill to a local nginx that answers 204, against a bare libcurl loop that posts
bodies that natmill has sent to the same nginx, over as many connections as natmill has workers. nginx's log tells on
both sides what has arrived."""

import http.server
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))

from kafka_server import free_ports  # noqa: E402
from waiting import die_with_parent, wait_until  # noqa: E402

WORKERS = 2
BODIES = 100  # that are kept for the yardstick
CONFIG = """
daemon off; worker_processes 1; pid nginx.pid; error_log error.log;
events {{ worker_connections 64; }}
http {{
  log_format arrived '$content_length $http_natmill_range';
  access_log arrived.log arrived;
  client_body_temp_path temp; proxy_temp_path temp; fastcgi_temp_path temp; scgi_temp_path temp; uwsgi_temp_path temp;
  server {{ listen 127.0.0.1:{port}; keepalive_requests 1000000; client_max_body_size 4m; return 204; }}
}}
"""


class Nginx:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.chmod(0o777)
        self.port = free_ports(1)[0]
        (self.folder / "nginx.conf").write_text(CONFIG.format(port=self.port), encoding="ascii")
        self.process = subprocess.Popen(["/usr/sbin/nginx", "-p", folder, "-c", "nginx.conf", "-e", "error.log"],
                                        stdin=subprocess.DEVNULL, preexec_fn=die_with_parent)
        wait_until((self.folder / "nginx.pid").exists, 20, lambda: "nginx is up")

    def url(self):
        return f"http://127.0.0.1:{self.port}/"

    def arrived(self, enough):
        """(events by the ranges that requests name, bytes of bodies) since the last call; waits for the last lines of
        the log until enough(events, bytes)."""
        path = self.folder / "arrived.log"
        found = 0, 0

        def read():
            nonlocal found
            text = path.read_text(encoding="ascii")
            spans = re.findall(r"/(\d+)-(\d+)", text)
            found = (sum(int(last) - int(first) + 1 for first, last in spans),
                     sum(int(line.split()[0]) for line in text.splitlines()))
            return enough(*found)

        wait_until(read, 20, lambda: f"all has arrived: {found}")
        os.truncate(path, 0)
        return found

    def close(self):
        self.process.terminate()
        self.process.wait(20)


class Keeper(http.server.BaseHTTPRequestHandler):
    """Takes everything and keeps the first bodies."""

    protocol_version = "HTTP/1.1"
    bodies = []

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if len(self.bodies) < BODIES:
            self.bodies.append(body)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


def keep_bodies(bench, path):
    """Bodies as natmill writes them, in the form that bench_http reads."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keeper)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        bench.natmill([{"type": "http", "url": f"http://127.0.0.1:{server.server_port}/"}], WORKERS)
    finally:
        server.shutdown()
        server.server_close()
    with open(path, "wb") as file:
        for body in Keeper.bodies:
            file.write(b"%d %d\n" % (len(json.loads(body)), len(body)) + body)


def yardstick(bench, nginx, path):
    """Events a second; more than asked for by at most a body a connection."""
    done = subprocess.run([bench.build / "tests" / "bench" / "bench_http", nginx.url(), path, str(bench.count),
                           str(WORKERS)], stdout=subprocess.PIPE, check=True, timeout=300)
    result = json.loads(done.stdout)
    each = sum(map(len, Keeper.bodies)) / sum(len(json.loads(body)) for body in Keeper.bodies)
    nginx.arrived(lambda _, size: abs(size / each - result["events"]) < 0.02 * bench.count)
    return result["events"] / result["seconds"]


def kafka_http(bench, rounds):
    with tempfile.TemporaryDirectory(prefix="natmill-bench-") as folder:
        path = pathlib.Path(folder) / "bodies"
        keep_bodies(bench, path)
        nginx = Nginx(folder)
        try:
            return measure(bench, rounds, nginx, path)
        finally:
            nginx.close()


def measure(bench, rounds, nginx, path):
    ours, reference = [], []
    for _ in range(rounds):
        ours.append(bench.natmill([{"type": "http", "url": nginx.url()}], WORKERS))
        events, _ = nginx.arrived(lambda events, _: events >= bench.count)
        assert events == bench.count, f"{events} of {bench.count} events arrived"
        reference.append(yardstick(bench, nginx, path))
    best = max(reference)
    row = {"path": "kafka-http", **max(ours, key=lambda one: one["msgs_per_s"]), "reference": "libcurl loop"}
    row["ratio"] = round(row["msgs_per_s"] / best, 3)
    return row, {"msgs_per_s": round(best)}
