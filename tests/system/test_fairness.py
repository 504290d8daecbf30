# SPDX-License-Identifier: Apache-2.0
"""A backlog in many partitions, one worker: all of them come on, none waits until another one is through."""

import pytest

import traffic

PARTITIONS = 8
EACH = 30000
APART = EACH // 4


def widest(rows):
    """By how many messages the partition that is ahead is ahead of the one that is behind, at most, as long as all have
    a backlog. rows: (partition, offset) in the order in which they were stored."""
    reached = [0] * PARTITIONS
    most = 0
    for partition, offset in rows:
        reached[partition] = offset
        if offset > EACH * 9 // 10:
            return most
        most = max(most, max(reached) - min(reached))
    return most


@pytest.mark.slow
@pytest.mark.parametrize("memory", ["16MB", "256MB"])
def test_none_starves(kafka, configure, start_natmill, ledger, memory):
    """Of producers whose batches have the usual 16 KB: of larger ones an answer of the broker holds few partitions."""
    topic = kafka.create_topic(partitions=PARTITIONS)
    for partition in range(PARTITIONS):
        kafka.produce(topic, (traffic.value(partition, number) for number in range(EACH)), partition=partition,
                      compression_type="none", batch_size=16384)
    process = start_natmill(configure(kafka, topic, memory=memory))
    ledger.wait(topic, EACH, PARTITIONS)
    assert process.terminate() == 0
    assert widest(ledger.query('SELECT "partition", "offset" FROM session_mapping ORDER BY rowid')) < APART
