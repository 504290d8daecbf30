# SPDX-License-Identifier: Apache-2.0
"""Which program of the machine stands for each service of docker/compose.yaml, and what its image does around it."""

import json
import os
import shutil
import sys
import sysconfig

import psycopg2

import daemons
import kafka_server
from composition import ROOT
from machine import NOBODY, Machine
from waiting import wait_until

NATMILL, COLLECTOR = 10001, 10002  # the users of docker/Dockerfile and docker/collectors/Dockerfile
JAVA = f"java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '{kafka_server.JARS}/*'"
# What apache/kafka's image does: the variables become properties, the storage is formatted, the broker starts.
KAFKA = (f"{JAVA} kafka.docker.KafkaDockerWrapper setup --default-configs-dir /run/kafka/default "
         "--mounted-configs-dir /run/kafka/mounted --final-configs-dir /run/kafka/final\n"
         f"exec {JAVA} -Dlog4j.configuration=file:/run/kafka/default/log4j.properties kafka.Kafka "
         "/run/kafka/final/server.properties")
SEND = """
import socket, sys
port, answer = int(sys.argv[1]), sys.argv[3] == "answer"
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
    sender.settimeout(10)
    sender.sendto(bytes.fromhex(sys.argv[2]), ("127.0.0.1", port))
    if answer:
        print(sender.recv(4096).hex())
"""
ASK = """
import json, sys, urllib.parse, urllib.request
answers = []
for query in json.load(sys.stdin):
    url = "http://127.0.0.1:9090/api/v1/query?" + urllib.parse.urlencode({"query": query})
    answers.append(json.load(urllib.request.urlopen(url, timeout=30)))
print(json.dumps(answers))
"""


def missing():
    if not kafka_server.available():
        return "needs Apache Kafka"
    if shutil.which("prometheus") is None:
        return "prometheus is not there"
    return daemons.missing(["syslog-ng", "nfacctd", "freeradius"])


class Running:
    """start() gives the whole system, in the order that the file tells. images: as the Machine has them."""

    def __init__(self, composition, natmill, folder, images=None):
        self.composition, self.natmill = composition, natmill
        self.machine = Machine(composition, folder, images or {})

    def start(self):
        for name in self.composition.order():
            if name != "grafana":
                getattr(self, "_" + name.replace("-", "_"))()
        return self

    def close(self):
        self.machine.close()

    def _secrets(self):
        command = self.composition.services["secrets"]
        self.machine.run("secrets", [*command["entrypoint"], *command["command"]], user=None)

    def password(self, name):
        return (self.machine.volumes / f"{name}-secret" / "password").read_text(encoding="ascii")

    def _kafka(self):
        config = self.machine.root / "run" / "kafka"
        for name in ("default", "mounted", "final"):
            (config / name).mkdir(parents=True)
        for name in ("log4j.properties", "tools-log4j.properties", "server.properties"):
            text = kafka_server.LOG4J if "log4j" in name else "the.image.has=defaults\n"
            (config / "default" / name).write_text(text, encoding="ascii")
        os.chown(config / "final", NOBODY, NOBODY)
        self.machine.start("kafka", ["bash", "-ec", KAFKA])
        self.machine.healthy("kafka")

    def _topics(self):
        command = self.composition.services["topics"]["command"].split()
        self.machine.run("topics", [self._program("topics"), *command], user=NATMILL)

    def _timescaledb(self):
        """PostgreSQL; TimescaleDB is not in Debian."""
        wanted = self.composition.environment("timescaledb")
        self.machine.start("timescaledb", [ROOT / "tests/setup/postgres.sh", "/var/lib/postgresql/data", "5432"],
                          user=None)
        self.machine.healthy("timescaledb", user=None)
        assert wanted["POSTGRES_PASSWORD_FILE"] == "/run/secrets/database/password"
        self.sql(f"CREATE USER {wanted['POSTGRES_USER']} PASSWORD %s", self.password("database"), database="postgres")
        self.sql(f"CREATE DATABASE {wanted['POSTGRES_DB']} OWNER {wanted['POSTGRES_USER']}", database="postgres")
        hba = self.machine.volumes / "database" / "data" / "pg_hba.conf"
        hba.write_text("local all all trust\nhost all all all scram-sha-256\n", encoding="ascii")
        self.sql("SELECT pg_reload_conf()")

    def sql(self, text, *values, database="cgnat"):
        connection = psycopg2.connect(host=str(self.machine.volumes / "database"), port=5432, user="postgres",
                                      dbname=database)
        connection.autocommit = True
        try:
            with connection.cursor() as cursor:
                cursor.execute(text, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def _program(self, name):
        return "natmill" if name in self.machine.images else self.natmill

    def _natmill(self):
        command = self.composition.services["natmill"]["command"]
        self.machine.start("natmill", [self._program("natmill"), *command], user=NATMILL)
        self.machine.wait("natmill", lambda: "http: listening on" in self.machine.said("natmill"), "listens")

    def _collector(self, name, **more):
        self.machine.start(name, ["/etc/collector/start.sh"], user=COLLECTOR, **more)
        self.machine.healthy(name)

    def _syslog_ng(self):
        self._collector("syslog-ng")

    def _nfacctd(self):
        self._collector("nfacctd", NETFLOW_REFRESH_SECONDS="1")

    def _freeradius(self):
        # The image has Debian's Kafka client; without it there is that of the tests.
        ours = {"PYTHONPATH": sysconfig.get_paths()["purelib"]}
        self._collector("freeradius", **({} if "freeradius" in self.machine.images else ours))

    def _prometheus(self):
        self.machine.start("prometheus", ["prometheus", *self.composition.services["prometheus"]["command"]])
        self.machine.wait("prometheus", lambda: "Server is ready" in self.machine.said("prometheus"), "is ready")

    def send(self, port, packet, answer=False):
        """A datagram to a port of a collector; what it answers."""
        said = self.machine.inside(sys.executable, "-c", SEND, str(port), packet.hex(), "answer" if answer else "")
        return bytes.fromhex(said)

    def ask(self, *queries):
        """What Prometheus answers to each: a list of (labels, value)."""
        answers = json.loads(self.machine.inside(sys.executable, "-c", ASK, input=json.dumps(queries)))
        return [[(one["metric"], float(one["value"][1])) for one in answer["data"]["result"]] for answer in answers]

    def row(self, table, x_ip, timeout=60):
        """The one row of that public address, as a dict."""
        there = "SELECT 1 FROM information_schema.tables WHERE table_name = %s"

        def found():
            return self.sql(there, table) and self.sql(f"SELECT to_jsonb(t) FROM {table} t WHERE x_ip = %s::inet", x_ip)

        rows = wait_until(found, timeout, lambda: f"{x_ip} in {table}\n" + self.machine.said("natmill"))
        assert len(rows) == 1
        return rows[0][0]


