# SPDX-License-Identifier: Apache-2.0
"""The messages of the fault campaigns, and what must become of them. message() makes number n; expected() reads a
message anew, by rules of its own that share nothing with natmill or with message()."""

import datetime
import ipaddress
import pathlib
import re

from natmill_process import write_script

VENDORS = pathlib.Path(__file__).resolve().parents[2] / "vendors"
TOPIC_VENDOR = "nfware"
BAD = ("A VRF 0 6 INT 10.0.0 EXT 1.2.3.4:5", "no log line at all", "A VRF 0 6 INT 10.0.0.1:70000 EXT 1.2.3.4:5",
       "D VRF 0 INT 10.0.0.1 EXT 100.64.0.1:900-100")
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)


def address(number):
    """Every fifth is IPv6; each tells its number."""
    if number % 5 == 0:
        return f"2001:db8::{number >> 16 & 0xffff:x}:{number & 0xffff:x}"
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def line(number):
    """The text of one record: four kinds of events, now and then a keepalive or a line that is no event."""
    if number % 97 == 13:
        return "KEEPALIVE 17"
    if number % 41 == 7:
        return BAD[number // 41 % len(BAD)]
    action, vrf, inside = "AD"[number // 3 % 2], number % 7, address(number)
    bracketed = f"[{inside}]" if ":" in inside else inside
    protocol = (6, 17, 1)[number % 3]
    outside, port = f"100.64.{number >> 8 & 255}.{number & 255}", 1024 + number % 60000
    kind = number % 8
    if kind == 1:
        return f"{action} VRF {vrf} {protocol} INT {bracketed}:{number % 65536} EXT {outside}:{port}"
    if kind == 2:
        return f"{action} VRF {vrf} INT {inside} EXT {outside}:{port}-{port + 511}"
    if kind == 3:
        return f"{action} VRF {vrf} INT {inside} EXT {outside}"
    return (f"{action} VRF {vrf} {protocol} INT {bracketed}:{number % 65536} EXT {outside}:{port} "
            f"DST 198.51.100.{number % 255}:443 DIR OUT")


def wrap(text, number=0):
    """The collector's envelope around records."""
    when = datetime.datetime(2025, 5, 2, tzinfo=datetime.timezone.utc) + datetime.timedelta(milliseconds=number)
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return (f'{{"version":"1","timestamp":"{when.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]}+00:00","program":"nfware",'
            f'"host":"cgn-{number % 3}","ip":"192.0.2.{number % 200 + 1}","message":"{text}"}}').encode()


def message(number):
    """Number n: mostly one record, sometimes three; a few tombstones and a few that are not even an envelope."""
    if number % 301 == 5:
        return None
    if number % 307 == 11:
        return b'{"message":"A VRF 0 INT 10.0.0.1 EXT 100.64'
    if number % 11 == 4:
        return wrap("\n".join(line(number * 3 + i) for i in range(3)), number)
    return wrap(line(number * 3), number)


def clean(number):
    """The same without those that become dead letters."""
    value = message(number)
    return value if expected(value)[1] == 0 else wrap("KEEPALIVE 17", number)


ADDRESS = r"(?:[\d.]+|\[?[\da-f:]+\]?)"
TEXT = re.compile(
    rf"([AD]) VRF (\S+) (?:(\d+) )?INT ({ADDRESS}?)(?::(\d+))? EXT ([\d.]+)(?::(\d+)(?:-(\d+))?)?"
    r"(?: DST ([\d.]+):(\d+)(?: .*)?)?")
ENVELOPE = re.compile(rb'\{.*"timestamp":"([^"]+)",.*"host":"([^"]+)","ip":"([^"]+)","message":"(.*)"\}', re.DOTALL)


def ip(text):
    return None if text is None else str(ipaddress.ip_address(text.strip("[]")))


def port(text):
    return None if text is None else int(text)


def read_line(text):
    """(table, fields without envelope), "ignored" or "dead" """
    if text.startswith("KEEPALIVE "):
        return "ignored"
    match = TEXT.fullmatch(text)
    if match is None:
        return "dead"
    action, vrf, protocol, inside, inside_port, outside, first, last, far, far_port = match.groups()
    try:
        fields = {"event": {"A": 1, "D": 2}[action], "vrf_id": vrf, "src_ip": ip(inside), "x_ip": ip(outside)}
    except ValueError:
        return "dead"
    ports = [int(one) for one in (inside_port, first, last, far_port) if one is not None]
    if any(one > 65535 for one in ports) or (last is not None and int(first) > int(last)):
        return "dead"
    if last is not None:
        return "port_block_mapping", fields | {"start_port": port(first), "end_port": port(last)}
    if protocol is None:
        return "address_mapping", fields
    fields |= {"protocol": int(protocol), "src_port": port(inside_port), "x_port": port(first)}
    if far is None:
        return "port_mapping", fields
    return "session_mapping", fields | {"dst_ip": ip(far), "dst_port": port(far_port)}


def expected(value):
    """What must become of a message: (events, dead), events a list of (index, table, fields) in their order, dead
    the number of dead letters. A record has a thousand indices of its own."""
    if value is None:
        return [], 0
    match = ENVELOPE.fullmatch(value)
    if match is None:
        return [], 1
    when, name, device, text = (group.decode("utf-8", "replace") for group in match.groups())
    common = {"timestamp": int((datetime.datetime.fromisoformat(when) - EPOCH) / datetime.timedelta(microseconds=1)),
              "host": device, "host_name": name}
    found = [read_line(one) for one in text.replace("\\n", "\n").split("\n")]
    events = [(record * 1000, one[0], common | one[1]) for record, one in enumerate(found) if isinstance(one, tuple)]
    return events, found.count("dead")


def vendors(folder):
    """NFWare's script, that ignores keepalives and takes several records a message, in a folder of its own."""
    text = (VENDORS / "nfware.lua").read_text(encoding="utf-8")
    target = folder / "vendors"
    target.mkdir(exist_ok=True)
    text = text.replace("return nfware", 'nfware:ignore "KEEPALIVE {*}"\nnfware:records "\\n"\n\nreturn nfware')
    write_script(target / "nfware.lua", text)
    return target
