# SPDX-License-Identifier: Apache-2.0
"""A web server to break, in a process of its own: it keeps each body that it takes in a file before it answers, and
answers as a file of a word or two says: ok, a status, `429 1` (Retry-After), half, silent, slow, `limit 9000` (413 to
what is longer), `refuse TEXT` (422 to what has it)."""

import contextlib
import http.client
import http.server
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading
import time

from server_process import ServerProcess

if __name__ != "__main__":
    from kafka_server import free_ports
    from waiting import die_with_parent, wait_until

SLOW_S = 0.3


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = None
    guard = threading.Lock()

    def do_GET(self):
        self.answer(200)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        word, *rest = (self.folder / "mode").read_text(encoding="ascii").split()
        if word == "limit" and len(body) > int(rest[0]):
            self.answer(413)
        elif word == "refuse" and rest[0].encode() in body:
            self.answer(422)
        elif word.isdigit():
            self.answer(int(word), {"Retry-After": rest[0]} if rest else {})
        else:
            self.keep(body)
            self.after(word)

    def keep(self, body):
        with self.guard, open(self.folder / "bodies", "ab") as file:
            file.write(body + b"\n")

    def after(self, word):
        """It is taken; what the client hears of that."""
        if word == "slow":
            time.sleep(SLOW_S)
        if word == "half":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345")
        if word in ("half", "silent"):
            self.close_connection = True
        else:
            self.answer(200)

    def answer(self, status, headers=None):
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class HttpServer(ServerProcess):
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="natmill-http-"))
        self.port = free_ports(1)[0]
        self.process = None
        self.mode("ok")

    def url(self):
        return f"http://127.0.0.1:{self.port}/events"

    def start(self):
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([sys.executable, __file__, str(self.port), self.folder], stdout=log,
                                            stdin=subprocess.DEVNULL, stderr=log, preexec_fn=die_with_parent)
        wait_until(self._ready, 30, lambda: f"the web server is up: {(self.folder / 'log').read_text()[-1000:]}")
        return self

    def _ready(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        with contextlib.closing(connection):
            try:
                connection.request("GET", "/")
                return connection.getresponse().status == 200
            except OSError:
                return False

    def mode(self, text):
        """How it answers from now on."""
        new = self.folder / "mode.new"
        new.write_text(text, encoding="ascii")
        new.replace(self.folder / "mode")

    def events(self):
        """((partition, offset, index), the event as JSON text) of each event of each body."""
        lines = (self.folder / "bodies").read_bytes().splitlines()
        for line in lines:
            try:
                events = json.loads(line)
            except ValueError:  # killed while it wrote, so before it answered
                continue
            for event in events:
                del event["topic"]
                yield tuple(event.pop(name) for name in ("partition", "offset", "index")), json.dumps(event)

    def close(self):
        if self.process is not None:
            self.freeze(False)
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


if __name__ == "__main__":
    Handler.folder = pathlib.Path(sys.argv[2])
    http.server.ThreadingHTTPServer.daemon_threads = True
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
