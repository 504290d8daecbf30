# SPDX-License-Identifier: Apache-2.0
"""natmill test --fill: from the first lines to samples that pass, by hand work on the script only."""

import json

import pytest

SCRIPT = """local acme = vendor "acme"
acme:topics "cgnat.syslog.acme"
acme:port_mapping("nat {protocol} {src_ip}:{src_port} as {x_ip}:{x_port}", { action = "created" })
acme:ignore "heartbeat"
return acme
"""
LINE = "nat tcp 10.0.0.7:4000 as 203.0.113.9:1024"


@pytest.fixture
def acme(tmp_path, run_natmill):
    """acme(SAMPLES, ARGUMENTS...): natmill test on them; acme.samples is the file."""
    (tmp_path / "vendors").mkdir()
    (tmp_path / "vendors" / "acme.lua").write_text(SCRIPT, encoding="utf-8")

    def run(text, *arguments):
        if text is not None:
            run.samples.write_text(text, encoding="utf-8")
        return run_natmill("test", *arguments)

    run.samples = tmp_path / "vendors" / "acme.samples"
    return run


def test_filled_samples_pass(acme):
    done = acme(f"# mine\n> {LINE}\n> heartbeat\n# not yet: {LINE}\n# not yet: junk\n", "--fill", "acme")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "vendors/acme.samples:8: not yet: no rule begins so, each stopped at column 1: "
        "expected `nat` or `heartbeat`, found `junk`",
        "vendors/acme.samples: 3 filled, 1 not yet; look at them: what is wrong here stays wrong"]
    lines = acme.samples.read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["# mine", f"> {LINE}"]
    assert json.loads(lines[2])["x_port"] == 1024
    assert lines[3:] == ["> heartbeat", "ignored", f"> {LINE}", lines[2], "# not yet: junk"]
    done = acme(None)
    assert (done.returncode, done.stdout) == (0, "3 samples passed, 0 failed, 1 not yet\n")
    assert acme(None, "acme", "--fill").stdout.splitlines()[-1] == "vendors/acme.samples: 0 filled, 1 not yet"
    assert sorted(path.name for path in acme.samples.parent.iterdir()) == ["acme.lua", "acme.samples"]


def test_bare_line_says_what_to_do(acme):
    done = acme(f"> heartbeat\nignored\n> {LINE}\n\n# a comment\n> heartbeat\nignored\n")
    assert done.returncode == 1
    assert done.stderr == ("natmill: vendors/acme.samples:3: nothing below this line says what must become of it; "
                           "write `ignored`, or its events: natmill test --fill acme\n")


def test_pasted_from_try(acme, run_natmill):
    told = run_natmill("try", "--json", input=f"{LINE}\nheartbeat\nnat \"x\n").stdout.splitlines()
    done = acme(f"> {LINE}\n{told[0]}\n> heartbeat\n{told[1]}\n> nat \"x\n{told[2]}\n")
    assert (done.returncode, done.stdout) == (0, "3 samples passed, 0 failed\n")
    wrong = told[0].replace("1024", "1025")
    assert acme(f"> {LINE}\n{wrong}\n").returncode == 1


@pytest.mark.parametrize("arguments, status, message", [
    (["--fill"], 2, "--fill needs the name of a vendor script"),
    (["--fill", "acm"], 1, "no vendor script 'acm'; did you mean 'acme'?"),
    (["--fill", "acme"], 1, "cannot read 'vendors/acme.samples': No such file or directory"),
])
def test_refused(acme, arguments, status, message):
    done = acme(None, *arguments)
    assert done.returncode == status
    assert message in done.stderr
