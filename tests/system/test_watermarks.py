# SPDX-License-Identifier: Apache-2.0
"""natmill watermarks: what the operator sees, sets, and is refused."""

import pytest

import traffic
from natmill_process import write_config


@pytest.fixture
def settled(kafka, topic, configure, start_natmill, ledger, tmp_path):
    """A configuration whose output has taken 100 messages of each partition; natmill has ended."""
    traffic.produce(kafka, topic, 100)
    config = configure(kafka, topic)
    process = start_natmill(config)
    ledger.wait(topic, 100)
    assert process.terminate() == 0
    return str(write_config(tmp_path, config))


def rows(result):
    assert result.returncode == 0, result.stderr
    return [line.split() for line in result.stdout.splitlines()[1:]]


def test_set_is_where_the_next_run_starts(run_natmill, start_natmill, settled, topic, ledger, tmp_path):
    result = run_natmill("watermarks", "set", "-c", settled, "sqlite", topic, "2", "40")
    assert result.returncode == 0, result.stderr
    assert "was 100" in result.stdout
    found = {row[2]: row[3:5] for row in rows(run_natmill("watermarks", "list", "-c", settled))}
    assert found["2"] == ["40", "-"] and found["1"][0] == "100"
    process = start_natmill((tmp_path / "natmill.yaml").read_text(encoding="utf-8"))
    ledger.wait(topic, 100)
    assert process.terminate() == 0
    again = ledger.query('SELECT count(*) FROM session_mapping WHERE topic = ? AND "partition" = 2 AND "offset" >= 40',
                         topic)
    assert again[0][0] == 2 * sum(traffic.kind(number) == "event" for number in range(40, 100))


REFUSED = [
    (("set", "pg", "TOPIC", "0", "1"), 1, "no output with watermarks is named 'pg'; the configuration has: sqlite"),
    (("set", "sqlite", "nowhere", "0", "1"), 1, "has no watermark of nowhere [0]"),
    (("set", "sqlite", "TOPIC", "9", "1"), 1, "has no watermark"),
    (("set", "--cluster", "other", "sqlite", "TOPIC", "0", "1"), 1, "in cluster other"),
    (("set", "sqlite", "TOPIC", "x", "1"), 2, "'x' is no partition"),
    (("set", "sqlite", "TOPIC", "0", "1x"), 2, "'1x' is no offset"),
    (("set", "sqlite", "TOPIC", "0"), 2, "usage:"),
    (("show",), 2, "usage:"),
    ((), 2, "usage:"),
]


def test_list_and_what_is_refused(run_natmill, settled, topic):
    for arguments, status, words in REFUSED:
        result = run_natmill("watermarks", *(topic if one == "TOPIC" else one for one in arguments), "-c", settled)
        assert result.returncode == status, (arguments, result.stderr)
        assert words in result.stderr and len(result.stderr.splitlines()) == 1
    found = rows(run_natmill("watermarks", "list", "-c", settled))
    assert [row[:4] for row in found] == [["sqlite", topic, str(number), "100"] for number in range(4)]
    assert all(row[4].endswith("Z") and row[5] for row in found)
