# SPDX-License-Identifier: Apache-2.0
"""Rows that the database refuses, and messages that are poison."""

import time

import lines
from campaigns import campaign
from oracle import Produced
from proxy import Proxy
from server import in_trouble, make_tables
from waiting import wait_until

# Each is one message whose events no database of UTF-8 could take as they are.
POISON = (
    lines.wrap("A VRF x{} INT 10.0.0.1 EXT 100.64.0.1").replace(b"{}", b"\\u0000"),
    lines.wrap("A VRF x{} INT 10.0.0.1 EXT 100.64.0.1").replace(b"{}", b"\0"),
    lines.wrap("A VRF x{} INT 10.0.0.1 EXT 100.64.0.1").replace(b"{}", b"\xff\xfe"),
    lines.wrap("A VRF x{} INT 10.0.0.1 EXT 100.64.0.1").replace(b"{}", b"\xed\xa0\x80"),
    lines.wrap("A VRF x{} INT 10.0.0.1 EXT 100.64.0.1").replace(b"{}", b"\\ud800"),
    lines.wrap("A VRF 1 INT 10.0.0.1 EXT 100.64.0.1").replace(b"cgn-0", b"cgn\\u0000"),
    lines.wrap("A VRF 1 INT 10.0.0.1 EXT 100.64.0.1").replace(b"cgn-0", b"cgn\xff"),
    b"\0" * 300,
    b"\xff\xfe\xfd",
    b"{" * 5000,
    b"",
)


def few(table, fields):
    """What the constraint of that name refuses."""
    return table == "session_mapping" and fields["src_port"] % 64 == 7


@campaign("check-constraint", "P1")
def check_constraint(rig, messages=6000):
    """a CHECK refuses some rows: exactly those become dead letters, with the constraint's name"""
    make_tables(rig)
    rig.sql("ALTER TABLE session_mapping ADD CONSTRAINT few CHECK (src_port % 64 <> 7)")
    rig.watch()
    rig.start()
    with rig.load():
        rig.advance(messages)
    result = rig.check(refused=few)
    count, named = rig.sql("SELECT count(*), count(*) FILTER (WHERE reason LIKE '%few%23514%') "
                           "FROM natmill_dead_letters WHERE output = 'postgresql'")[0]
    assert count == named > 0, f"{count} refused, {named} with the constraint's name"
    return f"{count} refused; {result}"


def refuse_most(rig, mend):
    """With a backlog, so that batches are full; a table that refuses most rows until it is mended."""
    rig.batch = {"messages": 500, "wait": "3s"}
    rig.produced.numbers(4000)
    rig.produced.flush()
    rig.watch()
    rig.start()
    in_trouble(rig, r"ALARM: output postgresql: refuses 10\d of \d+ events, so it is the output that refuses")
    assert rig.progress() == 0, "went on"
    assert rig.sql("SELECT count(*) FROM natmill_dead_letters") == [(0,)]
    rig.sql(mend)
    took = rig.advance(1000, 15)
    return f"went on after {took:.1f} s; {rig.check()}"


@campaign("output-refuses", "P9")
def output_refuses(rig):
    """a constraint that refuses most rows: the output is at fault, not the data: no dead letters; on when it is gone"""
    make_tables(rig)
    rig.sql("ALTER TABLE session_mapping ADD CONSTRAINT most CHECK (src_port < 0)")
    return refuse_most(rig, "ALTER TABLE session_mapping DROP CONSTRAINT most")


@campaign("column-too-narrow", "P9 P10")
def column_too_narrow(rig):
    """the same by a column that is too short for all: natmill knows before it sends, and sees that it was widened"""
    make_tables(rig)
    rig.sql("ALTER TABLE session_mapping ALTER COLUMN host_name TYPE varchar(3)")
    return refuse_most(rig, "ALTER TABLE session_mapping ALTER COLUMN host_name TYPE varchar(9)")


@campaign("poison", "P2 P8")
def poison(rig):
    """NUL, invalid UTF-8, lone surrogates, junk among good messages: each is a dead letter or a clean row, once"""
    rig.watch()
    rig.start()
    with rig.load():
        rig.advance(500)
        for number in range(len(POISON) * 20):
            rig.produced.send(POISON[number % len(POISON)], number % rig.partitions)
        rig.advance(2000)
    return rig.check(either=POISON)


@campaign("poisoned-topic", "P3 P10")
def poisoned_topic(rig):
    """a topic in which each message is poison runs beside a good one, which does not notice"""
    other = rig.kafka.create_topic(partitions=1)
    rig.topics[other] = [lines.TOPIC_VENDOR]
    bad = Produced(rig.kafka, other, 1)
    rig.watch()
    rig.start()
    with rig.load():
        rig.advance(500)
        for number in range(20000):
            bad.send(POISON[number % len(POISON)], 0)
            bad.producer.poll(0)
        bad.flush()
        rig.advance(2000)
    wait_until(lambda: rig.marks(other).get(0) == 20000, 30, lambda: f"{rig.marks(other)}\n{rig.tail()}")
    assert rig.logged("ALARM") == 0, rig.tail()
    return rig.check()


@campaign("two-databases", "P4 O1")
def two_databases(rig):
    """two required outputs, one of them away now and then, and kill -9 between: both have everything exactly once"""
    second = rig.postgres.create()
    away = Proxy(rig.postgres.port)
    rig.others = [{**rig.output, "name": "second", "url": rig.url(port=away.port).replace(rig.database, second)}]
    rig.watch()
    process = rig.start()
    try:
        with rig.load():
            for _ in range(4):
                rig.advance(500)
                away.refuse()
                time.sleep(0.5 + rig.dice.random() / 2)  # the first database has a batch that the second lacks
                process.kill()
                away.refuse(False)
                process = rig.start()
            rig.advance(500)
        assert rig.logged("output second: .*tried again") > 0, rig.tail()
        return f"{rig.check()}; the other: {rig.check_tables(second, output='second')}"
    finally:
        away.close()
        rig.close_processes()
        rig.postgres.drop(second)
