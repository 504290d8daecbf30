# SPDX-License-Identifier: Apache-2.0
"""The counting of `./run test` and the reading of apt's sources: both must be right before anything else counts."""

import pytest

import apt_mirror
from summary import Summary

JUNIT = """<testsuites><testsuite>
<testcase classname="a" name="good"/>
<testcase classname="a" name="bad"><failure message="boom">text</failure></testcase>
<testcase classname="a" name="worse"><error message="boom"/></testcase>
<testcase classname="a" name="not now"><skipped message="no server"/></testcase>
<testcase classname="c" name="c" status="fail"/>
</testsuite></testsuites>"""


@pytest.fixture
def junit(tmp_path):
    path = tmp_path / "junit.xml"
    path.write_text(JUNIT, encoding="utf-8")
    return path


def closing_line(summary, capsys):
    status = summary.close()
    return status, capsys.readouterr().out.splitlines()


def test_junit_files_and_checks_add_up(junit, capsys):
    summary = Summary()
    summary.junit("one", junit, 1)
    summary.junit("two", junit, 1)
    summary.check("lint", True)
    summary.check("fuzz", False, "crash")
    status, lines = closing_line(summary, capsys)
    assert status == 1
    assert lines[-1] == "3 passed, 7 failed, 2 skipped"
    assert "skipped: one: a: not now: no server" in lines
    assert "FAILED: fuzz: crash" in lines


def test_what_failed_is_shown_when_asked(junit, capsys):
    Summary().junit("one", junit, 1, show=True)
    assert "text" in capsys.readouterr().out


def test_a_runner_that_dies_without_a_word_has_failed(tmp_path, capsys):
    summary = Summary()
    summary.check("lint", True)
    summary.junit("ctest", tmp_path / "missing.xml", 8)
    assert closing_line(summary, capsys) == (1, ["", "FAILED: ctest: ended with status 8",
                                                 "1 passed, 1 failed, 0 skipped"])


def test_what_another_process_found_is_added(tmp_path, capsys):
    other = Summary()
    other.check("fuzz", True)
    other.check("lint", False, "a line")
    other.skip("x", "no server")
    other.notes.append("so and so")
    path = tmp_path / "other.json"
    other.save(path)
    summary = Summary()
    summary.load("beside", path, 0)
    assert closing_line(summary, capsys) == (1, ["", "skipped: x: no server", "FAILED: lint: a line",
                                                 "note: so and so", "1 passed, 1 failed, 1 skipped"])


@pytest.mark.parametrize("saved, status", [(True, -9), (False, 0)])
def test_another_process_that_died_has_failed(tmp_path, capsys, saved, status):
    path = tmp_path / "other.json"
    if saved:
        Summary().save(path)
    summary = Summary()
    summary.check("lint", True)
    summary.load("beside", path, status)
    assert closing_line(summary, capsys) == (1, ["", f"FAILED: beside: ended with status {status}",
                                                 "1 passed, 1 failed, 0 skipped"])


def test_nothing_ran_is_a_failure(capsys):
    assert closing_line(Summary(), capsys) == (1, ["", "0 passed, 0 failed, 0 skipped"])


def test_all_passed(capsys):
    summary = Summary()
    summary.check("lint", True)
    assert closing_line(summary, capsys) == (0, ["", "1 passed, 0 failed, 0 skipped"])


DEB822 = """# made by the installer
Types: deb
URIs: http://sec.example/debian-security
Suites: bookworm-security
Components: main

Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm
 bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
"""

ONE_LINE = """# deb http://commented.example/debian bookworm main
deb http://sec.example/debian-security bookworm-security main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main # the one
"""


@pytest.mark.parametrize("name, text", [("debian.sources", DEB822), ("sources.list", ONE_LINE)])
def test_mirror_of_either_format(tmp_path, name, text):
    path = tmp_path / name
    path.write_text(text, encoding="ascii")
    assert apt_mirror.mirror("bookworm", [str(path)]) == "http://mirror.example/debian"
    assert apt_mirror.mirror("trixie", [str(path)]) is None


def test_disabled_mirror_is_passed_over(tmp_path):
    path = tmp_path / "debian.sources"
    path.write_text(DEB822.replace("Types: deb deb-src", "Enabled: no\nTypes: deb"), encoding="ascii")
    assert apt_mirror.mirror("bookworm", [str(path)]) is None
