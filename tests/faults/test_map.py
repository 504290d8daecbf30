# SPDX-License-Identifier: Apache-2.0
"""docs/guarantees.md names campaigns and tests that there are, and all campaigns."""

import argparse
import pathlib
import re

import faults

KINDS = ("kafka", "sqlite", "file", "redis", "amqp", "http", "influxdb")
ROOT = pathlib.Path(__file__).resolve().parents[2]


def rows():
    """(row, cell that names its tests) of the table."""
    page = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    return re.findall(r"^\| ([A-Z]\d+) \|.*?\|(.*)\|$", page, re.MULTILINE)


def named():
    return {name for _, cell in rows() for name in re.findall(r"`([\w-]+)`", cell)}


def test_every_name_is_there():
    sources = "".join(path.read_text(encoding="utf-8") for folder in ("unit", "contract", "system")
                      for path in (ROOT / "tests" / folder).iterdir() if path.suffix in (".c", ".py"))
    missing = [name for name in named() if name not in faults.ALL and not re.search(rf"\b{name}\(", sources)]
    assert missing == []


def test_every_campaign_is_named():
    assert set(faults.ALL) - named() == set()


def test_rows_of_a_campaign_are_true():
    """A campaign stands in rows that it claims itself."""
    wrong = [(row, name) for row, cell in rows() for name in re.findall(r"`([\w-]+)`", cell)
             if name in faults.ALL and row not in faults.ALL[name].rows.split()]
    assert wrong == []


def test_kills_are_dealt():
    """All of them, to a campaign of each output, and most to those with transactions."""
    for count in (1, 7, 100, 1000):
        assert sum(faults.deal(count).values()) == count
    parts = faults.deal(1000)
    assert {"kills", "kills-pair", *(f"{kind}-kills" for kind in KINDS)} == set(parts) and min(parts.values()) >= 80
    assert sum(parts[name] for name in ("kills", "kills-pair", "kafka-kills", "sqlite-kills")) == 600
    assert [name for name, _ in faults.plan(argparse.Namespace(kills=1000))] == list(parts)
