# SPDX-License-Identifier: Apache-2.0
"""A real Apache Kafka for tests, benches and fault runs: one KRaft node, broker and controller in one, on free
loopback ports, its data in a temporary folder. `./run` puts its jars into build/kafka. mock_kafka.py has the same
methods over librdkafka's mock cluster, for machines that cannot fetch Kafka."""

import contextlib
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from kafka_client import KafkaClient
from waiting import Late, die_with_parent, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
JARS = ROOT / "build" / "kafka"
CLASSES = JARS / "classes.jsa"  # what Java has read of the jars, ready to be mapped: half of a start
CLUSTER_ID = "bmF0bWlsbC10ZXN0cy0wMQ"  # 16 bytes, base64 without padding, as Kafka wants them
OTHER_CLUSTER_ID = "bmF0bWlsbC10ZXN0cy0wMg"
FIRST_PORT = 10000
OUTGOING_PORTS = pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range")

LOG4J = """log4j.rootLogger=WARN, stdout
log4j.appender.stdout=org.apache.log4j.ConsoleAppender
log4j.appender.stdout.layout=org.apache.log4j.PatternLayout
log4j.appender.stdout.layout.ConversionPattern=%d %p %m (%c)%n
"""


def available():
    return (JARS / "pom.xml").exists() and shutil.which("java") is not None


def free_ports(count):
    """Ports of 127.0.0.1 that nobody listens on just now, and that no outgoing connection takes while the server is
    away: one that dials it again and again would sooner or later come from that very port, and be connected with
    itself."""
    above = int(OUTGOING_PORTS.read_text(encoding="ascii").split()[0])
    with contextlib.ExitStack() as taken:
        found = []
        while len(found) < count:
            one = taken.enter_context(socket.socket())
            with contextlib.suppress(OSError):
                one.bind(("127.0.0.1", random.randrange(FIRST_PORT, above)))
                found.append(one.getsockname()[1])
        return found


def stands(pid):
    """Whether all threads are stopped (proc(5): the state is behind the name in brackets)."""
    states = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/stat"):
        with contextlib.suppress(OSError):  # a thread that has just ended
            states.append(path.read_text(encoding="utf-8").rpartition(") ")[2][0])
    return all(state in "TtZX" for state in states)


