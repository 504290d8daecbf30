# SPDX-License-Identifier: Apache-2.0
"""The unit of systemd: systemd finds nothing wrong with it, it is well locked up, and what it starts is there."""

import pathlib
import re
import shutil
import subprocess

import pytest

UNIT = pathlib.Path(__file__).resolve().parents[2] / "dist" / "systemd" / "natmill.service.in"
INSTALLED = "@bindir@/natmill"
EXPOSURE_MAX = 20  # of 100, as `systemd-analyze security` counts; 15 measured


def analyze(*arguments):
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not there")
    return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=60,
                          check=False)


@pytest.fixture
def unit(natmill, tmp_path):
    """The unit with the program where it was built."""
    path = tmp_path / UNIT.stem
    text = UNIT.read_text().replace(INSTALLED, str(natmill))
    path.write_text(re.sub(r"@\w+@", str(tmp_path), text))
    return path


def settings():
    lines = [line for line in UNIT.read_text().splitlines() if line and line[0] not in "#["]
    return [tuple(line.split("=", 1)) for line in lines]


def test_systemd_takes_it(unit):
    result = analyze("verify", "--man=no", unit)
    assert (result.returncode, result.stdout + result.stderr) == (0, "")


def test_locked_up(unit):
    result = analyze("security", "--offline=yes", "--no-pager", f"--threshold={EXPOSURE_MAX}", unit)
    assert result.returncode == 0, result.stdout[-300:] + result.stderr


def test_memory_may_be_made_executable():
    assert "MemoryDenyWriteExecute" not in dict(settings())


def test_commands_are_there(natmill):
    commands = [value for name, value in settings() if name.startswith("Exec")]
    assert [command.split()[1] for command in commands] == ["run", "check", "reload"]
    for command in commands:
        program, name, *rest = command.split()
        assert program == INSTALLED and rest == ["-c", "natmill.yaml"]
        shown = subprocess.run([natmill, "help", name], capture_output=True, text=True, timeout=60, check=False)
        assert shown.returncode == 0 and re.search(r"^usage: .*-c FILE", shown.stdout), shown


def test_wrong_configuration_is_not_started_again(natmill, tmp_path):
    """The exit statuses that the unit does not restart on are those that natmill ends with then."""
    statuses = dict(settings())["RestartPreventExitStatus"].split()
    (tmp_path / "natmill.yaml").write_text("wrokers: 4\n")
    for arguments in (["run", "-c", "natmill.yaml"], ["run", "--nonsense"]):
        result = subprocess.run([natmill, *arguments], cwd=tmp_path, capture_output=True, timeout=60, check=False)
        assert str(result.returncode) in statuses
