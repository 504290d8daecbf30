# SPDX-License-Identifier: Apache-2.0
"""A real PostgreSQL to break: started by tests/setup/postgres.sh in a folder of its own; each campaign gets a fresh
database in it."""

import pathlib
import shutil
import signal
import subprocess
import tempfile

import psycopg2

from kafka_server import free_ports
from waiting import die_with_parent, wait_until

SCRIPT = pathlib.Path(__file__).resolve().parents[1] / "setup" / "postgres.sh"
HELD_MS = 60000  # a session of the oracle that forgets a transaction is ended


class Postgres:
    def __init__(self, settings=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="natmill-postgres-"))
        self.port = free_ports(1)[0]
        self.settings = list(settings)
        self.process = None
        self.count = 0

    def start(self):
        with open(self.folder / "server.log", "ab") as log:
            self.process = subprocess.Popen([SCRIPT, self.folder, str(self.port), *self.settings],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=die_with_parent)
        wait_until(self._ready, 60, lambda: f"PostgreSQL is up: {self.log()[-1000:]}")
        return self

    def _ready(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"PostgreSQL ended with status {self.process.returncode}: {self.log()[-1000:]}")
        try:
            self.connect("postgres").close()
            return True
        except psycopg2.OperationalError:
            return False

    def log(self):
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")

    def stop(self, how=signal.SIGQUIT):
        """SIGQUIT: at once, recovery follows; SIGINT: in good order."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def restart(self, how=signal.SIGQUIT):
        self.stop(how)
        return self.start()

    def admit(self, network):
        """Lets everybody of a network in, beside this machine."""
        self.hba(["host all all 127.0.0.1/32 trust", f"host all all {network} trust"])

    def connect(self, database, user="postgres"):
        connection = psycopg2.connect(host="127.0.0.1", port=self.port, dbname=database, user=user, connect_timeout=5,
                                      options=f"-c idle_in_transaction_session_timeout={HELD_MS}")
        connection.autocommit = True
        return connection

    def create(self):
        """A fresh database; its name."""
        self.count += 1
        name = f"campaign_{self.count}"
        self.run("postgres", f"CREATE DATABASE {name}")
        return name

    def drop(self, name):
        self.run("postgres", f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def run(self, database, sql, *values):
        """One statement by the superuser, not through any proxy; its rows, if it has any."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values or None)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def hba(self, lines):
        """Who may come in; takes effect for new connections."""
        path = self.folder / "data" / "pg_hba.conf"
        path.write_text("\n".join(lines) + "\n", encoding="ascii")
        self.run("postgres", "SELECT pg_reload_conf()")

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
