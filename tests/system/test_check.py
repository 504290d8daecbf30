# SPDX-License-Identifier: Apache-2.0
"""natmill check: warnings leave the exit status alone, and the shipped scripts have none."""

import pathlib

import pytest
import traffic
import yaml
from kafka_server import free_ports

VENDORS = pathlib.Path(__file__).resolve().parents[2] / "vendors"


@pytest.fixture
def check(run_natmill, tmp_path):
    def run(vendors):
        path = tmp_path / "natmill.yaml"
        path.write_text(yaml.safe_dump({"kafka": {"brokers": "localhost:1"}, "vendors": str(vendors),
                                        "outputs": [{"type": "null"}]}), encoding="utf-8")
        return run_natmill("check")

    return run


def test_warnings_name_their_line(check, tmp_path):
    (tmp_path / "x.lua").write_text('local x = vendor "x"\nx:topics "x" x:ignore "a {*}"\nx:ignore "a b"\nreturn x\n',
                                    encoding="utf-8")
    (tmp_path / "x.samples").write_text("> a b\nignored\n", encoding="utf-8")
    done = check(tmp_path)
    assert done.returncode == 0
    assert done.stderr == (f"{tmp_path}/x.lua:3: warning: ignore can never match: the ignore of line 2 comes first "
                           "and takes its lines, such as `a b`\n")
    assert done.stdout == "ok: configuration, 1 script, 1 sample; 1 warning\n"


def test_shipped_scripts_have_none(check):
    done = check(VENDORS)
    assert "warning" not in done.stderr + done.stdout


def test_without_configuration(run_natmill, tmp_path):
    (tmp_path / "x.lua").write_text('local x = vendor "x"\nx:topics "x"\nx:ignore "a"\nreturn x\n', encoding="utf-8")
    (tmp_path / "x.samples").write_text("> a\nignored\n", encoding="utf-8")
    done = run_natmill("check", "--vendors", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok: 1 script, 1 sample\n", "")
    (tmp_path / "x.samples").write_text("> b\nignored\n", encoding="utf-8")
    assert run_natmill("check", "--vendors", tmp_path).returncode == 1
    (tmp_path / "x.lua").write_text("x", encoding="utf-8")
    assert run_natmill("check", "--vendors", tmp_path).returncode == 1
    assert run_natmill("check", "--vendors", tmp_path, "-c", "natmill.yaml").returncode == 2


def test_alone_in_a_folder(run_natmill, tmp_path):
    """No configuration at all: the scripts beside it. With any, that is what is checked."""
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors" / "x.lua").write_text('local x = vendor "x"\nx:topics "x"\nx:ignore "a"\nreturn x\n')
    (tmp_path / "vendors" / "x.samples").write_text("> a\nignored\n# not yet: b\n", encoding="utf-8")
    done = run_natmill("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "no natmill.yaml: scripts only\nok: 1 script, 1 sample, 1 not yet\n"
    done = run_natmill("check", env={"NATMILL_WORKERS": "2"})
    assert done.returncode == 1 and "kafka.brokers is missing" in done.stderr
    (tmp_path / "natmill.yaml").write_text("workers: 2\n", encoding="utf-8")
    done = run_natmill("check")
    assert done.returncode == 1 and "kafka.brokers is missing" in done.stderr and done.stdout == ""


def test_scripts_that_no_topic_reaches(run_natmill, tmp_path):
    config = {"kafka": {"brokers": "localhost:1"}, "outputs": [{"type": "null"}], "vendors": str(tmp_path),
              "topics": {"one": {"host": "192.0.2.1"}}}
    for name, topics in [("a", 'v:topics "one"'), ("b", 'v:topics "two"'), ("c", "")]:
        (tmp_path / f"{name}.lua").write_text(f'local v = vendor "{name}"\n{topics}\nreturn v\n', encoding="utf-8")

    def check():
        (tmp_path / "natmill.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
        done = run_natmill("check")
        assert done.returncode == 0
        return [line for line in done.stderr.splitlines() if "warning" in line]

    no_topic, left_out = check()
    assert no_topic.startswith(f"{tmp_path}/c.lua: warning: c reads no topic: add c:topics \"cgnat.syslog.c\"")
    assert left_out.startswith("warning: 1 script has no topic in the configuration's `topics`: b; an entry")
    done = run_natmill("try", "--topic", "two", input="")
    assert done.returncode == 1
    assert done.stderr.startswith("natmill: the configuration's topics leave 'two' out, which b declares; add it")
    config["topics"] |= {"*": {}}
    assert check() == [no_topic]
    assert run_natmill("try", "--topic", "two", input="").returncode == 0
    config["topics"]["three"] = ["c"]
    assert not check()


def test_what_only_the_output_can_tell(run_natmill, tmp_path):
    """Its place is the output's; the others are looked at all the same."""
    (tmp_path / "natmill.yaml").write_text("kafka: { brokers: localhost:1, group: g }\nvendors: " + str(traffic.VENDORS)
                                           + "\noutputs:\n  - type: http\n    url: ftp://example.net/\n"
                                           "  - { type: kafka, properties: { no.such: 1 } }\n")
    done = run_natmill("check")
    first, second = done.stderr.splitlines()
    assert done.returncode == 1
    assert first.startswith("natmill: natmill.yaml:4:5: output http: url must be like http://")
    assert second.startswith("natmill: natmill.yaml:6:5: kafka: Kafka property no.such: ")


@pytest.mark.parametrize("given, complaint", [
    ({"stall_alarm": "10m"}, "kafka.stall_restart (1m) must be longer than kafka.stall_alarm (10m)"),
    ({"stall_alarm": "60s"}, "kafka.stall_restart (1m) must be longer than kafka.stall_alarm (1m)"),
    ({"stall_restart": "5m"}, "kafka.stall_exit (5m) must be longer than kafka.stall_restart (5m)"),
    ({"stall_exit": "1500ms"}, "kafka.stall_exit (1500ms) must be longer than kafka.stall_restart (1m)"),
    ({"stall_alarm": "1s", "stall_restart": "2s", "stall_exit": "3s"}, None),
], ids=["alarm late", "equal", "restart late", "exit early", "in order"])
def test_order_of_the_watchdog(given, complaint, run_natmill, tmp_path):
    (tmp_path / "natmill.yaml").write_text(yaml.safe_dump({"kafka": {"brokers": "localhost:1", **given},
                                                           "vendors": str(VENDORS), "outputs": [{"type": "null"}]}))
    done = run_natmill("check")
    assert done.returncode == (complaint is not None)
    assert [line.split(": ", 2)[2] for line in done.stderr.splitlines()] == [complaint] * (complaint is not None)
    assert all(line.startswith("natmill: natmill.yaml:") for line in done.stderr.splitlines())


@pytest.mark.parametrize("bound, warned", [("999ms", 0), ("1s", 1), ("4s", 1)])
def test_bound_of_the_session(bound, warned, kafka, topic, configure, start_natmill):
    """A frozen natmill may hold its transaction longer than it is a member of the group: one warning, whatever the
    number of workers."""
    away = {"type": "postgresql", "session_bound": bound,
            "url": f"postgresql://nobody@127.0.0.1:{free_ports(1)[0]}/none"}
    process = start_natmill(configure(kafka, topic, outputs=[away], workers=2))
    process.wait_for_err(r"(?s)(assigned 2 partitions, 2 in all.*){2}")  # so both have made their outputs
    assert process.terminate() == 0
    assert process.err.count(f"session_bound ({bound}) should be below Kafka's session.timeout.ms (1s)") == warned
