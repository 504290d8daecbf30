# SPDX-License-Identifier: Apache-2.0
"""The Debian package in a Debian that has nothing of natmill: installed with its dependencies by apt, the main job, an
upgrade over an edited script, removed and purged. systemd does not run there; a double of it sees what it is told."""

import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest

import debian_tree
import traffic
from debian_tree import ROOT, Tree
from natmill_process import Natmill
from waiting import wait_until

sys.path.append(str(pathlib.Path(__file__).resolve().parents[1] / "faults"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

CONFIG = "/etc/natmill/natmill.yaml"
SCRIPTS = "/etc/natmill/vendors"
UNIT = "/usr/lib/systemd/system/natmill.service"
ENABLED = "/etc/systemd/system/multi-user.target.wants/natmill.service"
CHANGE = "-- changed by the new version\n"
EDIT = "-- edited by the operator\n"
CHANGED = ("a10.lua", "nfware.lua")  # by the newer package


@pytest.fixture(scope="module")
def package():
    """What `./run package` makes."""
    if os.environ.get("NATMILL"):
        pytest.skip("the package holds the release build")
    made = subprocess.run(["./run", "package"], cwd=ROOT, env={**os.environ, "RUN_NO_APT": "1"}, text=True,
                          stdout=subprocess.PIPE, timeout=600, check=True)
    return ROOT / made.stdout.split()[-1]


@pytest.fixture(scope="module")
def newer(package, tmp_path_factory):
    """The next version, in which some scripts have changed."""
    folder = tmp_path_factory.mktemp("newer")
    content = folder / "content"
    subprocess.run(["dpkg-deb", "-R", package, content], check=True)
    control = content / "DEBIAN" / "control"
    control.write_text(re.sub(r"(?m)^Version: .*", "Version: 99.1-1", control.read_text()))
    for name in CHANGED:
        with open(f"{content}{SCRIPTS}/{name}", "a", encoding="utf-8") as script:
            script.write(CHANGE)
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", content, folder / "newer.deb"], check=True,
                   stdout=subprocess.DEVNULL)
    return folder / "newer.deb"


@pytest.fixture(scope="module")
def installed(package, tmp_path_factory):
    reason = debian_tree.missing()
    if reason:
        pytest.skip(reason)
    tree = Tree.fresh(tmp_path_factory.mktemp("debian"))
    tree.apt("update")
    tree.apt("install", tree.put(package))
    yield tree
    shutil.rmtree(tree.path)


@pytest.fixture
def tree(installed, tmp_path):
    """A copy of the Debian with natmill, to be changed."""
    tree = installed.copy(tmp_path / "debian")
    yield tree
    shutil.rmtree(tree.path)


def as_service(tree, *command):
    """A command as the unit would start it."""
    unit = dict(line.split("=", 1) for line in tree.at(UNIT).read_text().splitlines() if re.match(r"\w+=", line))
    start = unit["ExecStart"].split()
    assert start[1:] == ["run", "-c", "natmill.yaml"]
    return tree.command_as(unit["User"], unit["WorkingDirectory"], start[0], *command, "-c", "natmill.yaml")


def check(tree):
    return subprocess.run(as_service(tree, "check"), capture_output=True, text=True, timeout=200, check=False)


def state(tree):
    return tree.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}${Version}", "natmill").split()


def test_installed(installed):
    """All is in place and belongs to whom it should; the service is enabled, and nothing runs."""
    assert state(installed)[0] == "ii"
    assert installed.run("dpkg", "--verify", "natmill") == ""
    owners = installed.run("stat", "-c", "%n %U:%G %a", CONFIG, "/var/lib/natmill", SCRIPTS + "/a10.lua")
    assert owners.splitlines() == [f"{CONFIG} root:natmill 640", "/var/lib/natmill natmill:natmill 750",
                                   f"{SCRIPTS}/a10.lua root:root 644"]
    assert installed.run("getent", "passwd", "natmill").split(":")[5:] == ["/var/lib/natmill", "/usr/sbin/nologin\n"]
    assert os.readlink(installed.at(ENABLED)) in (UNIT, UNIT.replace("/usr", "", 1))
    found = check(installed)
    assert (found.returncode, found.stderr) == (0, "") and found.stdout.startswith("ok: ")
    assert ", 0 failed" in installed.run("natmill", "test", "a10")  # in any folder


def test_every_file_of_configuration_is_a_conffile(installed):
    """dpkg overwrites an edited file without a word if it is none."""
    listed = installed.run("dpkg-query", "-W", "-f", "${Conffiles}", "natmill").split()[::2]
    there = [path for path in installed.run("find", "/etc/natmill", "-type", "f").split()]
    assert sorted(listed) == sorted(there)
    assert {path.name for path in (ROOT / "vendors").iterdir()} == \
        {pathlib.Path(path).name for path in there} - {"natmill.yaml"}


