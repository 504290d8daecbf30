# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy that does harm on command: refuse, cut, delay, and, where it understands PostgreSQL or Kafka, do
something at a chosen message of the client: hold it, drop the answer, split it. Threads; close() ends them all."""

import socket
import struct
import threading
import time

SSL_OR_GSS = (80877103, 80877104)
TRANSACTION_ENDS = b"COMMIT\0"


def is_commit(kind, body):
    """The message that moves the watermarks and commits."""
    return kind == b"Q" and body.endswith(TRANSACTION_ENDS) and b"UPDATE natmill_watermarks" in body


class Messages:
    """Cuts what a PostgreSQL client sends into messages (type, body, raw); a start-up message has the type b""."""

    def __init__(self):
        self.buffer = b""
        self.started = False

    def feed(self, data):
        self.buffer += data
        while True:
            at = 1 if self.started else 0
            if len(self.buffer) < at + 4:
                return
            size = at + struct.unpack_from("!I", self.buffer, at)[0]
            if len(self.buffer) < size:
                return
            raw, self.buffer = self.buffer[:size], self.buffer[size:]
            body = raw[at + 4:]
            yield raw[:at], body, raw
            if not self.started:
                self.started = struct.unpack_from("!I", body)[0] not in SSL_OR_GSS


class Requests:
    """The same of a Kafka client; the type is the number of the API."""

    def __init__(self):
        self.buffer = b""

    def feed(self, data):
        self.buffer += data
        while len(self.buffer) >= 6:
            size, kind = struct.unpack_from("!IH", self.buffer)
            if len(self.buffer) < size + 4:
                return
            raw, self.buffer = self.buffer[:size + 4], self.buffer[size + 4:]
            yield kind, raw[6:], raw


class Link:
    """One connection through the proxy. Hooks get it and may call cut(), drop_answer(), send()."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = None
        self.answer = None  # while not None, what the server says is kept from the client
        self.lock = threading.Lock()

    def run(self):
        try:
            self.server = socket.create_connection(self.proxy.target, timeout=5)
            self.server.settimeout(None)
        except OSError:
            self.cut()
            return
        for one in (self.client, self.server):
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        threading.Thread(target=self._guard, args=(self._down,), daemon=True).start()
        self._guard(self._up)

    def _guard(self, pump):
        try:
            pump()
        except OSError:
            pass
        self.cut()

    def _up(self):
        messages = self.proxy.messages()
        while data := self.client.recv(65536):
            self.proxy.pause("up")
            for kind, body, raw in messages.feed(data):
                hook = self.proxy.hook
                if hook is None or hook(self, kind, body, raw) is not False:
                    self.server.sendall(raw)

    def _down(self):
        while data := self.server.recv(65536):
            self.proxy.pause("down")
            with self.lock:
                if self.answer is not None:
                    self.answer += data
                    continue
            self.client.sendall(data)
            if self.proxy.answered is not None:
                self.proxy.answered(self, data)

    def drop_answer(self):
        """From now on the client hears nothing more."""
        with self.lock:
            self.answer = b""

    def await_answer(self, timeout=20):
        """After drop_answer(): waits until the server has said all it has to say, and returns that."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            with self.lock:
                if self.answer and self.answer[-6:-1] == b"Z\0\0\0\5":
                    return self.answer
            time.sleep(0.001)
        return b""

    def send(self, raw):
        self.server.sendall(raw)

    def cut(self):
        """Both ends, at once and without a goodbye."""
        for one in (self.client, self.server):
            if one is None:
                continue
            try:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            one.close()
        self.proxy.forget(self)


class Proxy:
    """Listens on 127.0.0.1:port for target. hook(link, kind, body, raw) sees each message of a client before it is sent
    on; False keeps it back. answered(link, data) sees what the client has got."""

    def __init__(self, port, messages=Messages):
        self.target = ("127.0.0.1", port)
        self.messages = messages
        self.hook = None
        self.answered = None
        self.refusing = False
        self.delay = {"up": 0, "down": 0}  # seconds before each piece
        self.links = set()
        self.guard = threading.Lock()
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            link = Link(self, client)
            with self.guard:
                self.links.add(link)
            if self.refusing:
                link.cut()
            else:
                threading.Thread(target=link.run, daemon=True).start()

    def pause(self, way):
        if self.delay[way]:
            time.sleep(self.delay[way])

    def forget(self, link):
        with self.guard:
            self.links.discard(link)

    def cut(self):
        """Every connection there is; how many."""
        with self.guard:
            links = list(self.links)
        for link in links:
            link.cut()
        return len(links)

    def refuse(self, on=True):
        """Answers new connections with a reset and ends those there are."""
        self.refusing = on
        if on:
            self.cut()

    def calm(self):
        """No harm from now on."""
        self.hook = self.answered = None
        self.refusing = False
        self.delay = {"up": 0, "down": 0}

    def close(self):
        self.calm()
        self.listener.close()
        self.cut()
