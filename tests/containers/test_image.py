# SPDX-License-Identifier: Apache-2.0
"""docker/Dockerfile, built for real: what the image says of itself, and the main job inside it, as a user without any
rights, on a root file system that cannot be written."""

import json
import pathlib
import re
import shutil

import pytest

import traffic
from waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
COUNT = 1000  # of each of four partitions
EVENTS = sum(traffic.kind(number) == "event" for number in range(COUNT))
BROKEN = "nfware:no_such_thing 1\n"
MB = 1000 * 1000

pytestmark = pytest.mark.timeout(3600)  # the first one waits for the build


def version():
    text = (ROOT / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(r"project\(natmill VERSION (\S+)", text).group(1)


def said_in(box, pattern, timeout=60):
    """Waits for it in the log."""

    def seen():
        running = box.running()
        match = re.search(pattern, box.log)
        assert match or running, f"it ended before /{pattern}/:\n{box.log}"
        return match

    return wait_until(seen, timeout, lambda: f"/{pattern}/ in its log:\n{box.log[-3000:]}")


class Job:
    """The main job: a configuration and vendor scripts of the user's, a topic, a database; and natmill in the image."""

    def __init__(self, kafka, topic, group, postgres, folder):
        self.kafka, self.topic, self.postgres, self.folder = kafka, topic, postgres, folder
        self.database = postgres.create()
        self.count = 0
        self.etc = folder / "etc"
        self.etc.mkdir()
        self.script = traffic.vendors(self.etc) / "nfware.lua"
        (self.etc / "natmill.yaml").write_text(json.dumps({
            "kafka": {"brokers": kafka.bootstrap, "group": group,
                      "properties": {"session.timeout.ms": 6000, "heartbeat.interval.ms": 500}},
            "topics": {topic: ["nfware"]},
            "workers": 2,
            "outputs": [{"type": "postgresql",
                         "url": f"postgresql://postgres@127.0.0.1:{postgres.port}/{self.database}?sslmode=disable"}],
            "http": {"listen": "127.0.0.1:0"},
        }), encoding="utf-8")
        self.volumes = {self.etc: "/etc/natmill"}

    def sql(self, text, *values):
        return self.postgres.run(self.database, text, *values)

    def edit(self, text):
        """As editors do: a new file in the place of the old one."""
        new = self.script.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.rename(self.script)

    def produce(self):
        traffic.produce(self.kafka, self.topic, COUNT, start=self.count)
        self.count += COUNT

    def rows(self):
        return self.sql("SELECT count(*) FROM session_mapping")[0][0] if self.sql(
            "SELECT to_regclass('session_mapping')")[0][0] else 0

    def stored(self, box):
        """Waits until all that was produced is stored; each event is there once."""
        wanted = 4 * EVENTS * self.count // COUNT
        wait_until(lambda: self.rows() >= wanted, 120, lambda: f"{wanted} rows; {self.rows()}:\n{box.log[-3000:]}")
        assert self.sql("SELECT count(*), count(DISTINCT src_ip) FROM session_mapping") == [(wanted, wanted)]


@pytest.fixture
def job(kafka, topic, group, postgres, tmp_path):
    tmp_path.chmod(0o755)  # another user reads it
    return Job(kafka, topic, group, postgres, tmp_path)


def test_what_it_says_of_itself(image):
    config = image.config
    assert config["User"] == "10001:10001"
    assert config["Entrypoint"] == ["natmill"] and config["Cmd"] == ["run"]
    assert config["WorkingDir"] == "/etc/natmill"
    assert config["Healthcheck"]["Test"] == ["CMD", "natmill", "health"]
    assert list(config["ExposedPorts"]) == ["4499/tcp"]
    labels = {name.rpartition(".")[2]: value for name, value in config["Labels"].items()
              if name.startswith("org.opencontainers.image.")}
    assert labels["title"] == "natmill" and labels["licenses"] == "Apache-2.0" and labels["version"] == version()
    assert set(labels) >= {"description", "revision"}


def test_how_large_it_is(image):
    """All in all; and what is on top of the base, which is not ours to shrink."""
    print(f"image {image.size / MB:.1f} MB, of that {image.base_size / MB:.1f} MB the base")
    assert image.size < 100 * MB
    assert image.size - image.base_size < 20 * MB


def test_commands_without_anything_mounted(start):
    """The shipped scripts are there, and the program finds all its libraries."""
    box = start("test")
    assert box.wait() == 0, box.log
    assert int(re.search(r"^(\d+) samples passed, 0 failed$", box.log, re.M)[1]) > 100
    box = start()
    assert box.wait() == 1
    assert "NATMILL_KAFKA_BROKERS" in box.log


def test_a_folder_without_scripts(start, job):
    """Those of the image serve."""
    shutil.rmtree(job.script.parent)
    box = start("check", volumes=job.volumes)
    assert box.wait() == 0, box.log


def test_by_the_environment_alone(start, kafka, topic, group):
    traffic.produce(kafka, topic, COUNT)
    box = start(env={"NATMILL_KAFKA_BROKERS": kafka.bootstrap, "NATMILL_KAFKA_GROUP": group,
                     "NATMILL_TOPICS": f'{{ "{topic}": [nfware] }}', "NATMILL_OUTPUTS_0_TYPE": "stdout",
                     "NATMILL_DEAD_LETTERS_TYPE": "kafka", "NATMILL_DEAD_LETTERS_TOPIC": kafka.create_topic(),
                     "NATMILL_HTTP_LISTEN": "127.0.0.1:0"})
    said_in(box, "http: listening on ")
    wait_until(lambda: box.log.count('"session-mapping"') == 4 * EVENTS, 60, lambda: box.log[-3000:])
    box.signal("TERM")
    assert box.wait() == 0


def test_main_job(start, job):
    """Rows, a reload by SIGHUP, health, and the way out."""
    job.produce()
    box = start(volumes=job.volumes)
    job.stored(box)
    status = pathlib.Path(f"/proc/{box.pid}/status").read_text(encoding="ascii")
    rights = dict(line.split(":\t", 1) for line in status.splitlines())
    assert rights["Uid"].split() == ["10001"] * 4 and rights["Gid"].split() == ["10001"] * 4
    assert rights["NSpid"].split()[-1] == "1" and rights["NoNewPrivs"] == "1"
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(rights[name], 16) == 0, name
    assert "Read-only file system" in box.exec("touch", "/tmp/x").stderr
    assert "no local socket" not in box.log

    done = box.exec("natmill", "health")
    assert (done.returncode, done.stdout) == (0, "ok\n"), done
    wait_until(lambda: box.exec("natmill", "health", "--ready").returncode == 0, 60, lambda: box.log)
    assert "postgresql" in box.exec("natmill", "top", "--once").stdout

    # A script that is wrong changes nothing; one that is right goes live.
    text = job.script.read_text(encoding="utf-8")
    job.edit(text.replace("return nfware", BROKEN + "return nfware"))
    box.signal("HUP")
    said_in(box, "reload: refused: generation 1 goes on")
    job.edit(text.replace("VRF {vrf_id} {protocol} INT", "VRF {*} {protocol} INT"))
    box.signal("HUP")
    said_in(box, "reload: generation 2")
    before = job.rows()
    job.produce()
    job.stored(box)
    assert job.sql("SELECT count(*) FROM session_mapping WHERE vrf_id IS NULL") == [(job.rows() - before,)]

    box.signal("STOP")
    assert box.exec("natmill", "health").returncode == 3
    box.signal("CONT")
    assert wait_until(lambda: box.exec("natmill", "health").returncode == 0, 30)

    box.signal("TERM")
    assert box.wait() == 0, box.log
    assert "Terminated: the batch under way is delivered" in box.log
    box = start(volumes=job.volumes)  # the watermarks stand at the end: nothing comes again
    job.produce()
    job.stored(box)


def test_stop_at_the_very_start(start, job):
    """Process 1 gets only signals that it asked for: one that comes early must not be lost."""
    for _ in range(3):
        box = start(volumes=job.volumes)
        status = pathlib.Path(f"/proc/{box.pid}/status")
        wait_until(lambda: re.search(r"^Name:\tnatmill$(?s:.*)^SigBlk:\t0*[1-9a-f]", status.read_text(), re.M), 30,
                   lambda: box.log, every=0.001)
        box.signal("TERM")
        assert box.wait(20) == 0, box.log


def test_the_page_shows_what_is_tested(job):
    page = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")
    section = page.partition("## In a container\n")[2].partition("\n## ")[0]
    assert re.findall(r'-v "\$PWD/etc:([^:]*):ro"', section) == list(job.volumes.values())
    for word in ("--read-only", "--cap-drop ALL", "--security-opt no-new-privileges", "-f docker/Dockerfile",
                 "docker kill -s HUP natmill", "docker exec natmill natmill top --once"):
        assert word in section, word
