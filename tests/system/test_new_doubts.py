# SPDX-License-Identifier: Apache-2.0
"""natmill new makes no rule that is plausible but wrong: nothing is dropped, no action or port guessed, columns."""

import pathlib
import re

import pytest
from made_script import SESSION, Made


@pytest.fixture
def make(run_natmill, tmp_path):
    return lambda lines, name="acme": Made(run_natmill, tmp_path / "made", lines, name)


def active(made):
    """The rules that are none of the comments, each as one line."""
    text = "\n".join(one for one in made.script.splitlines() if not one.startswith("--"))
    rules = re.sub(r"\n\t|,\n}", " ", text).splitlines()
    return [one for one in rules if re.match(r"acme:(?!topics|actions)", one)]


LEFT = [  # line, what the rule leaves of it, does it stand there without question?
    ('{"ev":"up","src":"10.0.0.1","sport":4000,"nat":"203.0.113.1","nport":1024,"cust":4711}', "cust (4711)", True),
    ('{"ev":"up","src":"10.0.0.1","sport":4000,"nat":"203.0.113.1","pp":1024,"cust":70000}',
     "pp (1024), cust (70000)", False),
    ("open src=10.0.0.1 nat=203.0.113.1 pool=7 dc=x", "pool (7), dc (x)", False),
    ("open src=10.0.0.1 nat=203.0.113.1 pool=77777 dc=x", "pool (77777), dc (x)", True),
    ("nat open int 10.0.0.7:4000 ext 203.0.113.9:1024 id 881 dc 'fra-2 x'", "id (881), dc (fra-2 x)", True),
    ("nat open int 10.0.0.7 ext 203.0.113.9 id 881", "id (881)", False),
    ("nat open int 10.0.0.7:4000 ext 203.0.113.9:1024-2047", "4000", True),
    ('{"ev":"up","src":"10.0.0.1","nat":"203.0.113.1","pp":[1024,2047]}', "pp ([1024,2047])", False),
    ("ev=up src=10.0.0.1 nat=203.0.113.1 pp=tcp/1024", "pp (tcp/1024)", False),
]


@pytest.mark.parametrize("line, left, sure", LEFT)
def test_nothing_is_dropped_silently(make, line, left, sure):
    made = make(line)
    assert f"-- not read: {left}" in made.script.splitlines()
    assert len(active(made)) == (1 if sure else 0)
    assert ("-- DOUBTFUL: which of the numbers are ports" in made.script) is not sure


@pytest.mark.parametrize("line", [
    "ev=up src=10.0.0.1 nat=203.0.113.1 from=1024 upto=2047",
    "ev=up src=10.0.0.1 nat=203.0.113.1 alpha=1024 omega=2047",
    "pool assigned 10.0.0.1 203.0.113.1 ports <1024 thru 2047>",
    "xl open 10.0.0.1 203.0.113.1 ports 1024 thru 2047",
    "ev=up src=10.0.0.1 nat=203.0.113.1 ports=[1024-2047]",
    "xl open 10.0.0.1 as 203.0.113.1 first 1024 of them last 2047",
    "xl open 10.0.0.1 as 203.0.113.1 port 1024 zu 2047",
])
def test_two_numbers_behind_the_last_address_are_a_block(make, line):
    event, = make(line).events(line)
    assert (event["type"], event["start_port"], event["end_port"]) == ("port-block-mapping", 1024, 2047)


@pytest.mark.parametrize("line", [
    "xl open 10.0.0.1 203.0.113.1 ports 2047 thru 1024",
    "xl open 10.0.0.1 as 203.0.113.1 first 1000 then 1999",
    "xl open 10.0.0.1 as 203.0.113.1:2047 thru 1024",
    "xl open 10.0.0.1 as 203.0.113.1 port 1024 count 512",
    "xl open 10.0.0.1:5 as 203.0.113.1:1024 size 512",
])
def test_a_range_is_never_one_port(make, line):
    made = make(line)
    assert active(made) == [] and "-- DOUBTFUL: which of the numbers are ports" in made.script