class KafkaServer(KafkaClient):
    """start() returns when a client can talk to it; stop() and kill() keep the data, close() removes it. With
    detour_to there is another listener, on detour_port, that sends its clients to that port: to a proxy's. host: the
    address where it listens; within: what the command begins with, to run it in another network namespace."""

    is_mock = False

    def __init__(self, properties=None, heap="512m", java_options=("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
                 detour_to=None, host="127.0.0.1", within=()):
        self.host = host
        self.port, self.controller_port, self.detour_port = free_ports(3)
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="natmill-kafka-"))
        self.log = self.folder / "server.log"
        self.process = None
        self.cluster_id = CLUSTER_ID
        self.node_id = 1
        archive = [f"-XX:SharedArchiveFile={CLASSES}"] if CLASSES.exists() else []
        self.java = [*within, "java", f"-Xmx{heap}", *archive, *java_options,
                     f"-Dlog4j.configuration=file:{self.folder}/log4j.properties", "-cp", f"{JARS}/*"]
        super().__init__(f"{host}:{self.port}")
        (self.folder / "log4j.properties").write_text(LOG4J, encoding="ascii")
        self.config = self.folder / "server.properties"
        self.configure({**(self._detour(detour_to) if detour_to else {}), **(properties or {})})

    def configure(self, properties):
        """Before the first start: these instead of ours, or beside them."""
        properties = {**self._properties(), **properties}
        self.node_id = properties["node.id"]
        lines = [f"{key}={value}" for key, value in properties.items()]
        self.config.write_text("\n".join(lines) + "\n", encoding="ascii")

    def _properties(self):
        return {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.voters": f"1@{self.host}:{self.controller_port}",
            "listeners": f"PLAINTEXT://{self.host}:{self.port},CONTROLLER://{self.host}:{self.controller_port}",
            "controller.listener.names": "CONTROLLER",
            "log.dirs": self.folder / "data",
            "auto.create.topics.enable": "false",
            # Consumers that are killed are missed after half a second, so that kills need no long waits.
            "group.min.session.timeout.ms": 500,
            "group.initial.rebalance.delay.ms": 0,
            "offsets.topic.replication.factor": 1,
            "offsets.topic.num.partitions": 4,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "transaction.state.log.num.partitions": 4,
            # Transactions of a process that was killed end when their own time is up.
            "transaction.abort.timed.out.transaction.cleanup.interval.ms": 200,
            "controlled.shutdown.enable": "false",
            # After a kill the node may register again only when its old session has run out.
            "broker.session.timeout.ms": 1000,
            "broker.heartbeat.interval.ms": 200,
        }

    def _detour(self, port):
        return {
            "listeners": f"{self._properties()['listeners']},DETOUR://127.0.0.1:{self.detour_port}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{self.port},DETOUR://127.0.0.1:{port}",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,DETOUR:PLAINTEXT",
            "inter.broker.listener.name": "PLAINTEXT",
        }

    def _run(self, *arguments, **options):
        return subprocess.Popen([*self.java, *arguments], stdin=subprocess.DEVNULL, stderr=subprocess.STDOUT,
                                preexec_fn=die_with_parent, **options)

    def _format(self):
        """A storage just formatted depends on the cluster and the node alone, and formatting takes a Java machine of
        its own: so it is done once and kept beside the jars."""
        kept = JARS / f"formatted-{self.cluster_id}-{self.node_id}"
        if kept.exists():
            shutil.copytree(kept, self.folder / "data")
            return
        with open(self.log, "ab") as log:
            status = self._run("kafka.tools.StorageTool", "format", "-t", self.cluster_id, "-c", self.config,
                               stdout=log).wait(60)
        if status != 0:
            raise RuntimeError(f"Kafka's storage could not be formatted: {self.tail()}")
        copy = tempfile.mkdtemp(prefix=kept.name, dir=JARS)
        shutil.copytree(self.folder / "data", copy, dirs_exist_ok=True)
        try:
            os.rename(copy, kept)
        except OSError:  # another process has kept its own meanwhile
            shutil.rmtree(copy)

    def launch(self):
        """Without waiting until it is up."""
        if not (self.folder / "data").exists():
            self._format()
        with open(self.log, "ab") as log:
            self.process = self._run("kafka.Kafka", self.config, stdout=log)

    def start(self, timeout=60):
        self.launch()
        return self.await_ready(timeout)

    def await_ready(self, timeout=60):
        wait_until(self._ready, timeout, lambda: f"Kafka is up on port {self.port}: {self.tail()}")
        return self

    def _ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"Kafka ended with status {self.process.returncode}: {self.tail()}")
        with socket.socket() as probe:
            if probe.connect_ex((self.host, self.port)) != 0:
                return False
        try:
            client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
            return bool(client.list_topics(timeout=5).brokers)
        except KafkaException:
            return False

    def tail(self, count=15):
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines() if self.log.exists() else []
        return "\n".join(lines[-count:])

    def signal(self, number):
        self.process.send_signal(number)

    def pause(self):
        """Freezes it: connections stay, answers do not come. The signal alone returns before its threads stand."""
        self.signal(signal.SIGSTOP)
        wait_until(lambda: stands(self.process.pid), 30, "Kafka stands still")

    def resume(self):
        self.signal(signal.SIGCONT)

    def kill(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def stop(self, timeout=20):
        """In good order, with its logs flushed."""
        if self.process is None:
            return
        self.signal(signal.SIGTERM)
        try:
            wait_until(lambda: self.process.poll() is not None, timeout, "Kafka has stopped")
        except Late:
            pass
        self.kill()

    def restart(self):
        """On the same ports and data."""
        self.stop()
        return self.start()

    def replace(self):
        """By another cluster at the same address, that has nothing of this one."""
        self.kill()
        shutil.rmtree(self.folder / "data")
        self.cluster_id = OTHER_CLUSTER_ID
        self._admin = None
        return self.start()

    def close(self):
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()


def keep_classes():
    """Makes CLASSES, which Java writes when it ends in good order. Java leaves it alone if it does not fit the jars."""
    plain = KafkaServer()
    plain._format()  # kept, so that the Java machine that writes its classes is the server alone
    plain.close()
    made = CLASSES.with_suffix(".new")
    options = ("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", f"-XX:ArchiveClassesAtExit={made}")
    with KafkaServer(java_options=options) as server:
        server.create_topic()
        server.stop(timeout=60)
    made.rename(CLASSES)


if __name__ == "__main__":  # PYTHON tests/system/kafka_server.py: tells address and pid, ends with Enter
    if sys.argv[1:] == ["keep-classes"]:
        keep_classes()
        sys.exit()
    with KafkaServer() as server:
        print(server.bootstrap, server.process.pid, flush=True)
        os.read(0, 1)
