# SPDX-License-Identifier: Apache-2.0
"""docker/compose.yaml fits the published schema of Compose files, and its parts fit each other: what it mounts, waits
for, publishes and takes from docker/.env is there. test_compose_up.py runs what it describes."""

import os
import re
import shutil
import subprocess
import sys

import pytest

from composition import FOLDER, ROOT, Composition, dot_env
from running import COLLECTOR, NATMILL

ONCE = {"secrets", "topics"}  # they end when their work is done
PROFILES = {"kafka": {"kafka"}, "database": {"timescaledb"}, "collectors": {"syslog-ng", "nfacctd", "freeradius"},
            "syslog": {"syslog-ng"}, "netflow": {"nfacctd"}, "radius": {"freeradius"},
            "monitoring": {"prometheus", "grafana"}}
ALWAYS = {"secrets", "topics", "natmill"}
CONDITIONS = {"service_completed_successfully", "service_healthy"}


@pytest.fixture(scope="module")
def file():
    return Composition()


def test_it_fits_the_published_schema():
    result = subprocess.run([sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec",
                             FOLDER / "compose.yaml"], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_compose_itself_takes_it():
    """Where the program is there; it needs no engine for that."""
    programs = [program for program in (["docker", "compose"], ["docker-compose"]) if shutil.which(program[0])]
    for program in programs:
        version = subprocess.run([*program, "version", "--short"], capture_output=True, text=True, timeout=60,
                                 check=False).stdout.strip().lstrip("v")
        if re.match(r"\d+\.\d+", version) and tuple(map(int, version.split(".")[:2])) >= (2, 20):
            break
    else:
        pytest.skip("no Compose 2.20 or newer here")
    result = subprocess.run([*program, "-f", FOLDER / "compose.yaml", "config", "--services"], capture_output=True,
                            text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    assert set(result.stdout.split()) == Composition().active()


def test_profiles_leave_out_what_a_user_has(file):
    assert set().union(*file.profiles().values()) == set(PROFILES)
    assert file.active() == set(file.services), "the default turns all on"
    for profile, services in PROFILES.items():
        assert Composition(COMPOSE_PROFILES=profile).active() == ALWAYS | services
    for number in range(2 ** len(PROFILES)):  # none of their combinations waits for what is left out
        chosen = [name for bit, name in enumerate(PROFILES) if number >> bit & 1]
        some = Composition(COMPOSE_PROFILES=",".join(chosen))
        for name in some.order():
            for other, how in some.services[name].get("depends_on", {}).items():
                assert other in some.active() or how.get("required") is False, f"{chosen}: {name} needs {other}"


def test_what_is_waited_for_can_come(file):
    for name, service in file.services.items():
        for other, how in service.get("depends_on", {}).items():
            assert how["condition"] in CONDITIONS
            if how["condition"] == "service_healthy":
                assert "healthcheck" in file.services[other] or other == "natmill", f"{name} waits for {other}"
            else:
                assert other in ONCE, f"{name} waits for the end of {other}"
    assert file.order()  # none in a circle


def test_health_and_restart(file):
    for name, service in file.services.items():
        if name in ONCE:
            assert service["restart"] == "on-failure"
            continue
        assert service["restart"] == "unless-stopped"
        assert "healthcheck" in service or name == "natmill", name  # its image has one


def test_variables_are_those_of_the_file_env(file):
    assert file.used | {"COMPOSE_PROFILES"} == set(dot_env())
    assert re.findall(r"\$\{\w+(?!\w*:\?\})", file.text) == [], "each must be set: ${NAME:?}"


def test_mounts_are_there(file):
    used = set()
    for name in file.services:
        targets = [target for _, target, _ in file.mounts(name)]
        assert len(targets) == len(set(targets)), name
        for source, target, read_only in file.mounts(name):
            if isinstance(source, str):
                used.add(source)
                continue
            assert source.is_dir(), f"{name}: {source}"  # of a file, an editor's new one would not be seen
            assert ROOT in source.parents and read_only, f"{name}: {target}"
            inside = [other for other in targets if other.startswith(f"{target}/")]
            assert not inside, f"{name}: {inside} would have to be made in {source}"
    assert used == set(file.volumes)


def test_every_file_in_the_folder_is_used(file):
    """By a service, as what it mounts or is built of; tests run each of them."""
    mounts = [source for name in file.services for source, _, _ in file.mounts(name)]
    folders = {str(source) for source in mounts if not isinstance(source, str)}
    listed = subprocess.run(["git", "-C", FOLDER, "ls-files", "-co", "--exclude-standard"], capture_output=True,
                            text=True, timeout=60, check=True).stdout.split()
    elsewhere = re.compile(r"kubernetes/.*|.*README\.md|.*\.gitignore|compose\.yaml|\.env|natmill\.yaml|"
                           r"(collectors/)?Dockerfile(\.dockerignore)?")
    for path in listed:
        if not elsewhere.fullmatch(path):
            assert any(str(FOLDER / path).startswith(folder + "/") for folder in folders), f"{path}: who uses it?"


def test_ports(file):
    taken = [(port, protocol) for name in file.services for _, port, _, protocol in file.ports(name)]
    assert len(taken) == len(set(taken))
    open_to_all = {(name, inside, protocol) for name in file.services
                   for address, _, inside, protocol in file.ports(name) if address is None}
    assert open_to_all == {("syslog-ng", 1514, "udp"), ("syslog-ng", 1514, "tcp"), ("syslog-ng", 1601, "tcp"),
                           ("nfacctd", 9995, "udp"), ("freeradius", 1813, "udp")}, "only collectors, with no password"


def test_the_page_tells_what_listens_where(file):
    page = (ROOT / "docs" / "containers.md").read_text(encoding="utf-8")
    told = {}
    for ports, profiles in re.findall(r"^\| ([\d.:, ()A-Za-z]*\d.*?) \| .*? \| (.*?) \|$", page, re.MULTILINE):
        for port in re.findall(r"(?<![\d.])(\d{3,5})\b", re.sub(r"\(.*?\)|127.0.0.1:", "", ports)):
            told[int(port)] = set(re.findall(r"`(\w+)`", profiles))
    real = {port: set(file.services[name].get("profiles", [])) for name in file.services
            for _, port, _, _ in file.ports(name)}
    assert told == real


def test_images_are_pinned(file):
    for name, service in file.services.items():
        if "build" not in service:
            assert re.fullmatch(r"[\w-]+/[\w-]+:v?\d+\.\d+\.\d+(-pg\d+)?", service["image"]), name
            continue
        build = service["build"]
        context = (FOLDER / build["context"]).resolve()
        dockerfile = context / build.get("dockerfile", "Dockerfile")
        target = build.get("target")
        assert target is None or f" AS {target}\n" in dockerfile.read_text(encoding="utf-8"), name
    jars = (ROOT / "tests/setup/kafka/pom.xml").read_text(encoding="utf-8")
    assert f"<version>{file.services['kafka']['image'].split(':')[1]}</version>" in jars, "the Kafka that is tested"


def test_no_rights_and_no_passwords(file):
    for name, service in file.services.items():
        assert "no-new-privileges:true" in service["security_opt"]
        if name not in ("timescaledb", "kafka"):  # the one changes its user, the other writes its configuration
            assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert not service.get("privileged") and service.get("cap_add", []) in ([], ["DAC_OVERRIDE"])
        for key, value in file.environment(name).items():
            if re.search("PASSWORD|SECRET", key):
                assert key.endswith("_FILE"), f"{name}: {key}"
                folder, _, file_name = value.rpartition("/")
                assert file_name == "password" and folder in {target for _, target, _ in file.mounts(name)}


def test_users_are_those_of_the_images(file):
    text = (FOLDER / "collectors" / "Dockerfile").read_text(encoding="utf-8")
    assert f"--uid {COLLECTOR} " in text and "\nUSER collector\n" in text
    assert f"/run/natmill:uid={NATMILL},mode=0700" in file.services["natmill"]["tmpfs"]
    natmill = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    assert f"\nUSER {NATMILL}:" in natmill and "\nHEALTHCHECK " in natmill


@pytest.fixture
def secrets(tmp_path, file):
    """run(): what the service of that name does; given and folders are what it mounts."""
    given, folders = tmp_path / "given", tmp_path / "secrets"
    given.mkdir()
    for source, target, _ in file.mounts("secrets"):
        if isinstance(source, str):
            (folders / os.path.basename(target)).mkdir(parents=True)

    def run():
        subprocess.run(["/bin/sh", FOLDER / "secrets" / "make.sh", given, folders], timeout=60, check=True)
        return {path.parent.name: path.read_text(encoding="ascii") for path in folders.glob("*/*")}

    run.given, run.folders = given, folders
    return run


def test_passwords_are_made_once(secrets):
    first = secrets()
    assert set(first) == {"database", "radius", "grafana"}
    assert all(len(one) == 32 for one in first.values()) and len(set(first.values())) == 3
    assert secrets() == first
    (secrets.folders / "radius" / "password").write_text("")  # as an end in the middle would leave it
    again = secrets()
    assert again["radius"] and {**again, "radius": 0} == {**first, "radius": 0}


def test_a_password_that_is_given_is_taken(secrets):
    secrets()
    (secrets.given / "database").write_text("old one\n")
    assert secrets()["database"] == "old one\n"
    assert (secrets.folders / "database" / "password").stat().st_mode & 0o777 == 0o444
