# SPDX-License-Identifier: Apache-2.0
"""What happens to the PostgreSQL server and to the tables: restarts, rights, changes of the schema, a full disk, rivals
for locks. Nothing of it is the data's fault: no dead letter may come of it."""

import shutil
import signal
import subprocess
import time

from campaigns import campaign
from waiting import wait_until

LOGIN = "faulty"
SMALL = {"messages": 80, "wait": "20ms"}  # refused as a whole it would still be taken for bad data
DISK_MB = 24


def in_trouble(rig, pattern, timeout=30):
    """Waits for the alarm that tells of it."""
    before = rig.logged(pattern)
    wait_until(lambda: rig.logged(pattern) > before, timeout, lambda: f"/{pattern}/ in the log\n{rig.tail()}")


def login(rig):
    """A user of natmill's own that owns nothing, with the rights it needs."""
    rig.sql(f"DROP ROLE IF EXISTS {LOGIN}")
    rig.sql(f"CREATE ROLE {LOGIN} LOGIN")
    rig.sql(f"GRANT ALL ON SCHEMA public TO {LOGIN}")
    rig.output["url"] = rig.url(LOGIN)


@campaign("postgres-restart", "S3 P6 O1")
def postgres_restart(rig, times=4):
    """PostgreSQL stopped at once and started again, and once in good order, under load"""
    rig.watch()
    rig.start()
    with rig.load():
        for number in range(times):
            rig.advance(500)
            rig.postgres.stop(signal.SIGINT if number == 1 else signal.SIGQUIT)
            time.sleep(rig.dice.random() * 1.5)
            rig.postgres.start()
        rig.advance(500)
    return rig.check()


@campaign("login-refused", "O2 S3")
def login_refused(rig):
    """the login is refused for a while: an alarm, nothing committed, nothing lost"""
    login(rig)
    rig.watch()
    rig.start()
    try:
        with rig.load():
            rig.advance(500)
            rig.postgres.hba([f"host all {LOGIN} all reject", "local all all trust", "host all all all trust"])
            rig.proxy.cut()
            in_trouble(rig, r"ALARM: output postgresql.*28000|ALARM.*pg_hba")
            rig.postgres.hba(["local all all trust", "host all all all trust"])
            rig.advance(1000)
        return rig.check()
    finally:
        rig.postgres.hba(["local all all trust", "host all all all trust"])


@campaign("grants-lost", "O2 P9")
def grants_lost(rig):
    """the right to insert is taken away and given back: alarm, no dead letters"""
    login(rig)
    rig.batch = SMALL
    rig.watch()
    rig.start()
    with rig.load():
        rig.advance(500)
        rig.sql("ALTER TABLE session_mapping OWNER TO postgres")
        rig.sql(f"REVOKE ALL ON session_mapping FROM {LOGIN}")
        in_trouble(rig, r"ALARM: output postgresql.*42501")
        rig.sql(f"GRANT ALL ON session_mapping TO {LOGIN}")
        rig.advance(1000)
    return rig.check()


@campaign("table-dropped", "O2 P9")
def table_dropped(rig):
    """a table is renamed away and comes back: alarm, no dead letters, nothing lost"""
    rig.output["create_tables"] = False
    make_tables(rig)
    rig.batch = SMALL
    rig.watch()
    rig.start()
    with rig.load():
        for table in ("session_mapping", "natmill_dead_letters", "natmill_watermarks"):
            rig.advance(500)
            rig.sql(f"ALTER TABLE {table} RENAME TO away")
            in_trouble(rig, r"ALARM: output postgresql.*(42P01|no table)")
            rig.sql(f"ALTER TABLE away RENAME TO {table}")
        rig.advance(500)
    return rig.check()


def make_tables(rig):
    """Lets a natmill make them, that ends then."""
    kept = dict(rig.output)
    rig.output["create_tables"] = True
    process = rig.start()
    wait_until(rig.marks, 30, lambda: f"tables\n{rig.tail()}")
    assert process.terminate() == 0
    rig.output = kept


# Each is done and undone while messages flow; alarm says whether natmill cannot go on meanwhile.
ALTERATIONS = (
    ("ADD COLUMN note text DEFAULT 'x'", "DROP COLUMN note", False),
    ("ADD COLUMN must integer NOT NULL DEFAULT 7", "DROP COLUMN must", False),
    ("ALTER COLUMN src_port TYPE bigint", "ALTER COLUMN src_port TYPE integer", False),
    ("ALTER COLUMN src_ip TYPE text USING host(src_ip)", "ALTER COLUMN src_ip TYPE inet USING src_ip::inet", False),
    ("RENAME COLUMN src_ip TO inside", "RENAME COLUMN inside TO src_ip", True),
    ("ALTER COLUMN partition TYPE numeric", "ALTER COLUMN partition TYPE integer", True),
    # Of the same width: the server takes binary rows of the old type without an error.
    ('ALTER COLUMN "offset" TYPE numeric', 'ALTER COLUMN "offset" TYPE bigint', True),
    ("ALTER COLUMN src_port TYPE real", "ALTER COLUMN src_port TYPE integer", True),
)