def test_a_subscriber_in_some_lines_is_read(make):
    lines = ["ev=up src=10.0.0.1 nat=203.0.113.1 nport=1024 id=70000",
             "ev=up src=10.0.0.2 nat=203.0.113.1 nport=1025 id=70001 user=bob"]
    assert [event.get("subscriber") for event in make("\n".join(lines)).events("\n".join(lines))] == [None, "bob"]


def test_an_action_is_never_guessed(make):
    made = make("""\
PORTSET handed out to 10.0.0.1 on 203.0.113.1 <1024 thru 2047> realm 'cust-9'
PORTSET handed out to 10.0.0.3 on 203.0.113.1 <3072 thru 4095> realm 'cust-7'
PORTSET taken back from 10.0.0.1 on 203.0.113.1 <1024 thru 2047> realm 'b b 3'
FLOW over tcp 10.0.0.1:4000 via 203.0.113.1:1025 towards 198.51.100.7:443 realm 'cust-7'
""")
    assert active(made) == [] and made.script.count("-- DOUBTFUL: ") == 2
    assert "created" not in re.sub(r"\(created\)", "", made.script)
    rules = [one for one in made.script.splitlines() if one.startswith("-- acme:")]
    assert all(one.endswith('{ action = "???" })') for one in rules)
    assert sum("PORTSET handed out to" in one for one in rules) == 1  # realms are values
    assert sum("PORTSET taken back from" in one for one in rules) == 1
    asked = made.script.index("in which of these does the mapping begin")
    assert asked < made.script.index("PORTSET handed out to") < made.script.index("PORTSET taken back from")


def test_every_guess_is_asked(make):
    script = make("PORTSET handed out to 10.0.0.1 on 203.0.113.1 <1024 thru 2047>").script
    assert "-- DOUBTFUL: which address is inside" in script and "-- And: does the mapping begin" in script
    assert ("-- Is this right, too: src_ip = 10.0.0.1, x_ip = 203.0.113.1, start_port = 1024, end_port = 2047?"
            in script)


@pytest.mark.parametrize("line", ["ev={word} src=10.0.0.{n} nat=203.0.113.1 nport=1024",
                                  "pool {word} inside 10.0.0.{n} outside 203.0.113.1 for a while"])
def test_unknown_words_are_asked_for(make, run_natmill, line):
    lines = [line.format(word=word, n=n) for n, word in enumerate(["grab", "yield"])]
    made = make("\n".join(lines))
    question, = [one for one in made.script.splitlines() if one.startswith("-- acme:actions")]
    assert 'grab = "???"' in question and 'yield = "???"' in question
    script = re.sub(r"^-- (acme:|\t|}\))", r"\1", made.script, flags=re.MULTILINE)
    (made.folder / "acme.lua").write_text(script)
    assert run_natmill("test", "--vendors", made.folder, input=b"").returncode == 1
    script = script.replace('grab = "???"', 'grab = "created"').replace('yield = "???"', 'yield = "deleted"')
    (made.folder / "acme.lua").write_text(script)
    assert [event["event"] for event in made.events("\n".join(lines))] == [1, 2]


COLUMNS = """\
2026-01-02 03:04:05,open,tcp,10.0.0.7,4000,203.0.113.9,1024,198.51.100.1,443,"pool 1, west"
2026-01-02 03:04:06,close,udp,10.0.0.8,4001,203.0.113.9,1025,198.51.100.2,53,"pool 2"
"""


def test_columns_with_a_header(make):
    made = make("time,action,proto,src,sport,nat ip,nport,dst,dport,note\n" + COLUMNS)
    rule, header = active(made)
    assert rule.startswith('acme:csv("session_mapping", { [1] = "{timestamp}"')
    assert '[8] = "{dst_ip}"' in rule and "DOUBTFUL" not in made.script.partition("acme:topics")[2]
    assert header == 'acme:csv("ignore", { [1] = "time", [2] = "action", [3] = "proto", [4] = "src", [5] = "sport" })'
    assert "-- not read: column 10 (pool 1, west)" in made.script
    more = '2026-01-02 03:04:05,open,tcp,10.0.0.7,4000,203.0.113.9,1024,198.51.100.1,443,"a,b,c"\n'
    event, ignored = made.events(more + "time,action,proto,src,sport,nat ip,nport,dst,dport,note\n")
    assert SESSION.items() <= event.items() and ignored == "ignored"


