# SPDX-License-Identifier: Apache-2.0
"""What happens to the outputs http and influxdb: their server killed, frozen, slow, refusing with each status, taking
everything and answering half. Each stands before PostgreSQL in the same natmill, so that one oracle sees that neither
loses and PostgreSQL has nothing twice."""

import contextlib
import time

import beside
import json_oracle
import lines
from beside import POLL_MS, frozen, in_log, proxy_of, restarts, stands_still
from campaigns import campaign
from server_http import HttpServer
from server_influxdb import InfluxServer

ALARMS = ("401", "403", "404", "405", "302", "415")
LATER = ("408", "429 1", "500", "502", "503 1")
REFUSED = "198.51.100.77"
TAKEN = ("half", "silent")  # the server has it, and natmill cannot know


@contextlib.contextmanager
def running(rig, server, output):
    """Starts the server; its output goes beside PostgreSQL's."""
    rig.others = [{"timeout": "1s", **output}]
    try:
        server.start()
        yield server
    finally:
        server.close()


def web(rig, **options):
    server = HttpServer()
    return running(rig, server, {"type": "http", "url": server.url(), "identity": True, "request_events": 100,
                                **options})


def influx(rig):
    server = InfluxServer()
    return running(rig, server, {"type": "influxdb", "url": server.url(), "create_database": True})


def check(rig, server):
    """The verdict over both outputs."""
    told = rig.check()
    events, again = json_oracle.check(rig.produced.values, server.events())
    return f"{told}; {events} events at the other, 0 lost, {again} repeated"


def is_request(_, body):
    return b"POST " in body


def kills(rig, server, count):
    proxy = proxy_of(server)
    try:
        rig.others[0]["url"] = rig.others[0]["url"].replace(str(server.port), str(proxy.port))
        told = beside.kills(rig, count, "a request", is_request, proxy)
    finally:
        proxy.close()
    return f"{told}; {check(rig, server)}"


@campaign("http-restart", "O1 S3 P4")
def http_restart(rig, times=6):
    """the web server is killed and started again under load, and natmill with it now and then"""
    with web(rig) as server:
        restarts(rig, server, times)
        return check(rig, server)


@campaign("http-kills", "O1 O7 O8")
def http_kills(rig, count=20):
    """kill -9 of natmill at random moments, and before and after a request reaches the server"""
    with web(rig) as server:
        return kills(rig, server, count)


@campaign("http-frozen", "S3 S5")
def http_frozen(rig, times=2):
    """the web server is frozen for longer than the output waits, and for longer than max.poll.interval.ms"""
    with web(rig) as server:
        frozen(rig, server, r"output http.*no whole answer within 1s", times)
        return check(rig, server)


@campaign("http-answers", "O1 O2 P7")
def http_answers(rig, alarms=ALARMS, later=LATER, taken=TAKEN):
    """it answers 401, 403, 404 and others: alarm; 429, 500 and others; half an answer, none: nothing lost, ever"""
    with web(rig) as server:
        rig.watch()
        rig.start()
        with rig.load():
            for mode in (*alarms, *later, *taken):
                rig.advance(500)
                server.mode(mode)
                if mode in taken:
                    in_log(rig, "output http: ")
                else:
                    in_log(rig, rf"{'ALARM: ' if mode in alarms else ''}output http: .*answers {mode.split()[0]}")
                stands_still(rig)
                server.mode("ok")
            rig.advance(500)
        if alarms:
            assert rig.logged("ALARM") > 0
        return check(rig, server)


@campaign("http-too-large", "P1")
def http_too_large(rig):
    """it answers 413 to what is longer than a few events, less and less: smaller requests, no dead letters"""
    with web(rig) as server:
        rig.watch()
        rig.start()
        with rig.load():
            for limit in (9000, 2500, 700):
                rig.advance(500)
                server.mode(f"limit {limit}")
            rig.advance(2000)
        assert rig.logged("ALARM") == 0, rig.tail()
        return check(rig, server)


@campaign("http-refuses", "P1")
def http_refuses(rig, messages=6000):
    """it answers 422 to whatever has one address in it: exactly those events become dead letters, all others arrive"""
    with web(rig) as server:
        server.mode(f'refuse "dst_ip":"{REFUSED}"')
        rig.start()
        with rig.load():
            rig.advance(messages)
        rig.drained()
        letters = {row[:3]: row[3] for row in rig.sql(
            'SELECT "partition", "offset", idx, reason FROM natmill_dead_letters WHERE output = %s', "http")}
        arrived = {place for place, _ in server.events()}
    assert rig.logged("ALARM") == 0, rig.tail()
    assert letters and all("answers 422" in reason for reason in letters.values()), letters
    wrong = [place for place, value in rig.produced.values.items()
             for index, _, fields in lines.expected(value)[0]
             if ((*place, index) in letters, (*place, index) in arrived) != (refused(fields), not refused(fields))]
    assert wrong == [], f"{len(wrong)} wrong, the first: {wrong[:3]}"
    return f"{len(letters)} refused, {len(arrived)} arrived"


def refused(fields):
    return fields.get("dst_ip") == REFUSED


@campaign("http-slow", "S5")
def http_slow(rig):
    """a batch takes longer than max.poll.interval.ms, because each answer takes its time"""
    rig.properties["max.poll.interval.ms"] = POLL_MS
    rig.batch = {"messages": 2000, "wait": "500ms"}
    with web(rig) as server:
        rig.watch()
        rig.start()
        with rig.load(1000):
            rig.advance(500)
            before = rig.logged(r"Kafka: assigned")
            server.mode("slow")
            rig.all_advance()
            time.sleep(POLL_MS / 1000)
            rig.all_advance()
            server.mode("ok")
            rig.advance(500)
        assert rig.logged(r"Kafka: assigned") == before, f"thrown out of the group:\n{rig.tail(30)}"
        return check(rig, server)


@campaign("influxdb-restart", "O1 S3 P4")
def influxdb_restart(rig, times=4):
    """InfluxDB is killed and started again under load, and natmill with it now and then; nothing is there twice"""
    with influx(rig) as server:
        restarts(rig, server, times)
        return check(rig, server)


@campaign("influxdb-kills", "O1 O7 O8")
def influxdb_kills(rig, count=20):
    """kill -9 of natmill at random moments, and before and after a request reaches InfluxDB"""
    with influx(rig) as server:
        return kills(rig, server, count)


@campaign("influxdb-frozen", "S3 S5")
def influxdb_frozen(rig, times=2):
    """InfluxDB is frozen for longer than the output waits, and for longer than max.poll.interval.ms"""
    with influx(rig) as server:
        frozen(rig, server, r"output influxdb.*no whole answer within 1s", times)
        return check(rig, server)
