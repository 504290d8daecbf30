# SPDX-License-Identifier: Apache-2.0
"""docs/operating.md tells of every alarm that there is, and its commands do what it says."""

import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operating.md").read_text()
COMMAND = re.compile(r"^ {4}(?:sudo )?(.*?)(?: +#.*)?$", re.MULTILINE)
# Filled in from these: the alarm's text has a %s for them.
CHOICES = {"there are newer messages and no cause is known", "and Kafka does not tell the end of its log"}


def alarms_of_source():
    """The formats of all log lines that begin with ALARM."""
    for path in sorted([*ROOT.glob("engine/**/*.c"), *ROOT.glob("outputs/*.c")]):
        source = re.sub(r"\bPRI[a-z]\w+", '"d"', path.read_text())
        for text in re.findall(r'log_\w+\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)', source):
            literal = "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', text)).replace('\\"', '"')
            if literal.startswith("ALARM"):
                yield literal


def as_pattern(literal):
    return re.sub(r"%(?:%|[^a-z%]*(?:l|z)*[a-z])", ".+", re.escape(literal).replace(r"\%", "%"))


def alarms_of_page():
    return re.findall(r"^\| `(ALARM: .*?)` \| ", PAGE, re.MULTILINE)


def test_every_alarm_is_told_of():
    formats, told = list(alarms_of_source()), alarms_of_page()
    assert len(formats) >= 6
    for literal in formats:
        assert any(re.fullmatch(as_pattern(literal), line) for line in told), f"not in the page: {literal}"
    for line in told:
        assert any(re.fullmatch(as_pattern(literal), line) for literal in formats), f"not in the source: {line}"
    assert all(any(choice in line for line in told) for choice in CHOICES)


def test_reasons_of_the_stall_are_those_of_the_source():
    text = re.sub(r'"\s*"', "", (ROOT / "engine/stream/watchdog.c").read_text())
    assert all(choice in text for choice in CHOICES)


def test_metrics_of_the_page_are_there():
    known = set(re.findall(r"^\| `(\w+)` \|", (ROOT / "docs" / "metrics.md").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bnatmill_\w+", PAGE))
    assert len(named) >= 5 and named <= known, named - known


@pytest.fixture
def machine(natmill, tmp_path):
    """A folder as the page's first commands fill a machine; users and services are left out."""
    (tmp_path / "build").mkdir()
    shutil.copy(natmill, tmp_path / "build" / "natmill")
    for name in ("vendors", "dist"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "natmill.yaml").write_text(re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1])
    (tmp_path / "etc/systemd/system").mkdir(parents=True)
    (tmp_path / "usr/local/bin").mkdir(parents=True)
    section = PAGE.partition("## Install and start")[2].partition("`natmill check")[0]
    for command in COMMAND.findall(section):
        if command.split()[0] in ("mkdir", "cp", "install"):
            here = command.replace(" -g natmill", "").replace(" /etc/", " etc/").replace(" /usr/", " usr/")
            subprocess.run(here, shell=True, cwd=tmp_path, check=True)
    return tmp_path


def test_what_is_installed_is_right(machine):
    yaml = machine / "etc/natmill/natmill.yaml"
    password = machine / "password"
    password.write_text("secret\n")
    yaml.write_text(yaml.read_text().replace("/etc/natmill/cgnat.password", str(password)))
    result = subprocess.run([machine / "usr/local/bin/natmill", "check", "-c", "natmill.yaml"],
                            cwd=machine / "etc/natmill", capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    assert (machine / "etc/systemd/system/natmill.service").exists()


def test_commands_and_options_of_the_page_are_there(natmill):
    commands = [re.split(r" [<>]", line)[0].split() for line in COMMAND.findall(PAGE)
                if re.match("natmill [a-z]", line)]  # others show what top prints
    assert len(commands) >= 6
    for _, name, *rest in commands:
        shown = subprocess.run([natmill, "help", name], capture_output=True, text=True, timeout=60, check=False)
        assert shown.returncode == 0, shown.stderr
        for word in rest:
            assert word[0] != "-" or word in shown.stdout, f"natmill {name}: {word}"


def test_links_lead_somewhere():
    heads = {re.sub(r"[^\w -]", "", head).replace(" ", "-").lower() for head in re.findall(r"^#+ (.*)$", PAGE, re.M)}
    for target in re.findall(r"\]\((.*?)\)", PAGE):
        page, _, head = target.partition("#")
        assert not page or (ROOT / "docs" / page).exists(), target
        assert page or head in heads, target
