# SPDX-License-Identifier: Apache-2.0
"""The type annotations of vendor scripts: up to date, and complete in both directions."""

import json
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TYPES = ROOT / "scripts" / "types" / "natmill.lua"


def lua(name):
    return (ROOT / "scripts" / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def declared():
    """Class to the methods that the annotations give it."""
    found = {}
    for owner, name in re.findall(r"^function (\w+):(\w+)\(", TYPES.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(owner, set()).add(name)
    return found


def test_up_to_date(run_natmill):
    made = run_natmill("check", "--types").stdout
    assert made == TYPES.read_text(encoding="utf-8"), "run `build/natmill check --types > scripts/types/natmill.lua`"


def test_vendor_methods(declared, run_natmill, tmp_path):
    own = set(re.findall(r"^\tfunction methods:(\w+)\(", lua("vendor.lua"), re.MULTILINE))
    assert len(own) >= 8 and own <= declared["Vendor"]
    uses = "".join(f"assert(x.{name})\n" for name in declared["Vendor"])
    (tmp_path / "x.lua").write_text(f'local x = vendor "x"\n{uses}return x\n', encoding="utf-8")
    done = run_natmill("try", "--vendors", tmp_path, "--json", input="line")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file, owner", [("message.lua", "Message"), ("cursor.lua", "Cursor")])
def test_methods_of_handlers(declared, file, owner):
    methods = lua(file).split("local methods = {", 1)[1].split("\n\t}\n", 1)[0]
    assert set(re.findall(r"^\t\t(\w+) = function\(", methods, re.MULTILINE)) == declared[owner]


def test_parts_of_a_message():
    parts = lua("message.lua").split("local parts = {", 1)[1].split("}", 1)[0]
    text = TYPES.read_text(encoding="utf-8").split("---@class natmill.Message\n", 1)[1].split("local", 1)[0]
    assert re.findall(r"^---@field (\w+)", text, re.MULTILINE) == re.findall(r"(\w+) = C\.", parts)


def test_the_editor_finds_them():
    settings = json.loads((ROOT / ".luarc.json").read_text(encoding="utf-8"))
    assert [ROOT / folder for folder in settings["workspace.library"]] == [TYPES.parent]
