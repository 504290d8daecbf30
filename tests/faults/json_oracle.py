# SPDX-License-Identifier: Apache-2.0
"""Looks whether each event produced is found at least once, with the right content, in an output that keeps the JSON
form of events and their identities. Events of more than once are counted, not held against it."""

import datetime
import json

import lines
from oracle import COLUMNS

EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
OTHER_KEYS = {"type"}


def read_event(text):
    """(table, fields) as lines.expected() has them."""
    event = json.loads(text)
    table = event["type"].replace("-", "_")
    when = datetime.datetime.fromisoformat(event["timestamp"].replace("Z", "+00:00"))
    fields = dict.fromkeys(["timestamp", "host", "event", "host_name", *COLUMNS[table]])
    fields |= {name: value for name, value in event.items() if name not in OTHER_KEYS}
    fields["timestamp"] = (when - EPOCH) // datetime.timedelta(microseconds=1)
    return table, fields


def read_identity(text, topic):
    """(partition, offset, index) of `...TOPIC:partition:offset:index`, None when it is another topic's."""
    rest, partition, offset, index = text.rsplit(":", 3)
    return (int(partition), int(offset), int(index)) if rest.endswith(topic) else None


def check(values, copies):
    """values: {(partition, offset): message}; copies: (identity, JSON) of each event found. Returns (events, those
    found more than once); raises AssertionError."""
    seen, again, wrong = {}, 0, []
    for place, text in copies:
        again += place in seen
        if seen.setdefault(place, text) != text:
            wrong.append(("two contents", place, text))
    total = len(seen)
    for place, value in values.items():
        for index, table, fields in lines.expected(value)[0]:
            text = seen.pop((*place, index), None)
            if text is None:
                wrong.append(("lost", place, table, fields))
            elif read_event(text) != (table, dict.fromkeys(read_event(text)[1]) | fields):
                wrong.append(("changed", place, text, fields))
    wrong += [("from nowhere", place, text) for place, text in seen.items()]
    kinds = {}
    for one in wrong:
        kinds[one[0]] = kinds.get(one[0], 0) + 1
    assert not wrong, f"{kinds} of {len(values)} messages; the first: {wrong[:3]}"
    return total, again