def test_names_of_columns_may_have_several_words(make):
    lines = ("device,action,inside ip,inside port,outside ip,outside start port,outside end port\n"
             "10.9.9.9,assign,10.0.0.1,0,203.0.113.1,1024,2047\n")
    ignored, event = make(lines).events(lines)
    assert ignored == "ignored"
    assert (event["src_ip"], event["x_ip"], event["start_port"], event["end_port"]) == (
        "10.0.0.1", "203.0.113.1", 1024, 2047)


def test_a_phrase_may_be_the_action(make, run_natmill):
    lines = "\n".join(f'{{"msg":"block {word}","src":"10.0.0.1","nat":"203.0.113.1","a":1024,"b":2047}}'
                      for word in ("handed out", "taken back"))
    made = make(lines)
    assert active(made) == [] and '-- \tmsg = "{action}",' in made.script.splitlines()
    script = re.sub(r"^-- (acme:|\t|}\))", r"\1", made.script, flags=re.MULTILINE)
    script = script.replace('out"] = "???"', 'out"] = "created"').replace('back"] = "???"', 'back"] = "deleted"')
    (made.folder / "acme.lua").write_text(script)
    assert [event["event"] for event in made.events(lines)] == [1, 2]


def test_what_is_not_read_cannot_break_the_script(make):
    line = '{"state":"new","src":"10.0.0.1","nat":"203.0.113.1","nport":1024,"x":"--]]\\nos.exit()","y":"a\\"b"}'
    made = make(line)
    assert '-- not read: x (--]] os.exit()), y (a"b)' in made.script.splitlines()
    assert made.events(line)[0]["x_port"] == 1024


def test_numbers_of_columns_are_no_values(make):
    lines = "type,src,sport,nat,natport\nA,10.0.0.1,4000,203.0.113.1,1024\nD,10.0.0.1,4000,203.0.113.1,1024\n"
    event = make(lines).events(lines)[2]
    assert (event["event"], event["src_port"], event["x_port"]) == (2, 4000, 1024)


def test_columns_without_a_header_are_asked_for(make):
    made = make(COLUMNS)
    assert active(made) == [] and '-- acme:csv("session_mapping", {' in made.script
    for question in ("which one public", "which of the numbers are ports"):
        assert question in made.script


@pytest.mark.parametrize("line, rule", [
    ("ev=keepalive seq=5 load=7", '-- acme:key_value("ignore", { ev = "keepalive" })'),
    ('{"seq": 5, "ev": "keepalive"}', '-- acme:json("ignore", { ev = "keepalive" })'),
    ("1,SYSTEM,general,up for long", '-- acme:csv("ignore", { [2] = "SYSTEM" })'),
])
def test_keys_without_an_address_may_be_ignored(make, run_natmill, line, rule):
    made = make(line)
    assert rule in made.script.splitlines() and active(made) == []
    (made.folder / "acme.lua").write_text(made.script.replace(rule, rule.removeprefix("-- ")))
    assert run_natmill("test", "--vendors", made.folder, input=b"").returncode == 0
    assert made.events(line) == ["ignored"]


def test_to_ignore_is_not_wide(make):
    lines = ('{"ev":"up","src":"10.0.0.1","nat":"203.0.113.1","nport":1024,"vendor":"box"}\n{"vendor":"box","n":1}\n'
             '{"proto":"tcp","src":"10.0.0.1","n":1}\n')
    made = make(lines)
    assert made.script.count("-- DOUBTFUL: ") == 2 and '"ignore"' not in made.script


@pytest.mark.parametrize("samples", sorted(pathlib.Path(__file__).resolve().parents[2].glob("vendors/*.samples")),
                         ids=lambda path: path.stem)
def test_lines_of_all_vendors_give_scripts_that_load(make, run_natmill, samples):
    lines = [line[2:] for line in samples.read_text().splitlines() if line.startswith("> ")]
    made = make("\n".join(lines))
    check = run_natmill("check", "--vendors", made.folder, input=b"")
    assert check.returncode == 0, check.stderr
