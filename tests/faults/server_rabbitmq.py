# SPDX-License-Identifier: Apache-2.0
"""A real RabbitMQ to break, by tests/setup/rabbitmq.sh in a folder of its own, and a client to look into it."""

import contextlib
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pika

from kafka_server import free_ports
from waiting import die_with_parent, wait_until

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "setup" / "rabbitmq.sh"
EXCHANGE = "cgnat.events"
QUEUE = "seen"


class RabbitServer:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="natmill-rabbitmq-"))
        self.port = free_ports(1)[0]
        self.process = None
        self.booted = False  # its listener is there a moment before its commands are

    def start(self):
        self.booted = False
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen([SCRIPT, self.folder, str(self.port)], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, preexec_fn=die_with_parent)
        wait_until(self._ready, 90, lambda: f"RabbitMQ is up: {self.log()[-1000:]}")
        return self

    def _ready(self):
        assert self.process.poll() is None, f"RabbitMQ ended: {self.log()[-1000:]}"
        try:
            with self.channel():
                return True
        except (pika.exceptions.AMQPError, OSError):
            return False

    def log(self):
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    @contextlib.contextmanager
    def channel(self):
        connection = pika.BlockingConnection(pika.ConnectionParameters(host="127.0.0.1", port=self.port, heartbeat=0))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()

    def declare(self):
        """The exchange, and a queue that gets all events."""
        with self.channel() as channel:
            channel.exchange_declare(EXCHANGE, "topic", durable=True)
            channel.queue_declare(QUEUE, durable=True)
            channel.queue_bind(QUEUE, EXCHANGE, "#")

    def delete_exchange(self):
        with self.channel() as channel:
            channel.exchange_delete(EXCHANGE)

    def ctl(self, *arguments):
        if not self.booted:
            self.booted = True
            self.ctl("await_startup")
        done = subprocess.run([SCRIPT, self.folder, "ctl", *arguments], capture_output=True, text=True, check=False,
                              timeout=60)
        assert done.returncode == 0, f"rabbitmqctl {arguments}: {done.stderr}"

    def stop(self, how=signal.SIGKILL):
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def take(self):
        """(message id, body) of all messages, which are gone then."""
        with self.channel() as channel:
            left = channel.queue_declare(QUEUE, passive=True).method.message_count
            if left == 0:
                return
            channel.basic_qos(prefetch_count=1000)
            for method, properties, body in channel.consume(QUEUE):
                yield properties.message_id, body.decode()
                left -= 1
                if left % 1000 == 0:
                    channel.basic_ack(method.delivery_tag, multiple=True)
                if left == 0:
                    break
            channel.cancel()

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
