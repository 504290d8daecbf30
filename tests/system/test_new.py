# SPDX-License-Identifier: Apache-2.0
"""natmill new through the built program: what it makes of real lines works at once, what it doubts it marks."""

import json
import os
import pathlib
import re
import subprocess

import pytest
from made_script import SESSION, Made

# An invented device: three shapes, and two kinds of lines that are no events.
INVENTED = """\
xl8 grant tcp 10.0.0.7:4000 via 203.0.113.9:1024 towards 198.51.100.1:443 translation 881
xl8 release udp 10.0.0.8:4001 via 203.0.113.9:1025 towards 198.51.100.2:53 translation 882
xl8 grant tcp 10.0.0.9:5000 via 203.0.113.10:2048 translation 883
xl8 release tcp 10.0.0.9:5000 via 203.0.113.10:2048 translation 883
pba allocated user bob inside 10.0.0.7 outside 203.0.113.9 ports 1024-2047
pba released user eve inside 10.0.0.8 outside 203.0.113.9 ports 2048-3071
uptime 5 days
uptime 77 days
fan 3 ok
"""


@pytest.fixture
def make(run_natmill, tmp_path):
    return lambda lines, name="acme": Made(run_natmill, tmp_path / "made", lines, name)


def test_invented_device(make):
    made = make(INVENTED)
    assert "-- DOUBTFUL: " not in made.script
    grant, release, port, _, block, freed, *rest = made.events(INVENTED)
    assert grant == SESSION
    assert release == SESSION | {"event": 2, "protocol": 17, "src_ip": "10.0.0.8", "src_port": 4001, "x_port": 1025,
                                 "dst_ip": "198.51.100.2", "dst_port": 53}
    assert port == {"type": "port-mapping", "event": 1, "protocol": 6, "src_ip": "10.0.0.9", "src_port": 5000,
                    "x_ip": "203.0.113.10", "x_port": 2048}
    assert block == {"type": "port-block-mapping", "event": 1, "src_ip": "10.0.0.7", "x_ip": "203.0.113.9",
                     "start_port": 1024, "end_port": 2047, "subscriber": "bob"}
    assert (freed["event"], freed["subscriber"]) == (2, "eve")
    assert rest == ["ignored"] * 3
    more = made.events("xl8 grant tcp 10.1.1.1:1 via 203.0.113.1:2 translation 9999\nuptime 400 days\nlink down\n")
    assert more[1:] == ["ignored", "dead"]


def test_example_of_the_manual(make):
    page = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "vendor-scripts.md").read_text()
    lines, shown = re.search(r"^```lines\n(.*?)^```\n.*?^```made\n(.*?)^```", page, re.MULTILINE | re.DOTALL).groups()
    made = make(lines).script.splitlines()
    assert [line for line in shown.splitlines() if line not in made] == []


def test_untranslated_connections_are_ignored(make):
    lines = "nat open int 10.0.0.7:4000 ext 203.0.113.9:1024\nnat open int 10.0.0.8:4000 ext 10.0.0.8:4000\n" * 4
    made = make(lines)
    assert "acme:ignore_untranslated()" in made.script
    assert made.events(lines)[1] == "ignored"


def test_lines_of_known_vendors(make):
    lines = """\
<134>Jun 14 12:17:35 dut A VRF 7 6 INT 10.0.0.7:4000 EXT 203.0.113.9:1024 DST 198.51.100.1:443 DIR OUT
%ASA-6-305011: Built dynamic TCP translation from inside:10.0.0.7/4000 to outside:203.0.113.9/1024
%ASA-6-305012: Teardown dynamic TCP translation from inside:10.0.0.7/4000 to outside:203.0.113.9/1024 duration 0:00:30
Jul  6 14:05:36 host NAT:20260706140537 3e2d PortBatchV2Allocated: [100.104.128.32 62.45.100.176 11777 12288]
Jul  6 14:05:36 host NAT:20260706140537 3e2d PortBatchV2Freed: [100.75.192.4 62.45.100.58 17409 17920]
LSN_DELETE 100.64.23.122:40000 TCP 194.15.97.34:40001
[  312.493235] alpha 2015/4/8 16:13:2 (GMT) - Mapped 2001:db8::5#19945 to 192.0.2.2#8208 (UDP)
"""
    session, built, ended, block, freed, port, nat64 = make(lines).events(lines)
    assert session == SESSION | {"vrf_id": "7", "host_name": "dut"}
    assert built == {key: SESSION[key] for key in built if key != "type"} | {"type": "port-mapping"}
    assert ended == built | {"event": 2}
    assert {"type": "port-block-mapping", "event": 1, "src_ip": "100.104.128.32", "x_ip": "62.45.100.176",
            "start_port": 11777, "end_port": 12288}.items() <= block.items()
    assert (freed["event"], freed["start_port"]) == (2, 17409)
    assert (port["event"], port["protocol"], port["src_port"], port["x_port"]) == (2, 6, 40000, 40001)
    assert {"event": 1, "protocol": 17, "src_ip": "2001:db8::5", "src_port": 19945, "x_ip": "192.0.2.2",
            "x_port": 8208, "timestamp": "2015-04-08T16:13:02Z"}.items() <= nat64.items()


