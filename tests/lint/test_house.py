# SPDX-License-Identifier: Apache-2.0
"""Each rule of the house fires on what it forbids and keeps quiet on what it allows."""

import subprocess
import sys

import house
from c_functions import functions

LICENCE = "/* SPDX-License-Identifier: Apache-2.0 */\n"


def found(text, path="engine/stream/probe.c", outputs=()):
    return "\n".join(house.findings(house.Source(path, text, outputs)))


def c_function(*body):
    return LICENCE + "static int probe(int x)\n{\n" + "".join(line + "\n" for line in body) + "}\n"


def test_quiet_on_good_code():
    text = c_function("\tif (x > 0) {", "\t\tfor (;;)", "\t\t\tx--;", "\t} else if (x < 0) {", "\t\tx++;", "\t}")
    assert found('#include "base/err.h"\n' .join([LICENCE, text])) == ""


def test_licence():
    assert "licence" in found("int x;\n")
    assert "licence" in found("# A page\n", "docs/a.md")
    assert found("<!-- SPDX-License-Identifier: Apache-2.0 -->\n\n# A page\n" + "x" * 200 + "\n", "docs/a.md") == ""


def test_file_length():
    assert found(LICENCE + "int x;\n" * (house.FILE_LINES - 1)) == ""
    assert "a file has at most" in found(LICENCE + "int x;\n" * house.FILE_LINES)


def test_function_length():
    fits = ["\tx++;"] * (house.FUNCTION_LINES - 3)  # head and two braces count
    assert found(c_function(*fits)) == ""
    assert "probe has 61 lines" in found(c_function(*fits, "\tx++;"))


def test_nesting():
    three = ["\tif (x)", "\t\twhile (x)", "\t\t\tfor (;;)", "\t\t\t\tx++;"]
    assert found(c_function(*three)) == ""
    four = ["\tif (x) {", "\t\twhile (x) {", "\t\t\tswitch (x) {", "\t\t\tcase 1:", "\t\t\t\tdo {",
            "\t\t\t\t\tx++;", "\t\t\t\t} while (x);", "\t\t\t}", "\t\t}", "\t}"]
    assert "probe nests 4 deep" in found(c_function(*four))


def test_nesting_of_else_if_and_siblings():
    chain = ["\tif (x == 1)", "\t\tx = 2;"] + ["\telse if (x == 3)", "\t\tx = 4;"] * 5 + ["\telse", "\t\tx = 5;"]
    assert [f.nesting for f in functions(c_function(*chain, *chain))] == [1]


def test_nesting_ignores_comments_strings_and_macros():
    body = ["\t/* if (a) { while (b) { */", '\tputs("if (x) { for (;;) {");', "#define W(x) do { if (x) {} } while (0)",
            "\tif (x)", "\t\tx = (int[]){1, 2}[0];"]
    assert [f.nesting for f in functions(c_function(*body))] == [1]


def test_function_with_split_head():
    text = LICENCE + "static int probe(int a,\n\t\t int b)\n{\n\treturn a + b;\n}\n"
    assert [(f.name, f.line, f.lines) for f in functions(text)] == [("probe", 2, 5)]


def test_includes_point_down():
    def include(name, path):
        return found(LICENCE + f'#include "{name}"\n', path)

    assert include("event/event.h", "engine/stream/a.c") == ""
    assert "may include only" in include("stream/worker.h", "engine/event/a.c")
    assert "may include only" in include("output/output.h", "engine/script/a.c")
    assert "may include only" in include("script/host.h", "engine/output/a.c")
    assert "may include only" in include("stream/worker.h", "outputs/a.c")
    assert "may include only" in include("event/event.h", "engine/base/a.h")
    assert include("output/output.h", "outputs/a.c") == ""
    assert "written from engine/" in include("err.h", "engine/base/err.c")


def test_no_umbrella():
    def header(count):
        return LICENCE + "".join(f'#include "base/a{i}.h"\n' for i in range(count))

    assert found(header(house.PROJECT_INCLUDES), "engine/stream/a.h") == ""
    assert "project headers in one header" in found(header(house.PROJECT_INCLUDES + 1), "engine/stream/a.h")


def test_engine_names_no_output():
    outputs = ("sqlite", "null")
    assert "names no output" in found(LICENCE + 'x = "sqlite";\n', outputs=outputs)
    assert "names no output" in found(LICENCE + "extern int output_sqlite;\n", outputs=outputs)
    assert "names no output" in found(LICENCE + "#include <sqlite3.h>\n", outputs=outputs)
    assert found(LICENCE + 'x = "null"; /* as "sqlite" does */\n', outputs=outputs) == ""
    assert found(LICENCE + 'x = "sqlite";\n', "engine/cli/registry.c", outputs) == ""


def test_whitespace():
    assert "indented with spaces" in found(LICENCE + "    int x;\n")
    assert "blanks at the end" in found(LICENCE + "int x; \n")
    assert "a tab behind spaces" in found(LICENCE + "\t \tint x;\n")
    assert "longer than" in found(LICENCE + "/* " + "x" * house.COLUMNS + " */\n")
    assert found("-- SPDX-License-Identifier: Apache-2.0\n" + "x" * 200 + "\n", "vendors/a.lua") == ""
    assert "no line end" in found(LICENCE + "int x;")
    assert "indented with a tab" in found("# SPDX-License-Identifier: Apache-2.0\n\tx = 1\n", "tests/a.py")


def test_unfinished_marks():
    assert "unfinished" in found(LICENCE + "/* TO" + "DO: more */\n")


def test_the_program_exits_1_and_names_file_and_line(tmp_path):
    (tmp_path / "engine" / "base").mkdir(parents=True)
    (tmp_path / "engine" / "base" / "bad.c").write_text(LICENCE + '#include "cli/main.h"\n', encoding="utf-8")
    run = subprocess.run([sys.executable, house.__file__, tmp_path], capture_output=True, text=True, check=False)
    assert run.returncode == 1
    assert 'engine/base/bad.c:2: "cli/main.h"' in run.stdout
