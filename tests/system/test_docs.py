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


def test_field_table_is_what_the_fields_say(natmill):
    page = ROOT / "docs" / "vendor-scripts.md"
    result = run(natmill, "check", "--reference", page)
    assert result.returncode == 0, result.stderr
    assert result.stdout == page.read_text(), "run: natmill check --reference docs/vendor-scripts.md"


def test_page_of_metrics_is_what_the_rows_say(natmill):
    page = ROOT / "docs" / "metrics.md"
    result = run(natmill, "check", "--reference", page)
    assert result.returncode == 0, result.stderr
    assert result.stdout == page.read_text(), "run: natmill check --reference docs/metrics.md"


@pytest.mark.parametrize("page", ["README.md", "docs/configuration.md", "docs/scaling.md"])
def test_example_configurations_are_accepted(natmill, page, tmp_path):
    (tmp_path / "vendors").symlink_to(ROOT / "vendors")
    for text in fenced(page, "yaml"):
        (tmp_path / "natmill.yaml").write_text(text)
        result = run(natmill, "check", cwd=tmp_path)
        assert result.returncode == 0, result.stderr


def test_examples_of_the_page_on_security_are_accepted(natmill, tmp_path):
    """With the files that they name."""
    (tmp_path / "vendors").symlink_to(ROOT / "vendors")
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "ca.crt").touch()
    examples = fenced("docs/security.md", "yaml")
    assert examples
    for text in examples:
        (tmp_path / "natmill.yaml").write_text(text)
        result = run(natmill, "check", cwd=tmp_path)
        assert result.returncode == 1 and "cannot read 'secrets/" in result.stderr
        for name in ("kafka", "postgresql"):
            (tmp_path / "secrets" / name).write_text("hush\n")
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


def test_host_of_raw_lines_as_the_readme_sets_it(natmill, tmp_path):
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors" / "acme.lua").write_text(fenced("README.md", "lua")[0])
    topics = re.search(r"^    (topics: .*)$", (ROOT / "README.md").read_text(), re.MULTILINE).group(1)
    (tmp_path / "natmill.yaml").write_text(fenced("README.md", "yaml")[0] + topics + "\n")
    result = run(natmill, "check", cwd=tmp_path)
    assert result.returncode == 0, result.stderr


def test_script_and_samples_of_the_page_on_vendor_scripts(natmill, tmp_path):
    page = "docs/vendor-scripts.md"
    script = fenced(page, "lua")[0]
    samples, = fenced(page, "samples")
    (tmp_path / "acme.lua").write_text(script)
    (tmp_path / "acme.samples").write_text(samples)
    result = run(natmill, "test", "--vendors", tmp_path)
    assert (result.returncode, result.stdout) == (0, f"{samples.count('> ')} samples passed, 0 failed\n"), result.stderr


def test_reader_of_the_page_on_vendor_scripts(natmill, tmp_path):
    rule = fenced("docs/vendor-scripts.md", "lua")[1]
    begin = 'local acme = vendor "acme"\nacme:actions { on = "created" }\n'
    (tmp_path / "acme.lua").write_text(f"{begin}{rule}return acme\n")
    line = 'NAT: on type=block inside=10.0.0.7 pub-addr="" public=203.0.113.9 ports=1024-2047'
    result = run(natmill, "try", "--vendor", "acme", "--vendors", tmp_path, "--json", input=f"{line}\n{line} test=1\n")
    answers = [json.loads(one) for one in result.stdout.splitlines()]
    assert answers[0]["events"] == [{"type": "port-block-mapping", "event": 1, "src_ip": "10.0.0.7",
                                     "x_ip": "203.0.113.9", "start_port": 1024, "end_port": 2047}]
    assert answers[1]["verdict"] == "dead"


def test_recipes_stand_in_the_scripts_that_they_name():
    recipes = fenced("docs/vendor-scripts.md", "lua")[2:]
    assert len(recipes) >= 6
    for recipe in recipes:
        name, *lines = recipe.splitlines()
        script = (ROOT / name.removeprefix("-- ")).read_text().splitlines()
        for line in lines:
            assert line in script, f"{name}: {line}"


def test_page_on_vendor_scripts_names_every_field_and_declaration(natmill, tmp_path):
    text = (ROOT / "docs" / "vendor-scripts.md").read_text()
    fields = re.findall(r"^\tX\((\w+), [A-Z]+, EVENT_IN", (ROOT / "engine/event/fields.h").read_text(), re.MULTILINE)
    assert len(fields) >= 15
    methods = re.findall(r"function methods:(\w+)", (ROOT / "scripts/vendor.lua").read_text())
    readers = (ROOT / "engine/event/reader.c").read_text()
    methods += re.findall(r'"(\w+)"', re.search(r"names\[READER_COUNT\] = {(.*?)}", readers)[1])
    for word in ["action" if name == "event" else name for name in fields] + [f":{name}" for name in methods]:
        assert re.search(rf"`{word}\b", text), word


def test_help_of_a_command_is_its_option_help(natmill):
    for name in re.findall(r"^  (\w+) ", run(natmill, "--help").stdout, re.MULTILINE):
        shown = run(natmill, "help", name)
        assert (shown.returncode, shown.stdout) == (0, run(natmill, name, "--help").stdout)
        assert shown.stdout.startswith(f"usage: natmill {name}")
    assert run(natmill, "help", "nonsense").returncode == 2
