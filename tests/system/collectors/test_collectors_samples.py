# SPDX-License-Identifier: Apache-2.0
"""Every line of the vendors' samples, sent to syslog-ng as a datagram: it goes to a topic that the vendor's script
reads, and its envelope gives the same events as the line itself."""

import json
import re
from types import SimpleNamespace

import pytest

from daemons import ROOT, SyslogNg, syslog_topics

COLLECTOR = SyslogNg
WRITES = syslog_topics()
NOT_SYSLOG = ("cgnat.netflow.", "cgnat.accounting.")
# The collector knows them better than the line, or instead of it.
OF_THE_ENVELOPE = ("host", "host_name", "timestamp")


def topics(script):
    """The syslog topics that a script reads."""
    declared = re.search(r":topics\s*(\{[^}]*\}|\"[^\"]*\")", script.read_text(encoding="utf-8"))
    return {name for name in re.findall(r'"([^"]*)"', declared[1]) if not name.startswith(NOT_SYSLOG)}


def samples(script):
    """The messages of its .samples that a device sends by syslog: neither collectors' JSON nor nothing."""
    for line in script.with_suffix(".samples").read_text(encoding="utf-8").splitlines():
        if line.startswith("> ") and line[2:].strip() and not line.startswith("> {"):
            yield line[2:]


SCRIPTS = [script for script in sorted((ROOT / "vendors").glob("*.lua")) if topics(script)]


@pytest.fixture(scope="module")
def sent(collector, written):
    """All samples of all scripts: {script's name: [line, topic and envelope of each]}. Each is sent from an address of
    its own in 127.0.0.0/8, by which its envelope is known."""
    found = {script.stem: [SimpleNamespace(line=line, topic=None) for line in samples(script)] for script in SCRIPTS}
    by_address = {f"127.1.{number // 250}.{number % 250 + 1}": one
                  for number, one in enumerate(one for some in found.values() for one in some)}
    for number, (address, one) in enumerate(by_address.items()):
        collector.send(one.line.encode(), source=address)
        if number % 20 == 0:
            collector.settle()

    def is_ours(topic, envelope, text):
        one = by_address.get(envelope["ip"])
        if one is not None:
            one.topic, one.envelope, one.value = topic, envelope, text
        return one is not None

    written.wait(is_ours, len(by_address))
    return found


def tried(run_natmill, vendor, values):
    """What natmill makes of them, without what the envelope brings."""
    run = run_natmill("try", "--vendor", vendor, "--vendors", str(ROOT / "vendors"), "--json",
                      input="".join(value + "\n" for value in values))
    found = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(found) == len(values), run.stderr
    return [(one["verdict"], [{key: value for key, value in event.items() if key not in OF_THE_ENVELOPE}
                              for event in one.get("events", [])]) for one in found]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_samples(sent, run_natmill, script):
    mine = sent[script.stem]
    raw = tried(run_natmill, script.stem, [one.line for one in mine])
    wrapped = tried(run_natmill, script.stem, [one.value for one in mine])
    differ = [(one.line, one.envelope["message"], left, right)
              for one, left, right in zip(mine, raw, wrapped) if left != right]
    assert not differ, f"{len(differ)} differ: {differ[:3]}"
    # What is no event may look like anybody's.
    astray = [(one.line, one.topic) for one, (verdict, _) in zip(mine, raw)
              if verdict == "events" and one.topic not in topics(script)]
    assert not astray, f"{len(astray)} of {len(mine)} went elsewhere: {astray}"
