# SPDX-License-Identifier: Apache-2.0
"""Slow and hostile clients: the pages are answered all the same, and the workers do not notice."""

import http.client
import json
import pathlib
import re
import socket
import threading
import time

import pytest

import traffic
from waiting import wait_until

COUNT = 2000  # of each of four partitions
QUICK = 5  # seconds that a well-behaved client may wait


@pytest.fixture
def process(kafka, topic, configure, start_natmill, tmp_path):
    letters = {"type": "file", "path": str(tmp_path / "dead.jsonl")}
    started = start_natmill(configure(kafka, topic, outputs=[{"type": "null"}], dead_letters=letters))
    started.wait_for_err(r"http: listening")
    yield started
    assert ask(started)[0] == 200, started.err  # whatever was done to it
    assert started.terminate() == 0
    assert "ALARM" not in started.err


def address(process):
    host, port = process.http_at().rsplit(":", 1)
    return host, int(port)


def ask(process, path="/healthz"):
    """As a well-behaved client, which is answered soon."""
    began = time.monotonic()
    connection = http.client.HTTPConnection(*address(process), timeout=QUICK)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        text = answer.read().decode()
    finally:
        connection.close()
    assert time.monotonic() - began < QUICK
    return answer.status, text


def settled(process):
    return json.loads(ask(process, "/status")[1])["totals"]["messages"]


def work_goes_on(process, kafka, topic):
    """The workers settle what comes, as fast as ever."""
    before = settled(process)
    traffic.produce(kafka, topic, COUNT, start=before // 4)
    wait_until(lambda: settled(process) == before + 4 * COUNT, 10, lambda: f"{settled(process)} settled")


def connect(process, count):
    return [socket.create_connection(address(process), timeout=QUICK) for _ in range(count)]


def send(client, data):
    """False when the server has closed the connection."""
    try:
        client.sendall(data)
        return True
    except OSError:
        return False


def closed(client):
    client.settimeout(0.01)
    try:
        return client.recv(65536) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def drop(clients):
    for client in clients:
        client.close()


@pytest.mark.slow
def test_clients_that_send_a_byte_now_and_then_lose_their_place(process, kafka, topic):
    clients = connect(process, 100)
    began = time.monotonic()
    for client in clients:
        send(client, b"GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
    work_goes_on(process, kafka, topic)
    alive = clients
    while alive and time.monotonic() - began < 30:
        assert ask(process)[0] == 200
        alive = [client for client in alive if send(client, b"x") and not closed(client)]
        time.sleep(0.5)  # the pace of the slow clients
    assert not alive, f"{len(alive)} hold their place after 30 s"
    drop(clients)


def test_a_thousand_connections(process, kafka, topic):
    clients = connect(process, 1000)
    assert ask(process)[0] == 200
    work_goes_on(process, kafka, topic)
    assert ask(process, "/metrics")[0] == 200
    drop(clients)
    for client in connect(process, 300):  # the other way round: each leaves in the middle of its request
        send(client, b"GET /status HTTP/1.1\r\nHo")
        client.close()
    assert ask(process)[0] == 200


def test_clients_that_take_nothing(process, kafka, topic):
    clients = [slow_reader(process) for _ in range(100)]
    taking = threading.Event()
    reader = threading.Thread(target=take_slowly, args=(clients, taking))
    reader.start()
    try:
        for _ in range(9):
            assert ask(process)[0] == 200
            time.sleep(0.2)  # while they take a little
        work_goes_on(process, kafka, topic)
    finally:
        taking.set()
        reader.join()
    drop(clients)


def slow_reader(process):
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    client.settimeout(QUICK)
    client.connect(address(process))
    send(client, b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 300)
    client.setblocking(False)
    return client


def take_slowly(clients, end):
    """1.5 KB a second each."""
    while not end.wait(0.5):
        for client in clients:
            try:
                client.recv(750)
            except OSError:  # nothing there, or ended
                pass


def test_a_connection_is_not_for_ever(process):
    client = socket.create_connection(address(process), timeout=QUICK)
    stream = client.makefile("rb")
    for number in range(1, 201):
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert b" 200 " in stream.readline()
        head = http.client.parse_headers(stream)
        assert stream.read(int(head["Content-Length"])) == b"ok\n"
        assert (head["Connection"] == "close") == (number == 200)
    assert stream.read() == b""
    client.close()


NONSENSE = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\xaa" * 500,  # a TLS hello
    b"\x00" * 10000,
    b"\r\n" * 20000,
    b"GET " + b"/x" * 100000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /metrics?" + b"a=b&" * 3000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET /%00%ff/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X-Long: " + b"y" * 200000 + b"\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(20000)) + b"\r\n",
    b"GET /status HTTP/9.9\r\n\r\n",
    b"POST /reload HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999999\r\n\r\n" + b"z" * 100000,
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n" + b"z" * 500000,
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n" + b"z" * 1000,
    b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
]


def test_nonsense(process, kafka, topic):
    for data in NONSENSE:
        client = socket.create_connection(address(process), timeout=QUICK)
        send(client, data)
        client.settimeout(0.5)  # of what is not a whole request it waits for the rest
        try:
            answer = client.recv(65536)
        except OSError:
            answer = b""
        assert answer == b"" or re.match(rb"HTTP/1\.[01] (200|4\d\d|5\d\d) ", answer), (data[:50], answer[:200])
        client.close()
        assert ask(process)[0] == 200, data[:50]
    work_goes_on(process, kafka, topic)


def test_pipelined_requests_are_answered_in_their_order(process):
    client = socket.create_connection(address(process), timeout=QUICK)
    paths = ["/healthz", "/metrics", "/status", "/readyz?x=y"] * 25 + ["/healthz"]
    client.sendall(b"".join(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode() for path in paths[:-1])
                   + b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    stream = client.makefile("rb")
    for path in paths:
        assert re.match(rb"HTTP/1\.1 (200|503) ", stream.readline())
        head = http.client.parse_headers(stream)
        text = stream.read(int(head["Content-Length"]))
        assert text.startswith({"/status": b"{", "/metrics": b"# HELP"}.get(path, b""))
    assert stream.read() == b""
    client.close()


def test_control_is_not_answered_over_tcp(process):
    connection = http.client.HTTPConnection(*address(process), timeout=QUICK)
    for method, path in (("GET", "/tap"), ("GET", "/unmatched")):
        connection.request(method, path)
        answer = connection.getresponse()
        assert answer.status == 403 and b"local socket" in answer.read()
    connection.close()


def local_socket(process):
    return process.wait_for_err(r"local socket: (\S+)").group(1)


def test_a_tap_that_nobody_reads_is_ended(process, kafka, topic):
    client = socket.socket(socket.AF_UNIX)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.connect(local_socket(process))
    client.sendall(b"GET /tap HTTP/1.1\r\nHost: x\r\n\r\n")
    for _ in range(3):
        work_goes_on(process, kafka, topic)
    client.close()
    fds = pathlib.Path(f"/proc/{process.pid}/fd")
    before = len(list(fds.iterdir()))
    wait_until(lambda: len(list(fds.iterdir())) <= before, 10, "its descriptors are given back")
