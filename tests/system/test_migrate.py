# SPDX-License-Identifier: Apache-2.0
"""natmill migrate through the built program: old files of every form, what is in the new folder, who may read it, and
what becomes of broken files. Mappings in detail: tests/unit/test_migrate*.c. What a migrated configuration does:
test_moving_in.py."""

import json
import os
import pathlib
import re
import stat
import subprocess

import pytest

OLD = """\
kafka_bootstrap_servers: "kafka:9092"
kafka_group_id: "syslog-consumers"
processes: 2
handler:
  type: "cgn_ec_consumer.handlers.nfware.NFWareSyslogHandler"
outputs:
  - type: "TimeScaleDBOutput"
    options: {address: "tsdb", port: 5432, username: "cgnat", password: "s3cret-db"}
  - type: "KafkaOutput"
    options: {bootstrap_servers: "kafka:9092", key_field: x_ip, producer_extra_config: {sasl_plain_password: s3cret-k}}
  - type: "HTTPWebhookOutput"
    options: {url: "http://u:s3cret-u@hook/test?key=s3cret-q", headers: {x-api-key: s3cret-h}, timeout: 10}
    preprocessors:
      - name: match_kvs
        arguments: {kvs: {src_ip: 192.168.1.20, type: session-mapping}}
  - type: "RedisOutput"
    options: {host: redis, redis_extra_config: {password: s3cret-r}}
  - type: "AMQPOutput"
    options: {host: rabbit, username: cgnec, password: s3cret-a}
"""
HANDLERS = {
    "NFWareSyslogHandler": ("nfware", ["cgnat.syslog.nfware"]),
    "NFWareRADIUSAccountingHandler": ("nfware", ["cgnat.accounting.nfware"]),
    "A10ThunderSyslogHandler": ("a10", ["cgnat.syslog.a10_thunder"]),
    "A10ThunderCEFSyslogHandler": ("a10", ["cgnat.syslog.a10_thunder_cef"]),
    "F5BIGIPSyslogHandler": ("f5", ["cgnat.syslog.f5_bigip"]),
    "JuniperJUNOSSyslogHandler": ("juniper", ["cgnat.syslog.juniper_junos", "cgnat.syslog.juniper"]),
    "SixWindSyslogHandler": ("6wind", ["cgnat.syslog.sixwind"]),
}
TSDB = {"type": "TimeScaleDBOutput", "options": {"address": "tsdb", "port": 5432, "username": "u", "password": "p"}}


SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "vendors"


def folder_of(script, tmp_path):
    """A folder of that script alone: checking all takes a second."""
    folder = tmp_path / f"scripts-{script}"
    folder.mkdir(exist_ok=True)
    for suffix in ("lua", "samples"):
        link = folder / f"{script}.{suffix}"
        if not link.exists():
            link.symlink_to(SCRIPTS / link.name)
    return {"NATMILL_VENDORS": str(folder)}


