# SPDX-License-Identifier: Apache-2.0
"""The real collectors as processes under test: docker/collectors' own start scripts, on free loopback ports, in a
temporary folder. tests/setup/collectors.sh brings the programs; a machine may have its own."""

import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sysconfig

from kafka_server import free_ports
from waiting import Late, die_with_parent, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[3]
CONFIG = ROOT / "docker" / "collectors"
PATH = f"{ROOT / 'build' / 'collectors' / 'bin'}:{os.environ.get('PATH', '')}:/usr/sbin"


def missing(programs):
    """Why a case must be skipped, or None."""
    absent = [name for name in programs if not shutil.which(name, path=PATH)]
    return f"not on this machine: {', '.join(absent)}" if absent else None


def syslog_topics():
    """All that syslog-ng's configuration can write to."""
    text = (CONFIG / "syslog-ng" / "vendors.conf").read_text(encoding="utf-8")
    return [f"cgnat.syslog.{name}" for name in [*re.findall(r'cgn_vendor\(name\("([^"]+)"\)', text), "other"]]


class Collector:
    """start() returns when it listens; all that it says is in self.log. stop() returns its exit status."""

    programs = {}  # the variables that tell the start script paths, and the names of the programs
    folder = None  # in docker/collectors
    listens = None  # what it logs then

    def __init__(self, kafka, folder):
        self.kafka = kafka
        self.state = folder / "state"
        self.log = folder / f"{self.folder}.log"
        self.port = None
        self.process = None

    def environment(self):
        raise NotImplementedError

    def start(self, **more):
        programs = {variable: shutil.which(name, path=PATH) for variable, name in self.programs.items()}
        env = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": self.kafka.bootstrap, "TZ": "Pacific/Apia",
               "KAFKA_LINGER_MS": "1", **programs, **self.environment(), **more}
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen([CONFIG / self.folder / "start.sh"], env=env, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, start_new_session=True,
                                            preexec_fn=die_with_parent)
        wait_until(self._ready, 30, lambda: f"{self.folder} listens:\n{self.said()}")
        return self

    def _ready(self):
        assert self.process.poll() is None, f"{self.folder} ended with {self.process.returncode}:\n{self.said()}"
        return self.listens in self.said()

    def said(self):
        return self.log.read_text(encoding="utf-8", errors="replace")[-5000:]

    def stop(self, timeout=20):
        if self.process is None:
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            wait_until(lambda: self.process.poll() is not None, timeout, f"{self.folder} has ended")
        except Late:
            pass
        try:
            os.killpg(self.process.pid, signal.SIGKILL)  # and what it has forked
        except ProcessLookupError:
            pass
        status, self.process = self.process.wait(), None
        return status

    def send(self, packet, source="127.0.0.1", port=None):
        """One datagram, from that address."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((source, 0))
            sender.sendto(packet, ("127.0.0.1", port or self.port))

    def settle(self):
        """Until it has read all datagrams: the kernel drops what its socket cannot hold."""

        def read():
            queues = []
            for path in ("/proc/net/udp", "/proc/net/udp6"):
                if os.path.exists(path):
                    rows = [line.split() for line in pathlib.Path(path).read_text(encoding="ascii").splitlines()]
                    queues += [row[4] for row in rows if row[1].endswith(f":{self.port:04X}")]
            return queues and all(queue.endswith(":00000000") for queue in queues)

        wait_until(read, 30, lambda: f"all datagrams are read\n{self.said()}")


class SyslogNg(Collector):
    programs = {"SYSLOG_NG": "syslog-ng"}
    folder = "syslog-ng"
    listens = "syslog-ng starting up"
    pinned = "hillstone"  # the vendor that has a port of its own

    def environment(self):
        self.port, self.framed_port, self.pinned_port = free_ports(3)
        return {"SYSLOG_STATE": str(self.state), "SYSLOG_PORTS": str(self.port),
                "SYSLOG_FRAMED_PORTS": str(self.framed_port),
                "SYSLOG_VENDOR_PORTS": f"{self.pinned_port}={self.pinned}", "SYSLOG_BUFFER_BYTES": "10000000"}

    def stream(self, *lines, framed=False):
        """Over TCP: a line each, or framed as RFC 6587 has it."""
        with socket.create_connection(("127.0.0.1", self.framed_port if framed else self.port)) as sender:
            sender.sendall(b"".join(b"%d %s" % (len(line), line) if framed else line + b"\n" for line in lines))


class Nfacctd(Collector):
    programs = {"NFACCTD": "nfacctd", "SYSLOG_NG": "syslog-ng"}
    folder = "nfacctd"
    # Its first, empty purge: the plugin reads by then. What comes in the moment before waits for the next packet.
    listens = "Purging cache - END"

    def environment(self):
        self.port = free_ports(1)[0]
        return {"NETFLOW_STATE": str(self.state), "NETFLOW_PORT": str(self.port), "NETFLOW_REFRESH_SECONDS": "1",
                "NETFLOW_CACHE_ENTRIES": "1021", "NETFLOW_BUFFER_BYTES": "10000000"}


class FreeRadius(Collector):
    programs = {"FREERADIUS": "freeradius"}
    folder = "freeradius"
    listens = "Ready to process requests"
    secret = b"test\"ing\\123"

    def environment(self):
        self.port = free_ports(1)[0]
        return {"RADIUS_STATE": str(self.state), "RADIUS_PORT": str(self.port), "RADIUS_SECRET": self.secret.decode(),
                "RADIUS_KAFKA_WAIT_S": "2",
                # radiusd's interpreter is the system's; the Kafka client is the one of the tests' environment.
                "PYTHONPATH": sysconfig.get_paths()["purelib"]}
