# SPDX-License-Identifier: Apache-2.0
"""Topics that reloads drop and take back faster than the group follows: nothing of them is lost, twice or dead."""

import re
import signal
import threading
import time

import pytest

import traffic
from natmill_process import write_config
from test_reload import running  # noqa: F401  (a fixture)
from waiting import wait_until

FEED = 50


class Feed:
    """Messages for a topic all the time, until it is left."""

    def __init__(self, kafka, topic):
        self.kafka, self.topic, self.count = kafka, topic, 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.flow)

    def flow(self):
        while not self.over.wait(0.02):
            traffic.produce(self.kafka, self.topic, FEED, start=self.count)
            self.count += FEED

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["roundrobin", "cooperative-sticky"])
def test_dropped_and_taken_back_at_any_moment(kafka, topic, running, ledger, strategy):  # noqa: F811
    other = kafka.create_topic(partitions=4)
    one = running(kafka={"strategy": strategy})
    both = {topic: ["nfware"], other: ["nfware"]}
    one.write(topics=both)
    one.reload()
    with Feed(kafka, other) as feed:
        wait_until(lambda: ledger.progress(other) > 0, 60, lambda: one.process.err[-2000:])
        for turn in range(8):
            one.write(topics={topic: ["nfware"]})
            one.process.signal(signal.SIGHUP)
            time.sleep(0.25 + 0.1 * turn)  # the moment is what is tried: before, in and after the group's answer
            one.write(topics=both)
            one.process.signal(signal.SIGHUP)
            target = feed.count
            wait_until(lambda: ledger.progress(other) >= target, 60, lambda: one.process.err[-2000:])  # noqa: B023
    ledger.wait(other, feed.count, what=one.process.err[-2000:])
    assert one.process.terminate() == 0
    ledger.check(other, feed.count)
    assert not [reason for reason, in ledger.letters("reason") if "serves this topic" in reason]


def test_scripts_without_topics_are_refused(running, tmp_path):  # noqa: F811
    one = running()
    one.config.pop("topics")
    write_config(tmp_path, one.config)
    one.script.write_text(re.sub(r"(?m)^nfware:topics.*$", "", one.text), encoding="utf-8")
    assert "no script names a topic, so nothing would be read" in one.reload(1)
    one.end()
