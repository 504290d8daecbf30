# SPDX-License-Identifier: Apache-2.0
"""What the documentation shows is what the program does: reference page, examples, the script of the README."""

import json
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def run(natmill, *arguments, **kwargs):
    return subprocess.run([natmill, *arguments], capture_output=True, text=True, timeout=60, check=False, **kwargs)


def fenced(page, language):
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / page).read_text(), re.MULTILINE | re.DOTALL)


def test_reference_page_is_what_the_option_rows_say(natmill):
    page = ROOT / "docs" / "configuration.md"
    result = run(natmill, "check", "--reference", page)
    assert result.returncode == 0, result.stderr
    assert result.stdout == page.read_text(), "run: natmill check --reference docs/configuration.md"


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md"])
def test_example_configurations_are_accepted(natmill, page, tmp_path):
    (tmp_path / "vendors").symlink_to(ROOT / "vendors")
    for text in fenced(page, "yaml"):
        (tmp_path / "natmill.yaml").write_text(text)
        result = run(natmill, "check", cwd=tmp_path)
        assert result.returncode == 0, result.stderr


def test_script_of_the_readme_reads_its_line(natmill, tmp_path):
    (tmp_path / "acme.lua").write_text(fenced("README.md", "lua")[0])
    line = re.search(r"echo '(.*?)' \| build/natmill try", (ROOT / "README.md").read_text()).group(1)
    result = run(natmill, "try", "--vendor", "acme", "--vendors", tmp_path, "--json", input=line + "\nheartbeat 5\n")
    answers = [json.loads(one) for one in result.stdout.splitlines()]
    assert answers[0]["events"] == [{"type": "port-mapping", "event": 1, "protocol": 6, "src_ip": "10.0.0.7",
                                     "src_port": 4000, "x_ip": "203.0.113.9", "x_port": 1024}]
    assert answers[1]["verdict"] == "ignored"


def test_every_command_of_the_readme_is_there(natmill):
    listed = re.findall(r"^  (\w+) ", run(natmill, "--help").stdout, re.MULTILINE)
    shown = re.findall(r"^\| `natmill (\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert sorted(listed) == sorted(shown)
