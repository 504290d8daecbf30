# SPDX-License-Identifier: Apache-2.0
"""The cgn-ec consumer as far as others see it: what it reads, how it writes into the tables and commits, and what the
suite's API asks the tables. Written after the facts of its public repositories (2025), without any of its code."""

import json
import re

from confluent_kafka import Consumer

TOPIC = "cgnat.syslog.nfware"
COLUMNS = {
    "session_mapping": "timestamp host event vrf_id protocol src_ip src_port x_ip x_port dst_ip dst_port",
    "port_mapping": "timestamp host event vrf_id protocol src_ip src_port x_ip x_port",
    "port_block_mapping": "timestamp host event vrf_id src_ip x_ip start_port end_port",
    "address_mapping": "timestamp host event vrf_id src_ip x_ip",
}
TABLES = """
CREATE TABLE session_mapping (timestamp timestamptz not null, host inet not null, event integer not null, vrf_id {vrf},
    protocol smallint, src_ip inet not null, src_port integer not null, x_ip inet, x_port integer,
    dst_ip inet not null, dst_port integer not null{more}{session});
CREATE TABLE port_mapping (timestamp timestamptz not null, host inet not null, event smallint not null, vrf_id {vrf},
    protocol smallint not null, src_ip inet not null, src_port integer, x_ip inet not null, x_port integer not null);
CREATE TABLE port_block_mapping (timestamp timestamptz not null, host inet not null, event smallint not null,
    vrf_id {vrf}, src_ip inet not null, x_ip inet not null, start_port integer not null, end_port integer not null);
CREATE TABLE address_mapping (timestamp timestamptz not null, host inet not null, event smallint not null, vrf_id {vrf},
    src_ip inet not null, x_ip inet not null);
"""
KEY = ", PRIMARY KEY (timestamp, host, event, src_ip, src_port, dst_ip, dst_port)"
KINDS = {
    "plain": TABLES.format(vrf="varchar", more="", session=""),
    "smallint": TABLES.format(vrf="smallint", more=", direction text", session=""),  # the suite's SQL of 2024
    "key": TABLES.format(vrf="varchar", more="", session=KEY),  # made by the consumer itself
}
ADDRESS = r"\d+\.\d+\.\d+\.\d+"
HEAD = rf"(?P<event>[AD]) VRF (?P<vrf_id>\d+)(?: (?P<protocol>\d+))? INT (?P<src_ip>{ADDRESS})"
SHAPES = {
    "session_mapping": rf"{HEAD}:(?P<src_port>\d+) EXT (?P<x_ip>{ADDRESS}):(?P<x_port>\d+) "
                       rf"DST (?P<dst_ip>{ADDRESS}):(?P<dst_port>\d+) DIR (?:OUT|IN)$",
    "port_mapping": rf"{HEAD}:(?P<src_port>\d+) EXT (?P<x_ip>{ADDRESS}):(?P<x_port>\d+)$",
    "port_block_mapping": rf"{HEAD} EXT (?P<x_ip>{ADDRESS}):(?P<start_port>\d+)-(?P<end_port>\d+)$",
    "address_mapping": rf"{HEAD} EXT (?P<x_ip>{ADDRESS})$",
}


class OldConsumer:
    """One of its processes. Rows go in with one INSERT each, in one transaction a poll; then it commits."""

    def __init__(self, kafka, group, database, poll=500):
        self.database, self.poll = database, poll
        self.consumer = Consumer({"bootstrap.servers": kafka.bootstrap, "group.id": group,
                                  "auto.offset.reset": "earliest", "enable.auto.commit": False,
                                  "partition.assignment.strategy": "roundrobin", "session.timeout.ms": 6000})
        self.consumer.subscribe([TOPIC])

    def store(self, records):
        with self.database.cursor() as cursor:
            cursor.execute("BEGIN")
            for record in records:
                envelope = json.loads(record.value())
                table, match = next(((table, match) for table, shape in SHAPES.items()
                                     if (match := re.search(shape, envelope["message"]))), (None, None))
                if table is None:
                    continue  # dropped, with a counter only
                values = {"timestamp": envelope["timestamp"], "host": envelope["ip"], **match.groupdict()}
                values["event"] = {"A": 1, "D": 2}[values["event"]]
                values["vrf_id"] = int(values["vrf_id"])
                columns = COLUMNS[table].split()
                places = ", ".join(["%s"] * len(columns))
                cursor.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})",
                               [values[name] for name in columns])
            cursor.execute("COMMIT")

    def run(self, count, crash=False):
        """Reads `count` messages; crash: its last poll is written and not committed. Returns the messages of it."""
        done = 0
        while done < count:
            records = [m for m in self.consumer.consume(min(self.poll, count - done), timeout=1) if m.error() is None]
            if not records:
                continue
            self.store(records)
            done += len(records)
            if done >= count and crash:
                self.consumer.close()
                return records
            self.consumer.commit(asynchronous=False)
        self.consumer.close()
        return []


def ask(database, table, limit=100, skip=0, timestamp_ge=None, timestamp_le=None, **equal):
    """What the API asks a table: each parameter is a condition; all columns."""
    conditions = [f"{name} = %s" for name in equal]
    values = list(equal.values())
    for name, operator, value in (("timestamp", ">=", timestamp_ge), ("timestamp", "<=", timestamp_le)):
        if value is not None:
            conditions.append(f"{name} {operator} %s")
            values.append(value)
    columns = COLUMNS[table].split()
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(columns)} FROM {table}{where} LIMIT {limit} OFFSET {skip}", values)
        return [dict(zip(columns, row)) for row in cursor.fetchall()]