@campaign("altered-under-load", "P9 P7")
def altered_under_load(rig):
    """columns are added, dropped, renamed and changed while rows flow in: read again, nothing refused, nothing lost"""
    rig.batch = SMALL
    rig.watch()
    rig.start()
    with rig.load():
        for do, undo, alarm in ALTERATIONS:
            rig.advance(500)
            rig.sql(f"ALTER TABLE session_mapping {do}")
            if alarm:
                in_trouble(rig, r"ALARM: output postgresql")
            else:
                rig.advance(500)
            rig.sql(f"ALTER TABLE session_mapping {undo}")
        rig.advance(500)
    return rig.check()


@campaign("disk-full", "O9")
def disk_full(rig):
    """no space left for the tables: nothing is committed; with space again nothing is lost"""
    place = rig.folder / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m,mode=777", "tmpfs", place], check=False,
                             capture_output=True, text=True)
    assert mounted.returncode == 0, f"this campaign mounts a small tmpfs, which is not allowed here: {mounted.stderr}"
    rig.folder.chmod(0o755)
    try:
        return on_small_disk(rig, place)
    finally:
        rig.close_processes()
        rig.postgres.drop(rig.database)
        rig.postgres.run("postgres", "DROP TABLESPACE IF EXISTS small")
        subprocess.run(["umount", "-l", place], check=False)


def on_small_disk(rig, place):
    owned = place / "space"
    owned.mkdir()
    owner = (rig.postgres.folder / "data").stat()
    subprocess.run(["chown", f"{owner.st_uid}:{owner.st_gid}", owned], check=True)
    rig.postgres.run("postgres", f"CREATE TABLESPACE small LOCATION '{owned}'")
    make_tables(rig)
    for table in ("session_mapping", "natmill_dead_letters"):
        rig.sql(f"ALTER TABLE {table} SET TABLESPACE small")
    filler = place / "filler"
    rig.watch()
    rig.start()
    with rig.load():
        rig.advance(500)
        with open(filler, "wb") as full:
            full.write(b"\0" * (shutil.disk_usage(place).free - (1 << 20)))  # all but a little
        in_trouble(rig, r"ALARM: output postgresql.*53100", 60)
        stands = rig.progress()
        time.sleep(1)
        assert rig.progress() == stands, "went on without space"
        filler.unlink()
        rig.advance(1000)
    return rig.check()


class Rival:
    """Another session of the database, in a transaction of its own."""

    def __init__(self, rig):
        self.connection = rig.postgres.connect(rig.database)
        self.connection.autocommit = False

    def run(self, sql):
        with self.connection.cursor() as cursor:
            cursor.execute(sql)

    def close(self):
        self.connection.close()


@campaign("deadlock", "P6")
def deadlock(rig):
    """a rival session brings about 40P01; the attempt is repeated"""
    rig.output |= {"session_bound": "20s"}  # lock_timeout above the server's deadlock_timeout
    rig.sql(f"ALTER DATABASE {rig.database} SET deadlock_timeout = '50ms'")
    rig.watch()
    rig.start()
    with rig.load():
        rig.advance(500)
        for _ in range(20):
            provoke(rig)
            if rig.logged("40P01") >= 2:
                break
    assert rig.logged("40P01") >= 2, f"natmill met no deadlock\n{rig.tail()}"
    return f"{rig.logged('40P01')} deadlocks; {rig.check()}"


def provoke(rig):
    """Holds the watermarks until natmill waits for them with rows in the table already, then asks for the table. The
    rival looks for deadlocks late, so natmill is the one that gives way: it looks when it has waited for 50 ms; so the
    rival must be there before."""
    rival = Rival(rig)
    try:
        rival.run("SET deadlock_timeout = '5s'")
        rival.run("LOCK TABLE natmill_watermarks IN EXCLUSIVE MODE")
        wait_until(lambda: rig.sql("SELECT 1 FROM pg_locks WHERE NOT granted"), 30, rig.tail, every=0.001)
        rival.run("LOCK TABLE session_mapping IN ACCESS EXCLUSIVE MODE")
        rival.connection.rollback()
    except psycopg2.errors.DeadlockDetected:
        pass  # the machine was slow: natmill had looked before the rival asked
    finally:
        rival.close()


@campaign("serialisation", "P6 P7")
def serialisation(rig):
    """a trigger raises 40001 now and then; the attempt is repeated with the same bytes, no dead letter comes of it"""
    make_tables(rig)
    rig.sql("CREATE SEQUENCE turns")
    rig.sql("CREATE FUNCTION stumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('turns') % 4 = 0 THEN "
            "RAISE EXCEPTION 'could not serialize access' USING ERRCODE = '40001'; END IF; RETURN NULL; END $$")
    rig.sql("CREATE TRIGGER stumble AFTER INSERT ON session_mapping FOR EACH STATEMENT EXECUTE FUNCTION stumble()")
    rig.watch()
    rig.start()
    with rig.load():
        rig.advance(4000)
    rig.sql("DROP TRIGGER stumble ON session_mapping")
    assert rig.logged("40001") > 2, rig.tail()
    return f"{rig.logged('40001')} refused and repeated; {rig.check()}"
