# SPDX-License-Identifier: Apache-2.0
"""For the tests of dead letters that come back: databases that keep them, read by clients of their own, and a script
that can be mended."""

import pathlib
import sqlite3
import sys

import traffic

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

BROKEN, HOPELESS, GOOD = "XEXT", "YEXT", "EXT"
IDENTITY = 'topic, "partition", "offset", idx'


class Sqlite:
    """A file as it is configured and read."""

    def __init__(self, path, name="sqlite"):
        self.path, self.name = path, name

    def output(self):
        return {"type": "sqlite", "name": self.name, "path": str(self.path)}

    def query(self, sql, *values):
        database = sqlite3.connect(self.path, timeout=20)
        try:
            rows = database.execute(sql, values).fetchall()
            database.commit()
            return rows
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise
        finally:
            database.close()

    def close(self):
        pass


class Postgresql:
    """A database of its own on the server."""

    def __init__(self, server):
        self.server, self.name, self.database = server, "postgresql", server.create()

    def output(self):
        return {"type": "postgresql", "name": self.name, "identity": True,
                "url": f"postgresql://postgres@127.0.0.1:{self.server.port}/{self.database}"}

    def query(self, sql, *values):
        import psycopg2  # here, so that tests without it need no server
        try:
            return self.server.run(self.database, sql.replace("?", "%s"), *values)
        except psycopg2.errors.UndefinedTable:
            return []

    def close(self):
        self.server.drop(self.database)


def events(store):
    """[(topic, partition, offset, idx, x_port)] of all sessions."""
    return sorted(store.query(f"SELECT {IDENTITY}, x_port FROM session_mapping"))


def letters(store):
    """{(partition, offset, record, idx, output): reason}"""
    rows = store.query('SELECT "partition", "offset", record, idx, output, reason FROM natmill_dead_letters')
    return {row[:5]: row[5] for row in rows}


def mark(store, topic):
    rows = store.query("SELECT coalesce(sum(next_offset), 0) FROM natmill_watermarks WHERE topic = ? AND output = ?",
                       topic, store.name)
    return int(rows[0][0]) if rows else 0


def line(number, word=GOOD):
    return f"A VRF 0 6 INT 10.0.0.1:1024 {word} 100.64.0.1:{number} DST 185.165.123.206:443 DIR OUT"


def message(*lines):
    text = "\\n".join(lines)
    return ('{"timestamp":"2025-05-02T11:34:56.870Z","ip":"192.0.2.1","host":"cgn-1",'
            f'"message":"{text}"}}').encode()


def vendors(folder, mended=False, more=""):
    """NFWare's script with several records a message; mended it knows the word that is broken before, and ignores
    lines that begin with OLD."""
    path = folder / "scripts" / "nfware.lua"
    path.parent.mkdir(exist_ok=True)
    text = (traffic.VENDORS / "nfware.lua").read_text(encoding="utf-8")
    more += 'nfware:records "\\n"\n'
    if mended:
        more += 'nfware:ignore "OLD {*}"\n'
        more += ('nfware:session_mapping "{action} VRF {vrf_id} {protocol} INT {src_ip}:{src_port} XEXT '
                 '{x_ip}:{x_port} DST {dst_ip}:{dst_port} DIR OUT"\n')
    path.write_text(text.replace("return nfware", more + "\nreturn nfware"), encoding="utf-8")
    return path.parent


def ok(result):
    assert result.returncode == 0, result.stderr
    return result.stdout


# One message each: read, broken, of three records one of which is broken, hopeless, ignored, two broken.
VALUES = [message(line(1)), message(line(2, BROKEN)), message(line(3), line(4, BROKEN), line(5)),
          message(line(6, HOPELESS)), message("OLD SESSION 7 ENDED"), message(line(8, BROKEN), line(9, BROKEN))]
