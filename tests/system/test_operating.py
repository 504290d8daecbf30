# SPDX-License-Identifier: Apache-2.0
"""docs/operating.md tells of every alarm that there is, and its commands do what it says."""

import os
import pathlib
import re
import subprocess

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


def test_what_is_installed_is_right(tmp_path):
    """The page's way without a package: its configuration, with what is installed beside it."""
    install = re.search(r"sudo (cmake --install .*)", PAGE)[1]
    subprocess.run(install.split(), cwd=ROOT, env={**os.environ, "DESTDIR": str(tmp_path)}, check=True,
                   stdout=subprocess.DEVNULL)
    password = tmp_path / "password"
    password.write_text("secret\n")
    blocks = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    config = next(text for text in blocks if text.startswith("# /etc/natmill/natmill.yaml"))
    (tmp_path / "etc/natmill/natmill.yaml").write_text(config.replace("/etc/natmill/cgnat.password", str(password)))
    result = subprocess.run([tmp_path / "usr/bin/natmill", "check", "-c", "natmill.yaml"],
                            cwd=tmp_path / "etc/natmill", capture_output=True, text=True, timeout=200, check=False)
    assert result.returncode == 0, result.stderr


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
