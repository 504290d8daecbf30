# SPDX-License-Identifier: Apache-2.0
"""natmill check: warnings leave the exit status alone, and the shipped scripts have none."""

import pathlib

import pytest
import yaml

VENDORS = pathlib.Path(__file__).resolve().parents[2] / "vendors"


@pytest.fixture
def check(run_natmill, tmp_path):
    def run(vendors):
        path = tmp_path / "natmill.yaml"
        path.write_text(yaml.safe_dump({"kafka": {"brokers": "localhost:1"}, "vendors": str(vendors),
                                        "outputs": [{"type": "null"}]}), encoding="utf-8")
        return run_natmill("check")

    return run


def test_warnings_name_their_line(check, tmp_path):
    (tmp_path / "x.lua").write_text('local x = vendor "x"\nx:ignore "a {*}"\nx:ignore "a b"\nreturn x\n',
                                    encoding="utf-8")
    (tmp_path / "x.samples").write_text("> a b\nignored\n", encoding="utf-8")
    done = check(tmp_path)
    assert done.returncode == 0
    assert done.stderr == (f"{tmp_path}/x.lua:3: warning: ignore can never match: the ignore of line 2 comes first "
                           "and takes its lines, such as `a b`\n")
    assert done.stdout == "ok: configuration, 1 scripts, 1 samples; 1 warning\n"


def test_shipped_scripts_have_none(check):
    done = check(VENDORS)
    assert "warning" not in done.stderr + done.stdout


def test_without_configuration(run_natmill, tmp_path):
    (tmp_path / "x.lua").write_text('local x = vendor "x"\nx:ignore "a"\nreturn x\n', encoding="utf-8")
    (tmp_path / "x.samples").write_text("> a\nignored\n", encoding="utf-8")
    done = run_natmill("check", "--vendors", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok: 1 scripts, 1 samples\n", "")
    (tmp_path / "x.samples").write_text("> b\nignored\n", encoding="utf-8")
    assert run_natmill("check", "--vendors", tmp_path).returncode == 1
    (tmp_path / "x.lua").write_text("x", encoding="utf-8")
    assert run_natmill("check", "--vendors", tmp_path).returncode == 1
    assert run_natmill("check", "--vendors", tmp_path, "-c", "natmill.yaml").returncode == 2