@pytest.fixture
def migrate(run_natmill, tmp_path):
    """migrate(text or dict, *arguments, name=): runs it on a file of that name; 0 is asserted unless status says."""
    few = folder_of("nfware", tmp_path)

    def run(old=None, *arguments, name="old.yaml", status=0, env=None):
        if old is not None:
            text = old if isinstance(old, (str, bytes)) else json.dumps(old, indent=2)
            (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
            arguments = (name, *arguments)
        done = run_natmill("migrate", *arguments, env=few if env is None else env)
        assert done.returncode == status, done.stdout + done.stderr
        assert "s3cret" not in done.stdout + done.stderr
        return done

    run.folder = tmp_path / "natmill-migrated"
    run.yaml = lambda: (run.folder / "natmill.yaml").read_text()
    return run


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_everything_at_once(migrate):
    done = migrate(OLD, env={})
    assert re.search(r"^ok: configuration, \d\d scripts, ", done.stdout, re.MULTILINE)
    text = migrate.yaml()
    for line in ("brokers: kafka:9092", "group: syslog-consumers", "workers: 2", "cgnat.syslog.nfware: [nfware]",
                 "url: postgresql://cgnat@tsdb:5432/cgnat", "null_port: 0", "mandatory: false", "timeout: 10s",
                 "- { match_kvs: { kvs: { src_ip: 192.168.1.20, type: session-mapping } } }", 'url: "${HTTP_URL}"',
                 "listen: 0.0.0.0:4499"):
        assert line in text, line
    assert "vendors:" not in text


def test_secrets_are_for_the_owner_alone(migrate):
    """None in natmill.yaml, none printed (asserted for each run), each in a file that nobody else can read."""
    done = migrate(OLD)
    kept = {}
    for path in migrate.folder.rglob("*"):
        if path.is_file() and "s3cret" in (text := path.read_text()):
            kept[path.relative_to(migrate.folder).as_posix()] = text
            assert mode(path) == 0o600, path
            assert f"{path.name} (for you alone)" in done.stdout
    assert kept.pop("secrets.env") == "HTTP_URL='http://hook/test?key=s3cret-q'\n"
    assert kept == {f"secrets/{name}": f"s3cret-{letters}\n" for name, letters in (
        ("postgresql-password", "db"), ("kafka-sasl.password", "k"), ("http-password", "u"), ("http-x-api-key", "h"),
        ("redis-password", "r"), ("amqp-password", "a"))}
    assert mode(migrate.folder / "secrets") == 0o700


def test_result_runs_check_in_its_folder(migrate, natmill, tmp_path):
    """Also with the variables as a shell reads them from secrets.env."""
    migrate(OLD)
    command = f"set -a; . ./secrets.env; exec {natmill} check -c natmill.yaml"
    env = os.environ | folder_of("nfware", tmp_path)
    done = subprocess.run(["sh", "-c", command], cwd=migrate.folder, capture_output=True, text=True, check=False,
                          env=env)
    assert done.returncode == 0, done.stderr
    without = subprocess.run([natmill, "check", "-c", "natmill.yaml"], cwd=migrate.folder, capture_output=True,
                             text=True, check=False, env=env)
    assert without.returncode == 1 and "HTTP_URL is not set" in without.stderr


@pytest.mark.parametrize("handler", HANDLERS)
def test_handlers(migrate, handler, tmp_path):
    script, topics = HANDLERS[handler]
    migrate({"handler": {"type": handler}, "outputs": [TSDB]}, name="old.json", env=folder_of(script, tmp_path))
    assert re.findall(r"^  (cgnat\S+): \[(\w+)\]$", migrate.yaml(), re.MULTILINE) == [(t, script) for t in topics]


def test_json_with_tabs(migrate):
    text = json.dumps({"handler": {"type": "NFWareSyslogHandler", "options": {"regex_patterns": [
        {"regex": r'(?P<event>A) "\[(?P<src_ip>\S+)\]/é (?P<x_ip>\S+)]]', "handler": "parse_address_mapping"}]}},
        "outputs": [TSDB]}, indent="\t")
    migrate(text, name="old.json", env={})
    script = (migrate.folder / "vendors" / "nfware-migrated.lua").read_text()
    assert r'rules:regex("address_mapping", [=[(?P<event>A) "\[(?P<src_ip>\S+)\]/é (?P<x_ip>\S+)]]]=])' in script


def test_patterns_become_a_script(migrate, natmill):
    patterns = [{"regex": r"NAT (?P<event>[AD]) (?P<protocol>\w+) (?P<src_ip>\S+):(?P<src_port>\d+) (?P<x_ip>\S+):"
                          r"(?P<x_port>\d+) (?P<direction>IN|OUT)\Z", "handler": "parse_port_mapping"},
                {"regex": r"(?P<event>A) \N{BULLET}(?P<src_ip>.)(?P<x_ip>.)", "handler": "parse_address_mapping"},
                {"regex": r"(?P<event>A) (?P<src_ip>.+)", "handler": "parse_address_mapping"},
                {"regex": "(((", "handler": "parse_address_mapping"},
                {"regex": "(?P<event>A)(?P<src_ip>.)(?P<x_ip>.)((", "handler": "parse_address_mapping"},
                {"regex": "x", "handler": "parse_own"}]
    done = migrate({"handler": {"type": "NFWareSyslogHandler", "options": {"regex_patterns": patterns}},
                    "outputs": [TSDB]}, name="old.json", env={})
    script = (migrate.folder / "vendors" / "nfware-migrated.lua").read_text()
    assert script.count("\nrules:regex(") == 1 and script.count("-- NOT CARRIED OVER: ") == 5
    places = [line for line in done.stdout.splitlines() if "regex is not carried over" in line]
    assert [re.match(r"  old\.json:\d+:\d+: regex is not carried over: (.{12})", line)[1] for line in places] == [
        r"byte 14: \N{", "it lacks the", "it lacks the", "regex byte 3", "'parse_own' "]
    assert "[nfware-migrated, nfware]" in migrate.yaml()
    envelope = '{"timestamp":"2025-05-02T11:34:56Z","ip":"192.0.2.1","message":"%s"}\n'
    lines = (envelope % "NAT A tcp 10.0.0.7:1 203.0.113.7:2 OUT" + envelope % "NAT X tcp 10.0.0.7:1 203.0.113.7:2 OUT"
             + envelope % "D VRF 0 INT 10.0.0.1 EXT 100.64.0.1")
    tried = subprocess.run([natmill, "try", "--vendors", "vendors", "--topic", "cgnat.syslog.nfware", "--json"],
                           input=lines, cwd=migrate.folder, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in tried.stdout.splitlines()]
    assert answers[0]["events"][0] == {
        "type": "port-mapping", "timestamp": "2025-05-02T11:34:56Z", "host": "192.0.2.1", "event": 1,
        "protocol": 6, "src_ip": "10.0.0.7", "src_port": 1, "x_ip": "203.0.113.7", "x_port": 2}
    assert answers[1]["verdict"] == "dead"
    assert answers[2]["events"][0]["type"] == "address-mapping"


def test_handler_of_their_own(migrate):
    done = migrate({"handler": {"type": "lib.MyIspSyslogHandler"}, "outputs": [TSDB]}, name="old.json", env={})
    assert "MyIspSyslogHandler is code of your own" in done.stdout
    assert (migrate.folder / "vendors" / "myisp.lua").exists()
    assert "cgnat.syslog.myisp: [myisp]" in migrate.yaml()


def test_misspelt_classes(migrate):
    done = migrate(OLD.replace("NFWareSyslogH", "NFWareSyslgH").replace("KafkaOutput", "KafkaOuput"), env={})
    assert "NFWareSyslgHandler (or is it meant to be NFWareSyslogHandler?) is code of your own" in done.stdout
    assert "KafkaOuput is none of the suite's" in done.stdout and "meant to be KafkaOutput?" in done.stdout


def test_no_file_but_variables(migrate, tmp_path):
    (tmp_path / ".env").write_text("# theirs\nexport KAFKA_BOOTSTRAP_SERVERS='k:1' # first\nkafka_group_id=g\r\n"
                                   "POSTGRES_PASSWORD=s3cret\n")
    weaker = {"PROCESSES": "3", "KAFKA_GROUP_ID": "weaker"}
    done = migrate(None, "--env", ".env", env=folder_of("nfware", tmp_path) | weaker)
    assert {"  brokers: k:1", "  group: g", "workers: 3", "  - type: stdout"} <= set(migrate.yaml().splitlines())
    assert "there is no output" in done.stdout and "POSTGRES_PASSWORD" in done.stdout


def test_compose_file_and_config_file(migrate, tmp_path):
    """The service of the consumer counts; CONFIG_FILE names the old file, as it does for the old consumer."""
    (tmp_path / "config.json").write_text(json.dumps({"handler": {"type": "NFWareSyslogHandler"}, "outputs": [TSDB]}))
    (tmp_path / "compose.yml").write_text(
        "services:\n  kafka: {image: kafka, environment: {KAFKA_GROUP_ID: no}}\n"
        "  consumer:\n    image: veesixnetworks/cgn-ec-consumer:v0.8.0\n"
        "    environment:\n      - CONFIG_FILE=config.json\n      - KAFKA_GROUP_ID=ignored\n")
    done = migrate(None, "--env", "compose.yml")
    assert "compose.yml:7:9: KAFKA_GROUP_ID is not carried over: with a configuration file" in done.stdout
    assert "group: syslog-consumers" in migrate.yaml()


def test_reference_stays(migrate, tmp_path):
    old = OLD.replace("s3cret-db", "${DB_PASSWORD}")
    (tmp_path / "vars.env").write_text("DB_PASSWORD=s3cret\n")
    migrate(old, "--env", "vars.env")
    assert 'password: "${DB_PASSWORD}"' in migrate.yaml()
    assert not (migrate.folder / "secrets" / "postgresql-password").exists()


def test_unset_reference_fails_the_check(migrate):
    done = migrate(OLD.replace("s3cret-db", "${DB_PASSWORD}"), status=1)
    assert "DB_PASSWORD is not set" in done.stderr


def test_nothing_is_overwritten(migrate):
    migrate(OLD)
    before = {path: path.read_bytes() for path in migrate.folder.rglob("*") if path.is_file()}
    done = migrate(OLD.replace("syslog-consumers", "other"), status=1)
    assert "'natmill-migrated' is there already and is not overwritten" in done.stderr
    assert {path: path.read_bytes() for path in migrate.folder.rglob("*") if path.is_file()} == before
    migrate(OLD, "--out", "second")


def test_folder_that_cannot_be_made(migrate, tmp_path):
    (tmp_path / "closed").touch()
    assert "cannot make the folder" in migrate(OLD, "--out", "closed/new", status=1).stderr


BROKEN = {
    "cut": (OLD[:OLD.index("outputs:")], "old.yaml:1:1: outputs is missing"),
    "cut in a map": (OLD[:OLD.index("s3cret-db") + 3], "old.yaml:8:"),
    "cut JSON": ('{"handler": {"type": "NFW', "old.yaml:1:"),
    "huge": ("# " + "x" * (1 << 20) + "\n" + OLD, "larger than 1048576 bytes"),
    "many values": ("a: [" + "x," * 30000 + "]\n" + OLD, "too many values"),
    "deep": ("a: " + "[" * 100 + "]" * 100 + "\n" + OLD, "nested too deeply"),
    "anchor": (OLD.replace("processes: 2", "a: &x 2\nprocesses: *x"), "old.yaml:4:12: an alias (*name) is not"),
    "tag": (OLD.replace("processes: 2", "processes: !!int 2"), "old.yaml:3:12: a tag (!...) is not"),
    "tab": (OLD.replace("  type: \"cgn", "\ttype: \"cgn"), "old.yaml:5:1: not valid YAML"),
    "twice": (OLD + "processes: 3\n", "old.yaml:20:1: key 'processes' is given twice"),
    "NUL": (b"handler: \"a\\0b\"\n" + OLD.encode(), "NUL byte"),
    "not text": (b"\xff\xfe\x00\xd8" * 10, "not valid YAML"),
    "empty": ("", "holds no configuration"),
    "a list": ("- a\n", "holds no configuration"),
    "two documents": (OLD + "---\n" + OLD, "only one document"),
    "wrong kind": (OLD.replace("processes: 2", "processes: {a: s3cret}"), "old.yaml:3:12: processes must be one value"),
    "lacks an option": (OLD.replace("host: redis, ", ""), "the options of RedisOutput lacks host"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_files(migrate, case):
    text, words = BROKEN[case]
    done = migrate(text, status=1)
    assert words in done.stderr
    assert not migrate.folder.exists()
    assert done.stdout == ""


def test_not_a_file(migrate, tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for name in ("folder", "pipe", "nothing"):
        assert "cannot read" in migrate(None, name, status=1).stderr
    assert "there is nothing to migrate" in migrate(None, status=2).stderr
    assert "CONFIG_FILE names '/app/config.yaml', which is not here" in migrate(
        None, status=1, env={"CONFIG_FILE": "/app/config.yaml"}).stderr
    (tmp_path / "broken.env").write_text("A=1\n???\n")
    assert "broken.env:2: expected NAME=VALUE" in migrate(OLD, "--env", "broken.env", status=1).stderr