def test_main_job(installed, kafka, group, tmp_path):
    """As the unit starts it, with its own configuration, pointed elsewhere by variables alone."""
    pytest.importorskip("psycopg2")
    from database import Postgres
    topic = kafka.create_topic()
    traffic.produce(kafka, topic, 500)
    server = Postgres(["fsync=off"]).start()
    try:
        database = server.create()
        env = {"NATMILL_KAFKA_BROKERS": kafka.bootstrap, "NATMILL_KAFKA_GROUP": group,
               "NATMILL_TOPICS": f"{{ {topic}: [nfware] }}",
               "NATMILL_OUTPUTS_0_URL": f"postgresql://postgres@127.0.0.1:{server.port}/{database}?sslmode=disable"}
        process = Natmill("unshare", as_service(installed, "run")[1:], tmp_path, env)
        try:
            def sources():
                if not server.run(database, "SELECT 1 FROM pg_tables WHERE tablename = 'session_mapping'"):
                    return []
                return [row[0] for row in server.run(database, "SELECT host(src_ip) FROM session_mapping")]

            expected = sorted(traffic.source(partition, number) for partition in range(4) for number in range(500)
                              if traffic.kind(number) == "event")
            wait_until(lambda: len(sources()) >= len(expected), 60, lambda: f"rows: {process.err[-3000:]}")
            assert process.terminate() == 0
            assert sorted(sources()) == expected
        finally:
            process.kill()
    finally:
        server.close()


def test_upgrade_keeps_an_edited_script(tree, newer):
    edited, config = tree.at(SCRIPTS + "/a10.lua"), tree.at(CONFIG)
    with open(edited, "a", encoding="utf-8") as script:
        script.write(EDIT)
    config.write_text(config.read_text() + "workers: 3\n")
    own = tree.at(SCRIPTS + "/own.lua")
    shutil.copy(edited, own)
    before = {path: path.read_text() for path in (edited, config, own)}

    tree.apt("install", tree.put(newer))
    assert state(tree) == ["ii", "99.1-1"]
    assert {path: path.read_text() for path in before} == before
    assert tree.at(SCRIPTS + "/a10.lua.dpkg-dist").read_text().endswith(CHANGE)
    assert tree.at(SCRIPTS + "/nfware.lua").read_text().endswith(CHANGE)
    assert tree.run("stat", "-c", "%U:%G %a", CONFIG) == "root:natmill 640\n"


def test_what_dpkg_leaves_beside_a_script_is_no_script(tree):
    for suffix in (".dpkg-dist", ".dpkg-old", ".dpkg-new"):
        tree.at(SCRIPTS + "/a10.lua" + suffix).write_text("no Lua at all")
    found = check(tree)
    assert found.returncode == 0, found.stderr


def test_a_service_that_was_disabled_stays_so(tree, newer):
    tree.at(ENABLED).unlink()
    tree.apt("install", tree.put(newer))
    assert not tree.at(ENABLED).is_symlink()


def test_removed_and_purged(tree):
    """Removing keeps what was edited and what was stored; purging keeps only what somebody has added."""
    ours = set(tree.names("natmill"))
    edited, stored = tree.at(SCRIPTS + "/a10.lua"), tree.at("/var/lib/natmill/cgnat.db")
    own = tree.at("/etc/natmill/cgnat.password")
    edited.write_text(edited.read_text() + EDIT)
    stored.touch()
    own.touch()
    tree.apt("remove", "natmill")
    assert state(tree)[0] == "rc"
    assert edited.read_text().endswith(EDIT) and stored.exists() and own.exists()
    assert not tree.at("/usr/bin/natmill").exists()

    tree.apt("purge", "natmill")
    assert own.exists() and not stored.exists()
    own.unlink()
    own.parent.rmdir()
    left = [path for path in tree.names("natmill") if path in ours and not path.startswith(("/tmp/", "/var/tmp/"))]
    assert left == []
    assert not tree.at(ENABLED).is_symlink()
    assert tree.try_run("getent", "passwd", "natmill").returncode != 0


# Writes down how it was called; what systemd-run should start it starts.
DOUBLE = """#!/bin/sh
echo "${0##*/} $*" >> /var/tmp/told
[ "${0##*/}" = systemd-run ] || exit 0
while [ "${1#/}" = "$1" ]; do shift; done
cd /etc/natmill
exec setpriv --reuid=natmill --regid=natmill --init-groups "$@"
"""


@pytest.fixture
def upgrade(tree, newer):
    """upgrade(): installs the newer package where systemd seems to run; what dpkg says, and what systemd is told."""
    tree.at("/run/systemd/system").mkdir(parents=True)
    doubles = tree.at("/usr/local/doubles")
    doubles.mkdir()
    for name in ("systemctl", "systemd-run", "deb-systemd-invoke"):
        (doubles / name).write_text(DOUBLE)
        (doubles / name).chmod(0o755)
    path = "/usr/local/doubles:" + debian_tree.PATH

    def run():
        said = tree.run("dpkg", "--force-confold", "-i", tree.put(newer), path=path)
        return said, tree.at("/var/tmp/told").read_text().splitlines()

    return run


def test_upgrade_starts_a_running_service_anew(upgrade):
    said, told = upgrade()
    assert "systemctl --system daemon-reload" in told
    assert told[-1] == "deb-systemd-invoke try-restart natmill.service", said
    assert not any(" stop " in line for line in told)


def test_upgrade_leaves_a_service_alone_that_would_not_come_up(tree, upgrade):
    """And says why."""
    tree.at(SCRIPTS + "/own.lua").write_text("this is no Lua\n")
    said, told = upgrade()
    assert state(tree) == ["ii", "99.1-1"]
    assert not any("restart" in line for line in told)
    assert "own.lua:1" in said and "was not restarted" in said


def test_lintian(package):
    if shutil.which("lintian") is None:
        pytest.skip("lintian is not there")
    result = subprocess.run(["lintian", "--allow-root", "--fail-on", "error,warning", package], capture_output=True,
                            text=True, timeout=300, check=False)
    assert (result.returncode, result.stdout) == (0, "")
