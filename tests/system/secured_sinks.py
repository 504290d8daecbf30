# SPDX-License-Identifier: Apache-2.0
"""Servers behind outputs that want a login and speak TLS: their certificate and password can be changed while natmill
is connected, and their connections broken. A web server of the tests' own; the others are the real ones."""

import base64
import http.server
import json
import shutil
import threading

import letters  # its import finds tests/faults
from certificates import Front

COUNT = 20


def messages(start=0):
    """Values of Kafka records, an event each, told apart by their outside ports start+1 ... start+COUNT."""
    return [letters.message(letters.line(start + number)) for number in range(1, COUNT + 1)]


def ports(start=0):
    return set(range(start + 1, start + COUNT + 1))


class Sink:
    """port: where natmill goes, through TLS when there is an authority; self.front stands there."""

    user = "nat"

    def connect_through(self, port, authority, mutual):
        self.front = Front(port, authority, mutual)
        self.tls = authority is not None

    def show(self, name):
        self.front.show(name)

    def cut(self):
        self.front.cut()

    def close(self):
        self.front.close()


class WebSink(Sink):
    """Takes what comes with the right Authorization. refuse: the status for all. An answer that is none repeats path
    and headers."""

    kind = "http"

    def __init__(self, authority=None, mutual=False):
        self.seen, self.authorization, self.refuse = set(), None, None
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                good = sink.authorization in (None, self.headers["Authorization"]) and not sink.refuse
                if good:
                    sink.take(body.decode())
                echo = b"" if good else f"{self.path} {self.headers['Authorization']} {self.headers}".encode()
                self.send_response(200 if good else sink.refuse or 401)
                self.send_header("Content-Length", str(len(echo)))
                self.end_headers()
                self.wfile.write(echo)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.connect_through(self.server.server_port, authority, mutual)

    def take(self, body):
        self.seen.update(event["x_port"] for event in json.loads(body))

    def url(self):
        return f"http{'s' if self.tls else ''}://localhost:{self.front.port}"

    def output(self):
        return {"type": "http", "url": self.url() + "/events"}

    def login(self, password_file):
        return {"user": self.user, "password_file": password_file}

    def set_password(self, password):
        self.authorization = "Basic " + base64.b64encode(f"{self.user}:{password}".encode()).decode()

    def stored(self):
        return set(self.seen)

    def close(self):
        super().close()
        self.server.shutdown()


class InfluxSink(WebSink):
    kind = "influxdb"

    def take(self, body):
        self.seen.update(int(line.split("x_port=")[1].split("i", 1)[0]) for line in body.splitlines())

    def output(self):
        return {"type": "influxdb", "url": self.url(), "tags": ["host", "event"]}

    def login(self, password_file):
        return {"token_file": password_file}

    def set_password(self, password):
        self.authorization = "Token " + password


class RedisSink(Sink):
    kind = "redis"

    def __init__(self, authority=None, mutual=False):
        from server_redis import RedisServer
        self.server = RedisServer(settings=["--appendonly", "no"]).start()
        self.connect_through(self.server.port, authority, mutual)

    def output(self):
        more = {"tls": True} if self.tls else {}
        return {"type": "redis", "address": f"localhost:{self.front.port}", "key_field": "identity", **more}

    def login(self, password_file):
        return {"user": self.user, "password_file": password_file}

    def set_password(self, password):
        self.server.client().execute_command("ACL", "SETUSER", self.user, "on", "resetpass", f">{password}", "~*",
                                             "+@all")

    def stored(self):
        return {json.loads(value)["x_port"] for _, value in self.server.pairs()}

    def close(self):
        super().close()
        self.server.close()


class RabbitSink(Sink):
    kind = "amqp"

    def __init__(self, authority=None, mutual=False):
        from server_rabbitmq import RabbitServer
        self.server = RabbitServer().start()
        self.server.declare()
        self.seen, self.known = set(), False
        self.connect_through(self.server.port, authority, mutual)

    def output(self):
        more = {"tls": True} if self.tls else {}
        return {"type": "amqp", "address": f"localhost:{self.front.port}", **more}

    def login(self, password_file):
        return {"user": self.user, "password_file": password_file}

    def set_password(self, password):
        if self.known:
            self.server.ctl("change_password", self.user, password)
        else:
            self.server.ctl("add_user", self.user, password)
            self.server.ctl("set_permissions", self.user, ".*", ".*", ".*")
        self.known = True

    def stored(self):
        self.seen.update(json.loads(body)["x_port"] for _, body in self.server.take())
        return set(self.seen)

    def close(self):
        super().close()
        self.server.close()


class PostgresSink(Sink):
    """TLS is the server's own; its files can be changed, too."""

    kind = "postgresql"
    more = ""

    def __init__(self, authority=None, mutual=False):
        from database import Postgres
        self.server = Postgres().start()
        self.authority, self.mutual = authority, mutual
        self.connect_through(self.server.port, None, False)
        self.sql(f"CREATE ROLE {self.user} LOGIN SUPERUSER")
        if authority:
            self.sql("CREATE ROLE natmill LOGIN SUPERUSER")
            self.show("good")

    def sql(self, statement):
        return self.server.run("postgres", statement)

    def allow(self, *rules):
        """Rules of pg_hba.conf; the tests' own client comes without TLS as postgres."""
        hba = self.server.folder / "data" / "pg_hba.conf"
        hba.write_text("\n".join(["host all postgres 127.0.0.1/32 trust", *rules, ""]), encoding="ascii")
        self.sql("SELECT pg_reload_conf()")

    def show(self, name):
        data = self.server.folder / "data"
        owner = data.stat()
        files = {"server.crt": self.authority.certificate(name), "server.key": self.authority.key(name),
                 "root.crt": self.authority.ca}
        for here, there in files.items():
            target = data / here
            target.unlink(missing_ok=True)
            shutil.copy(there, target)
            target.chmod(0o600)
            shutil.chown(target, owner.st_uid, owner.st_gid)
        check = "cert clientname=CN" if self.mutual else "trust"
        for setting in ("ssl = on", "ssl_ca_file = 'root.crt'"):
            self.sql(f"ALTER SYSTEM SET {setting}")
        self.allow(f"hostssl all all 127.0.0.1/32 {check}")

    def output(self):
        tls = f"&sslmode=verify-full&sslrootcert={self.authority.ca}" if self.authority else "&sslmode=disable"
        user = "natmill" if self.authority else self.user
        return {"type": "postgresql",
                "url": f"postgresql://{user}@localhost:{self.front.port}/postgres?connect_timeout=5{tls}{self.more}"}

    def login(self, password_file):
        return {"password_file": password_file}

    def set_password(self, password):
        self.sql(f"ALTER ROLE {self.user} PASSWORD '{password}'")
        self.allow("host all all 127.0.0.1/32 scram-sha-256")

    def stored(self):
        if not self.sql("SELECT 1 FROM pg_tables WHERE tablename = 'session_mapping'"):
            return set()
        rows = [row[0] for row in self.sql("SELECT x_port FROM session_mapping")]
        assert len(rows) == len(set(rows)), "stored twice"
        return set(rows)

    def close(self):
        super().close()
        self.server.stop()
        shutil.rmtree(self.server.folder, ignore_errors=True)


SINKS = {one.kind: one for one in (WebSink, InfluxSink, RedisSink, RabbitSink, PostgresSink)}
