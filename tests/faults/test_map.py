# SPDX-License-Identifier: Apache-2.0
"""docs/guarantees.md names campaigns and tests that there are, and all campaigns."""

import pathlib
import re

import faults

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