READERS = {
    "key_value": "CGNAT: event=SESSION_CREATE n={n} proto=6 src={src} spt=4000 natsrc=203.0.113.9 natspt=1024 "
                 'dst=198.51.100.1 dpt=443 zone="a b"',
    "cef": "CEF:0|Maker|Box|1.0|{n}|Nat Session Created|5|proto=TCP src={src} spt=4000 "
           "sourceTranslatedAddress=203.0.113.9 sourceTranslatedPort=1024 dst=198.51.100.1 dpt=443 msg=all is well",
    "structured_data": "<14>1 2026-01-02T03:04:05Z 192.0.2.1 FLOW - FLOW_SESSION_CREATE [x@1 source-address=\"{src}\" "
                       'source-port="4000" nat-source-address="203.0.113.9" nat-source-port="1024" '
                       'destination-address="198.51.100.1" destination-port="443" protocol-id="6" policy="p{n} q"]',
    "json": '{{"action": "session-create", "n": {n}, "proto": "tcp", "src_ip": "{src}", "src_port": 4000, '
            '"nat_src_ip": "203.0.113.9", "nat_src_port": 1024, "dst_ip": "198.51.100.1", "dst_port": 443}}',
}


@pytest.mark.parametrize("reader", READERS)
def test_keys_and_values_become_a_reader(make, reader):
    line = READERS[reader]
    made = make("\n".join(line.format(n=n, src=f"10.0.0.{n}") for n in range(1, 10)))
    assert f"acme:{reader}(\"session_mapping\", {{\n" in made.script
    event, = made.events(line.format(n=12, src="10.0.0.7"))
    assert {**event, "timestamp": "", "host": ""} == SESSION | {"timestamp": "", "host": ""}


def test_other_keys_make_no_other_rule(make):
    lines = [f"act=open src=10.0.0.{n} natsrc=203.0.113.9 natspt={n + 2000} note{n}=x{n} pol=\"a {'b ' * n}\""
             for n in range(1, 60)]
    made = make("\n".join(lines))
    assert made.script.count("acme:key_value(") == 1 and "-- DOUBTFUL: " not in made.script


@pytest.mark.parametrize("line, question", [
    ("nat open 10.0.0.7:4000 10.0.0.8:1024 10.0.0.9:8080", "which address is inside"),
    ("nat 10.0.0.7:4000 203.0.113.9:1024", "does the mapping begin here"),
    ("nat open 10.0.0.7 203.0.113.9 4000 1024", "which of the numbers are ports"),
    ("session open client 10.0.0.7", "only one address in it"),
    ("nat open failed for 10.0.0.7:4000 as 203.0.113.9:1024", "it tells of a failure"),
    ("flow open tcp 10.0.0.7:4000 -> 198.51.100.1:443", "which one public"),
    ("[x] tick 5", "may it be ignored"),
])
def test_doubts_are_marked(make, line, question):
    made = make(line)
    mark, = [one for one in made.script.splitlines() if one.startswith("-- DOUBTFUL: ")]
    assert question in mark
    assert f"# not yet: {line}" in made.samples
    assert made.events(line) == ["dead"]
    rules = [one for one in made.script.splitlines() if one.startswith("acme:") and "topics" not in one]
    assert [one for one in rules if "actions" not in one] == []


def test_a_suggestion_becomes_a_rule(make, run_natmill):
    """As the script says: settle it, take away the -- and test again. Who does not settle it hears of it."""
    made = make("xl8 10.0.0.7 203.0.113.9 range 1024-2047\n")
    script = made.script.replace("-- acme:", "acme:")
    assert script != made.script
    (made.folder / "acme.lua").write_text(script)
    done = run_natmill("test", "--vendors", made.folder, input=b"")
    assert done.returncode == 1 and b"???" in done.stderr and b"created, deleted or updated" in done.stderr
    (made.folder / "acme.lua").write_text(script.replace("???", "created"))
    assert run_natmill("test", "--vendors", made.folder, input=b"").returncode == 0
    assert made.events("xl8 10.0.0.7 203.0.113.9 range 1024-2047")[0]["end_port"] == 2047


def test_lines_in_an_envelope(make):
    text = "nat open tcp 10.0.0.7:4000 as 203.0.113.9:1024 to 198.51.100.1:443"
    line = json.dumps({"timestamp": "2026-01-02T03:04:05+00:00", "ip": "192.0.2.1", "message": text})
    made = make(line)
    assert '"nat {action} {protocol} {src_ip}:{src_port} as' in made.script
    assert made.events(line) == [
        {"type": "session-mapping", "timestamp": "2026-01-02T03:04:05Z", "host": "192.0.2.1"} | SESSION]


