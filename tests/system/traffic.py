# SPDX-License-Identifier: Apache-2.0
"""NFWare traffic whose every message tells from its place what must become of it: number n of a partition is an event,
ignored or a dead letter, and an event's addresses say which number it was made of."""

import pathlib

from natmill_process import write_script

VENDORS = pathlib.Path(__file__).resolve().parents[2] / "vendors"

MALFORMED = (
    b'{"message":"A VRF 0 INT 10.0.0.1 EXT 100.64',  # cut off
    b'{"timestamp":"2025-05-02T11:34:56.870Z","ip":"192.0.2.1","message":"A VRF 0 6 INT 10.0.0 EXT 1.2.3.4:5"}',
    b'{"timestamp":"2025-05-02T11:34:56.870Z","ip":"192.0.2.1","message":"\xff\xfe"}',
    b"A VRF 0 INT 10.0.0.1 EXT 100.64.0.1",  # no device, no time of its own
    b"",
)


def kind(number):
    """event, ignored or dead"""
    if number % 100 == 7:
        return "ignored"
    if number % 25 == 3:
        return "dead"
    return "event"


def value(partition, number):
    if kind(number) == "dead":
        return MALFORMED[number // 25 % len(MALFORMED)]
    if number % 200 == 7:
        return None
    if number % 100 == 7:
        text = "KEEPALIVE 17"
    else:
        text = (f"A VRF {partition} 6 INT {source(partition, number)}:1024 EXT 100.64.0.1:{number % 60000 + 1} "
                "DST 185.165.123.206:443 DIR OUT")
    return ('{"version":"1","type":"generic","timestamp":"2025-05-02T11:34:56.870+00:00","program":"nfware",'
            f'"host":"cgn-1","ip":"192.0.2.{partition + 1}","message":"{text}"}}').encode()


def source(partition, number):
    """The inside address of an event."""
    return f"10.{number >> 16 | partition << 4}.{number >> 8 & 255}.{number & 255}"


def produce(kafka, topic, count, partitions=4, start=0):
    """Writes the numbers start..start+count-1 of each partition; number = offset in a topic that is fresh."""
    for partition in range(partitions):
        kafka.produce(topic, (value(partition, number) for number in range(start, start + count)), partition=partition,
                      enable_idempotence=True)  # in order, whatever is sent twice


def vendors(folder):
    """A folder of scripts with NFWare's, that ignores keepalives too."""
    text = (VENDORS / "nfware.lua").read_text(encoding="utf-8")
    target = folder / "vendors"
    target.mkdir(exist_ok=True)
    text = text.replace("return nfware", 'nfware:ignore "KEEPALIVE {*}"\n\nreturn nfware')
    write_script(target / "nfware.lua", text)
    return target
