# SPDX-License-Identifier: Apache-2.0
"""`cmake --install`: all is where its prefix says, the unit knows it, and nobody's edits are overwritten."""

import gzip
import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def install(prefix, **env):
    command = ["cmake", "--install", "build", "--prefix", prefix]
    subprocess.run(command, cwd=ROOT, env={**os.environ, **env}, check=True, timeout=200, stdout=subprocess.DEVNULL)


@pytest.fixture
def prefix(tmp_path):
    install(tmp_path / "opt")
    return tmp_path / "opt"


def run(prefix, *arguments, cwd):
    return subprocess.run([prefix / "bin" / "natmill", *arguments], cwd=cwd, capture_output=True, text=True,
                          timeout=200, check=False)


def unit_settings(path):
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if re.match(r"\w+=", line))


def test_installed_by_prefix(prefix, tmp_path):
    unit = unit_settings(prefix / "lib/systemd/system/natmill.service")
    assert unit["ExecStart"].split()[0] == str(prefix / "bin/natmill")
    assert unit["WorkingDirectory"] == str(prefix / "etc/natmill")
    checked = run(prefix, "check", "-c", "natmill.yaml", cwd=unit["WorkingDirectory"])
    assert (checked.returncode, checked.stderr) == (0, "")
    assert run(prefix, "test", "a10", cwd=tmp_path).returncode == 0  # scripts are found anywhere
    for page in re.findall(r"file:(\S+)", unit["Documentation"]):
        assert pathlib.Path(page).exists()


def test_below_usr_configuration_is_in_etc(tmp_path):
    install("/usr", DESTDIR=str(tmp_path))
    unit = unit_settings(tmp_path / "usr/lib/systemd/system/natmill.service")
    assert (unit["ExecStart"].split()[0], unit["WorkingDirectory"]) == ("/usr/bin/natmill", "/etc/natmill")
    assert (tmp_path / "etc/natmill/vendors/a10.lua").exists() and not (tmp_path / "usr/etc").exists()
    assert os.readlink(tmp_path / "usr/share/natmill/vendors") == "/etc/natmill/vendors"


def test_manual_tells_of_every_command(prefix, natmill):
    shown = subprocess.run([natmill, "help"], capture_output=True, text=True, check=True).stdout
    commands = re.findall(r"^  ([a-z]+) +\S", shown, re.MULTILINE)
    page = gzip.decompress((prefix / "share/man/man1/natmill.1.gz").read_bytes()).decode()
    assert len(commands) > 10 and re.findall(r"^\.SS (\w+)$", page, re.MULTILINE) == commands


def test_edits_are_kept(prefix):
    vendors = prefix / "etc/natmill/vendors"
    edited = vendors / "a10.lua"
    shipped = edited.read_text()
    edited.write_text(shipped + "-- mine\n")
    install(prefix)
    assert edited.read_text() == shipped + "-- mine\n"
    assert [path.name for path in vendors.glob("*.dist")] == ["a10.lua.dist"]
    assert (vendors / "a10.lua.dist").read_text() == shipped
    assert run(prefix, "check", "-c", "natmill.yaml", cwd=vendors.parent).returncode == 0
