# SPDX-License-Identifier: Apache-2.0
"""Bad messages: each is a dead letter with a fitting reason, kept whole, and the next message is unharmed."""

import json

import pytest

GOOD = (b'{"timestamp":"2025-05-02T11:34:56.870Z","ip":"192.0.2.1","host":"cgn-1",'
        b'"message":"A VRF 0 INT 10.0.0.1 EXT 100.64.0.1"}')


def envelope(**changes):
    return json.dumps({**json.loads(GOOD), **changes}).encode()


# name: (value, a part of the reason)
CASES = {
    "truncated JSON": (GOOD[:60], "a string has no end"),
    "message is a number": (envelope(message=17), "`message` is not a string"),
    "message is an object": (envelope(message={"a": 1}), "`message` is not a string"),
    "message is null": (envelope(message=None), "`message` is not a string"),
    "ip is a list": (envelope(ip=["192.0.2.1"]), "`ip` is not a string"),
    "timestamp is a number": (envelope(timestamp=1746185696), "`timestamp` is not a string"),
    "an array": (b"[1,2,3]", "stopped at column 1: expected an action ("),
    "NUL in a field": (envelope(message="A VRF x\0y INT 10.0.0.1 EXT 100.64.0.1"), "vrf_id contains a NUL byte"),
    "NUL bytes in the JSON": (GOOD.replace(b"INT", b"I\0T"), "unescaped control character"),
    "only NUL bytes": (b"\0\0\0\0", "stopped at column 1"),
    "invalid UTF-8 in JSON": (GOOD.replace(b"VRF 0", b"VRF \xff\xfe"), "not valid UTF-8"),
    "invalid UTF-8 as raw text": (b"\xff\xfe\x80", "found `\\xff\\xfe\\x80`"),
    "lone surrogate": (GOOD.replace(b"VRF 0", b"VRF \\ud800"), "wrong escape"),
    "empty": (b"", "the value is empty"),
    "blanks": (b"   \r\n ", ""),
    "10,000 nested brackets": (b'{"message":' + b"[" * 10000 + b"]" * 10000 + b"}", "nested too deeply"),
    "10,000 brackets never closed": (b'{"message":' + b"[" * 10000, "JSON"),
    "10,000 nested objects": (b'{"a":' * 10000 + b"1" + b"}" * 10000, "nested too deeply"),
    "duplicate key": (GOOD[:-1] + b',"message":"A VRF 1 INT 10.0.0.2 EXT 100.64.0.2"}', "`message` stands twice"),
    "1 MB line": (envelope(message="A VRF 0 INT 10.0.0.1 EXT 100.64.0.1 " + "x" * 1_000_000), "stopped at column 36"),
    "1 MB of raw text": (b"y" * 1_000_000, "stopped at column 1"),
    "4 MB and more": (b"z" * 4_300_000, "the value has 4300000 bytes"),
}


@pytest.fixture
def deliver(kafka, configure, start_natmill, ledger):
    """deliver(values): each with a good message behind it; returns [(rows, letter)] of each."""

    def run(values, headers=None, keys=None):
        topic = kafka.create_topic(partitions=1, max_message_bytes=8_000_000)
        pairs = [message for value in values for message in (value, GOOD)]
        kafka.produce(topic, pairs, partition=0, headers=headers, keys=keys, enable_idempotence=True)
        process = start_natmill(configure(kafka, topic))
        ledger.wait(topic, len(pairs), partitions=1)
        assert process.terminate() == 0
        rows = {offset for offset, in ledger.query('SELECT "offset" FROM address_mapping')}
        letters = {letter[0]: letter[1:] for letter in ledger.letters('"offset", reason, value, "key", headers')}
        for number in range(1, len(pairs), 2):
            assert number in rows and number not in letters, f"the message behind {pairs[number - 1][:80]} was harmed"
        return [(offset in rows, letters.get(offset)) for offset in range(0, len(pairs), 2)]

    return run


def test_each_is_a_dead_letter(deliver):
    values = [value for value, _ in CASES.values()]
    for (name, (value, reason)), (stored, letter) in zip(CASES.items(), deliver(values)):
        assert not stored, name
        assert letter is not None, name
        assert letter[1] == value, f"{name}: the value must be kept as it was"
        assert reason in letter[0] and letter[0] != "", f"{name}: {letter[0]}"


def test_tombstone_is_ignored(deliver):
    assert deliver([None, None]) == [(False, None), (False, None)]


def test_letter_keeps_key_and_headers(deliver):
    (_, letter), = deliver([b"junk"], headers=[("trace", b"abc"), ("raw", b"\xff"), ("none", None)],
                           keys=[b"\x00key", b"other"])
    assert letter[1] == b"junk"
    assert letter[2] == b"\x00key"
    assert json.loads(letter[3]) == [{"name": "trace", "value": "abc"}, {"name": "raw", "value_base64": "/w=="},
                                     {"name": "none", "value": None}]
