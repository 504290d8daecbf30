# SPDX-License-Identifier: Apache-2.0
"""The row `vendors` of ./run bench: nanoseconds a record for every shipped script on its own samples, without Kafka.
See bench_vendors.c."""

import json
import pathlib
import statistics
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

MAX_NS = 1000  # no script may take longer for a record
MEDIAN_NS = 300


def vendors():
    """Runs the program; returns the row."""
    out = subprocess.run([ROOT / "build" / "tests" / "bench" / "bench_vendors", ROOT / "vendors"],
                         stdout=subprocess.PIPE, text=True, check=True).stdout
    scripts = {one["script"]: one for one in map(json.loads, out.splitlines())}
    times = {name: one["ns"] for name, one in scripts.items()}
    for name, one in scripts.items():
        print(f"{name:<20} {one['ns']:>6} ns/record  {one['samples']} samples")
    slowest = max(times, key=times.get)
    row = {"path": "vendors", "median_ns": round(statistics.median(times.values())), "max_ns": times[slowest],
           "slowest": slowest, "scripts": times}
    print(f"{'  median':<20} {row['median_ns']:>6} ns/record  (limit {MEDIAN_NS})")
    print(f"{'  maximum':<20} {row['max_ns']:>6} ns/record  (limit {MAX_NS}): {slowest}")
    return row


def within_limits(row):
    return row["max_ns"] <= MAX_NS and row["median_ns"] <= MEDIAN_NS
