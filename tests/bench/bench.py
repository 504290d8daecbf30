# SPDX-License-Identifier: Apache-2.0
"""./run bench: natmill against a bare library loop in the same run, on a real Kafka.

Each row is a path through natmill and its reference; both sides count what they took, and the counts are compared.
Figures of a row are the best of ROUNDS rounds, natmill and reference in turn, because machines are noisy. The row
`vendors` has no reference and no Kafka: it has limits, and ends with 1 when a script is slower."""

import argparse
import json
import os
import pathlib
import resource
import signal
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "system"))

from confluent_kafka import Consumer, KafkaException, TopicPartition  # noqa: E402
from kafka_server import KafkaServer  # noqa: E402
from http_row import kafka_http  # noqa: E402
from kafka_row import kafka_kafka  # noqa: E402
from postgresql_row import kafka_postgresql  # noqa: E402
from redis_row import kafka_redis  # noqa: E402
from sqlite_row import kafka_sqlite  # noqa: E402
from vendors_row import vendors, within_limits  # noqa: E402

TOPIC = "cgnat.syslog.nfware"
PARTITIONS = 4
# What natmill sets for its consumers (engine/stream/consumer_conf.c), so that both sides fetch alike.
PROPERTIES = ["fetch.queue.backoff.ms=5", "queued.min.messages=20000", "queued.max.messages.kbytes=8192",
              "fetch.max.bytes=2097152"]