@pytest.mark.parametrize("name", ["acme", "6wind", "end", "cisco-xr", "vendor", "a_b-9"])
def test_without_lines_a_skeleton(make, run_natmill, tmp_path, name):
    made = make("", name)
    assert made.tested == "1 sample passed, 0 failed"
    for example in [one for one in made.script.splitlines() if one.startswith("-- ") and "_mapping" in one]:
        script = made.script.replace(example, example.removeprefix("-- "))
        (made.folder / f"{name}.lua").write_text(script)
        assert run_natmill("test", "--vendors", made.folder, input=b"").returncode == 0
    (tmp_path / "natmill.yaml").write_text(
        f"kafka: {{brokers: 'localhost:1', group: g}}\nvendors: {made.folder}\noutputs: [{{type: 'null'}}]\n")
    check = run_natmill("check", input=b"")
    assert check.returncode == 0, check.stderr


def test_names_are_lua_for_any_vendor(make):
    for name in ["6wind", "end", "cisco-xr"]:
        made = make(INVENTED, name)
        assert made.events(INVENTED)[0] == SESSION


def test_default_folder_is_made(run_natmill, tmp_path):
    assert run_natmill("new", "acme", input=INVENTED.encode()).returncode == 0
    assert sorted(path.name for path in (tmp_path / "vendors").iterdir()) == ["acme.lua", "acme.samples"]


@pytest.mark.parametrize("there", ["acme.lua", "acme.samples"])
def test_nothing_is_overwritten(run_natmill, tmp_path, there):
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors" / there).write_text("mine")
    done = run_natmill("new", "acme", input=INVENTED.encode())
    assert done.returncode == 1
    assert done.stderr.decode() == (f"natmill: 'vendors/{there}' is there already and is not overwritten: "
                                    "take another name or --vendors FOLDER\n")
    assert [path.read_text() for path in (tmp_path / "vendors").iterdir()] == ["mine"]


@pytest.mark.parametrize("arguments, message", [
    ([], "the vendor's name is missing"),
    (["Acme"], "'Acme' is no name for a vendor script"),
    (["../acme"], "'../acme' is no name for a vendor script"),
    (["a", "b"], "too many arguments: 'b'"),
    (["--jolly", "a"], "unknown option '--jolly'"),
    (["--vendors"], "--vendors needs a value"),
])
def test_errors_are_one_line(run_natmill, tmp_path, arguments, message):
    done = run_natmill("new", *arguments, input=b"")
    assert done.returncode == 2
    assert message in done.stderr.decode() and done.stderr.count(b"\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_hostile_lines_are_counted_not_copied(make):
    good = INVENTED.splitlines()[0].encode()
    bad = [b"nul\0nat open 10.0.0.7", b"\xff\xfe\x80", b"x" * 1_000_000, b'{"message": 7}', b'{"message": "a\\u0000b"}',
           b"\x1b[31mred 10.0.0.1", b"[" * 5000]
    odd = [b"   ", good, b"\t", b"]" * 3000, b"{{*}}[[a|b]]%d%s\\n\"'--[[ 10.0.0.1"]
    made = make(b"\r\n".join([b"", good, *bad, *odd]))
    assert "7 lines could not be read" in made.script
    assert made.events(good.decode()) == [SESSION]
    for text in (made.script, made.samples):
        assert text.isprintable() or all(c.isprintable() or c in "\n\t" for c in text)


def test_many_lines_in_bounded_memory_and_time(natmill, run_natmill, tmp_path):
    lines = [f"nat {'open' if n % 2 else 'close'} tcp 10.{n % 200}.{n % 251}.7:{4000 + n % 50000} as "
             f"203.0.113.{n % 8}:{1024 + n % 60000} to 198.51.{n % 100}.1:443 user u{'abcdefghij'[n % 10] * (n % 13)}"
             for n in range(100_000)]
    lines[::1000] = [" ".join("wxyz"[(n >> i) % 4] for i in range(n % 40)) + f" {n}" for n in range(100)]
    (tmp_path / "lines").write_text("\n".join(lines))
    with (tmp_path / "lines").open("rb") as file:
        process = subprocess.Popen([natmill, "new", "acme"], stdin=file, cwd=tmp_path)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert usage.ru_utime < 20
    assert usage.ru_maxrss < 256 << 10  # KB; with the address sanitizer too
    assert "{src_ip}:{src_port} as {x_ip}:{x_port} to {dst_ip}:{dst_port} user {subscriber}" in (
        tmp_path / "vendors" / "acme.lua").read_text()
    assert run_natmill("test", "acme", input=b"").returncode == 0
