# SPDX-License-Identifier: Apache-2.0
"""The images that docker/compose.yaml builds, run as it says: what devices send ends as rows. With a Docker engine and
Compose it is the whole composition; else the trees that buildah made, beside the machine's own Kafka and PostgreSQL.
tests/system/compose has the same with the machine's own programs."""

import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import pytest

SYSTEM = pathlib.Path(__file__).resolve().parents[1] / "system"
sys.path += [str(SYSTEM / "compose"), str(SYSTEM / "collectors")]

# pylint: disable=wrong-import-position
import devices  # noqa: E402
import images  # noqa: E402
import machine  # noqa: E402
import running  # noqa: E402
from composition import FOLDER, ROOT, Composition  # noqa: E402
from kafka_server import free_ports  # noqa: E402
from waiting import wait_until  # noqa: E402

pytestmark = pytest.mark.timeout(1800)
BUILT = {"secrets", "topics", "natmill", "syslog-ng", "nfacctd", "freeradius"}


@pytest.fixture(scope="module")
def roots(request):
    """{service: the mounted tree of its image}"""
    reason = images.missing() or machine.missing() or running.missing()
    if reason or images.engine.available():
        pytest.skip(reason or "there is a Docker engine")
    natmill = request.getfixturevalue("image").name
    found, containers = {}, []
    for name, service in Composition().services.items():
        if "build" not in service:
            continue
        image = natmill
        if service["build"].get("context") == "collectors":
            images.buildah("bud", "--pull=never", "--layers", "--format", "docker", "--target",
                           service["build"]["target"], "-t", service["image"], "docker/collectors")
            image = f"localhost/{service['image']}"
        # One of its own: where something is mounted over it, a folder stays.
        containers.append(images.buildah("from", "--pull=never", image).strip())
        found[name] = pathlib.Path(images.buildah("mount", containers[-1]).strip())
    yield found
    for container in containers:
        images.buildah("rm", container)


@pytest.fixture(scope="module")
def up(natmill, roots, tmp_path_factory):
    one = running.Running(Composition(COMPOSE_PROFILES="kafka,database,collectors"), natmill,
                          tmp_path_factory.mktemp("up"), roots)
    try:
        yield one.start()
    finally:
        one.close()


def test_each_has_an_image(roots):
    assert set(roots) == BUILT


@pytest.mark.parametrize("sent", [devices.syslog, devices.netflow, devices.radius])
def test_what_devices_send_becomes_rows(up, sent):
    sent(up)


def test_its_health_check_passes(up, image):
    kind, *command = image.config["Healthcheck"]["Test"]
    assert kind == "CMD" and image.config["WorkingDir"] == "/etc/natmill"
    inside = ["sh", "-c", 'cd /etc/natmill && exec "$@"', "sh", *command]
    assert up.machine.execute("natmill", inside, user=running.NATMILL) == 0, up.machine.said("execute")


@pytest.fixture
def compose(tmp_path):
    """compose(*arguments): Docker's own, on a project of its own, without the ports that others may have."""
    if not images.engine.available():
        pytest.skip("no Docker engine")
    version = subprocess.run(["docker", "compose", "version", "--short"], capture_output=True, text=True, check=False)
    if tuple(map(int, re.findall(r"\d+", version.stdout)[:3])) < (2, 24, 4):  # for !override
        pytest.skip("no Docker Compose 2.24.4 or newer")
    override = tmp_path / "override.yaml"
    override.write_text("services:\n  kafka: { ports: !override [] }\n  natmill: { ports: !override [] }\n")
    ports = dict(zip(("SYSLOG_PORT", "SYSLOG_FRAMED_PORT", "DATABASE_PORT"), map(str, free_ports(3))))
    env = {**os.environ, **ports, "COMPOSE_PROFILES": "kafka,database,syslog"}

    def run(*arguments):
        return subprocess.run(["docker", "compose", "-p", "natmill-test", "-f", FOLDER / "compose.yaml", "-f", override,
                               *arguments], env=env, capture_output=True, text=True, timeout=1500, check=False)

    run.ports = ports
    yield run
    run("down", "--volumes", "--timeout", "5")


def test_compose_up(compose):
    """The commands of the page."""
    page = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    done = compose("up", "-d", "--build")
    assert done.returncode == 0, done.stderr[-5000:]
    line = shlex.split(re.search("^    (logger .*)$", page, re.MULTILINE)[1])
    line[line.index("--port") + 1] = compose.ports["SYSLOG_PORT"]
    assert shutil.which(line[0])
    query = re.search('psql -U cgnat -c "(.*)"', page)[1]

    def found():
        subprocess.run(line, check=True)
        asked = f"SELECT to_jsonb(t) FROM ({query}) t"
        rows = compose("exec", "-T", "timescaledb", "psql", "-U", "cgnat", "-tAc", asked)
        return rows.stdout.split("\n")[0]

    row = json.loads(wait_until(found, 300, lambda: compose("logs", "--tail", "50").stdout, every=2))
    assert (row["src_ip"], row["x_port"]) == ("10.0.0.7", 40123)