def measured(command, **kwargs):
    """Runs a command to its end; returns its output, CPU seconds and peak memory in MB."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, **kwargs)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"bench: {command[0]} ended with {process.returncode}")
    return out, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def figures(count, seconds, cpu, rss):
    return {"msgs_per_s": round(count / seconds), "cpu_us_per_msg": round(cpu * 1e6 / count, 3), "rss_mb": round(rss)}


class Bench:
    def __init__(self, kafka, count):
        self.kafka = kafka
        self.count = count
        self.topic = TOPIC
        self.properties = PROPERTIES
        self.round = 0
        self.build = ROOT / "build"

    def fill(self):
        self.kafka.create_topic(TOPIC, PARTITIONS)
        out, _, _ = measured([self.build / "tests" / "bench" / "bench_produce", self.kafka.bootstrap, TOPIC,
                              str(self.count), str(PARTITIONS)])
        assert int(out) == self.count, f"produced {out} of {self.count}"

    def group(self, name):
        self.round += 1
        return f"bench-{name}-{self.round}"

    def yardstick(self, consumers):
        """The command of a librdkafka consumer that only counts."""
        return [self.build / "tests" / "bench" / "bench_consume", self.kafka.bootstrap, self.group("bare"), TOPIC,
                str(self.count), str(consumers), *PROPERTIES]

    def bare(self, consumers):
        out, cpu, rss = measured(self.yardstick(consumers))
        result = json.loads(out.splitlines()[-1])
        assert result["messages"] == self.count, f"the yardstick took {result['messages']} of {self.count}"
        return figures(self.count, result["seconds"], cpu, rss)

    def natmill(self, outputs, workers=2, extra=None):
        """One run of natmill over the whole topic; ends it when the group has committed everything."""
        group = self.group("natmill")
        with tempfile.TemporaryDirectory(prefix="natmill-bench-") as folder:
            # The last batch waits to fill; the yardstick waits as long (50 ms in bench_consume.c).
            config = {"kafka": {"brokers": self.kafka.bootstrap, "group": group}, "workers": workers,
                      "batch": {"wait": "50ms"},
                      "vendors": str(ROOT / "vendors"), "outputs": outputs,
                      "dead_letters": {"type": "file", "path": f"{folder}/dead.jsonl"}, **(extra or {})}
            path = pathlib.Path(folder) / "natmill.yaml"
            path.write_text(json.dumps(config))
            with open(pathlib.Path(folder) / "log", "w+b") as log:
                process = subprocess.Popen([self.build / "natmill", "run", "-c", path], stderr=log)
                try:
                    self.await_committed(group, process)
                    process.send_signal(signal.SIGTERM)
                    _, status, usage = os.wait4(process.pid, 0)
                    process.returncode = os.waitstatus_to_exitcode(status)
                finally:
                    if process.returncode is None:
                        process.kill()
                        process.wait()
                log.seek(0)
                text = log.read().decode()
        return self.read_log(text, usage)

    def await_committed(self, group, process):
        consumer = Consumer({"bootstrap.servers": self.kafka.bootstrap, "group.id": group})
        wanted = [TopicPartition(TOPIC, p) for p in range(PARTITIONS)]
        deadline = time.monotonic() + 300

        def committed():
            try:
                return sum(max(0, p.offset) for p in consumer.committed(wanted, timeout=10))
            except KafkaException:  # a broker that has just started has no coordinator yet
                return 0

        while committed() < self.count:
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("bench: natmill did not take everything; its log is above")
            time.sleep(0.2)
        consumer.close()

    def read_log(self, text, usage):
        line = next((one for one in text.splitlines() if "settled " in one), None)
        if line is None:
            raise SystemExit(f"bench: natmill's log has no line of accounts:\n{text}")
        words = line.split("settled ")[1].split()
        messages, seconds, parsed = int(words[0]), float(words[3]), int(words[8])
        # A batch whose COMMIT was under way when the group took its partition is stored, but counts as to be read
        # again.
        again = int(line.split(" messages to be read again")[0].split()[-1])
        assert messages == parsed, line
        assert self.count - again <= messages <= self.count, f"not all of {self.count}: {line}"
        return figures(messages, seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def best(rows):
    return max(rows, key=lambda row: row["msgs_per_s"])


def kafka_null(bench, rounds):
    bare, ours = [], []
    for _ in range(rounds):
        bare += [bench.bare(1), bench.bare(2)]
        ours.append(bench.natmill([{"type": "null"}]))
    reference = best(bare)
    row = {"path": "kafka-null", **best(ours), "reference": "librdkafka"}
    row["ratio"] = round(row["msgs_per_s"] / reference["msgs_per_s"], 3)
    return row, reference


ROWS = {"kafka-null": kafka_null, "kafka-postgresql": kafka_postgresql, "kafka-sqlite": kafka_sqlite,
        "kafka-redis": kafka_redis, "kafka-http": kafka_http, "kafka-kafka": kafka_kafka}
VENDORS = "vendors"


def show_line(name, figure):
    text = f"{name:<20} {figure['msgs_per_s']:>10,} messages/s"
    if "rss_mb" in figure:
        text += f"  {figure['cpu_us_per_msg']:.3f} us CPU/message  {figure['rss_mb']} MB"
    print(text)


def show(row, reference):
    show_line(row["path"], row)
    show_line("  " + row["reference"], reference)
    print(f"{'  ratio':<20} {row['ratio']:>10}")
    if "ceiling" in row:
        show_line("  both at once", {"msgs_per_s": row["ceiling"]})


def kafka_rows(names, messages, rounds):
    # The group waits for its members before it shares out, as brokers do outside of tests: a rebalance in the middle of
    # a run of a second would measure the rebalance.
    kafka = KafkaServer(heap="1g", java_options=("-XX:+UseG1GC",),
                        properties={"group.initial.rebalance.delay.ms": 1000})
    rows = []
    try:
        kafka.start()
        bench = Bench(kafka, messages)
        bench.fill()
        for name in names:
            row, reference = ROWS[name](bench, rounds)
            show(row, reference)
            rows.append(row)
    finally:
        kafka.close()
    return rows


def main():
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("row", nargs="*", choices=[[], *ROWS, VENDORS], help="rows to run (default: all)")
    parser.add_argument("--json", action="store_true", help="end with one line, one JSON object")
    parser.add_argument("--messages", type=int, default=2_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--no-limits", action="store_true", help="vendors: slow scripts are shown, not an error")
    args = parser.parse_args()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    names = args.row or [VENDORS, *ROWS]
    rows = [vendors()] if VENDORS in names else []
    fast = args.no_limits or all(within_limits(row) for row in rows)
    names = [name for name in names if name != VENDORS]
    if names:
        rows += kafka_rows(names, args.messages, args.rounds)
    if args.json:
        print(json.dumps({"rows": rows}))
    sys.exit(0 if fast else 1)


if __name__ == "__main__":
    main()
