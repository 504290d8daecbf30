# SPDX-License-Identifier: Apache-2.0
"""The rules of the house, checked: house.py [ROOT]. Prints one line a finding, exit 1 if there is any.

Each rule is a function that takes a Source and yields (line, what is wrong). The maxima are few and hard, because
a fine median with a few monsters is what makes code hard to keep. test_house.py shows that each rule fires.
"""

import os
import re
import sys

from c_functions import functions, without_comments

FILE_LINES = 400
FUNCTION_LINES = 60
NESTING = 3
COLUMNS = 110
COLUMNS_ELSEWHERE = 120  # Lua, Python, shell, CMake
PROJECT_INCLUDES = 8  # of a header: more is the start of an umbrella

# A file of a layer may include these layers: its own and those below.
LAYERS = {
    "base": ["base"],
    "event": ["base", "event"],
    "script": ["base", "event", "script"],
    "output": ["base", "event", "output"],
    "stream": ["base", "event", "script", "output", "stream"],
    "control": ["base", "event", "script", "output", "stream", "control"],
    "cli": ["base", "event", "script", "output", "stream", "control", "cli", "outputs"],
    "outputs": ["base", "event", "output", "outputs"],
}

# Of the outputs' names, those that mean other things too and so may stand in a string.
COMMON_WORDS = ("null", "file", "http", "kafka")
OUTPUT_LIBRARIES = ("sqlite3.h", "libpq-fe.h", "hiredis/", "amqp", "rabbitmq-c/", "curl/")

C_FILES = (".c", ".h", ".cc")
CHECKED = C_FILES + (".lua", ".py", ".sh", ".cmake")
PAGES = (".md",)  # only licensed
NO_SUFFIX = ("run", ".ci/run", "CMakeLists.txt", ".clang-format", ".clang-tidy", ".luacheckrc", ".busted")


class Source:
    """One file: its path within the project and its text; `outputs` are the names of all outputs."""

    def __init__(self, path, text, outputs=()):
        self.path = path
        self.text = text
        self.lines = text.splitlines()
        self.outputs = outputs
        self.is_c = path.endswith(C_FILES)
        parts = path.split("/")
        self.layer = parts[1] if parts[0] == "engine" and len(parts) > 2 else parts[0]


def spdx(source):
    if "SPDX-License-Identifier: Apache-2.0" not in "\n".join(source.lines[:3]):
        yield 1, "the licence line is missing: SPDX-License-Identifier: Apache-2.0"


def file_length(source):
    if len(source.lines) > FILE_LINES:
        yield len(source.lines), f"{len(source.lines)} lines; a file has at most {FILE_LINES}: one idea a file"


def whitespace(source):
    columns = COLUMNS if source.is_c else COLUMNS_ELSEWHERE
    for number, line in enumerate(source.lines, 1):
        if line != line.rstrip():
            yield number, "blanks at the end of the line"
        if source.is_c and re.match(r" +[^ *]", line):
            yield number, "indented with spaces; C is indented with tabs"
        elif re.match(r"\t* +\t", line):
            yield number, "a tab behind spaces"
        elif source.path.endswith(".py") and line.startswith("\t"):
            yield number, "indented with a tab; Python is indented with spaces"
        if len(line.expandtabs(8)) > columns and source.layer != "vendors":  # a template is one line
            yield number, f"longer than {columns} columns"
    if source.text and not source.text.endswith("\n"):
        yield len(source.lines), "no line end at the end of the file"


def unfinished(source):
    for number, line in enumerate(source.lines, 1):
        if re.search(r"\b(TO" "DO|FIX" "ME|XX" "X)\\b", line):
            yield number, "an unfinished mark; finish it or open an issue"


def project_includes(source):
    for number, line in enumerate(source.lines, 1):
        match = re.match(r'\s*#\s*include\s+"([^"]+)"', line)
        if match:
            yield number, match[1]


def includes_point_down(source):
    allowed = LAYERS.get(source.layer)
    if allowed is None or not source.is_c:
        return
    for number, name in project_includes(source):
        layer = name.split("/")[0]
        if "/" not in name:
            yield number, f'"{name}": includes are written from engine/, as "layer/file.h"'
        elif layer not in allowed:
            yield number, f'"{name}": {source.layer} may include only {", ".join(allowed)}'


def no_umbrella(source):
    if not source.path.endswith(".h"):
        return
    found = list(project_includes(source))
    if len(found) > PROJECT_INCLUDES:
        yield found[-1][0], f"{len(found)} project headers in one header; at most {PROJECT_INCLUDES}"


def outputs_unnamed(source):
    """engine/ knows no output: neither its name nor the library it stands on. Only cli joins them."""
    if not source.is_c or not source.path.startswith("engine/") or source.layer == "cli":
        return
    strings = "|".join(re.escape(name) for name in source.outputs if name not in COMMON_WORDS) or "(?!)"
    names = "|".join(map(re.escape, source.outputs)) or "(?!)"
    libraries = "|".join(map(re.escape, OUTPUT_LIBRARIES))
    pattern = re.compile(
        rf'"(?:{strings})"|\b(?:{names})_output\b|\boutput_(?:{names})\b|#\s*include\s*<(?:{libraries})')
    for number, line in enumerate(without_comments(source.text).splitlines(), 1):
        match = pattern.search(line)
        if match:
            yield number, f"{match[0]}: engine/ names no output; only cli joins them"


def function_shape(source):
    if not source.is_c:
        return
    for function in functions(source.text):
        if function.lines > FUNCTION_LINES:
            yield function.line, f"{function.name} has {function.lines} lines; at most {FUNCTION_LINES}"
        if function.nesting > NESTING:
            yield function.line, f"{function.name} nests {function.nesting} deep; at most {NESTING}"


RULES = [spdx, file_length, whitespace, unfinished, includes_point_down, no_umbrella, outputs_unnamed,
         function_shape]


def findings(source):
    for rule in [spdx] if source.path.endswith(PAGES) else RULES:
        for line, what in rule(source):
            yield f"{source.path}:{line}: {what}"


def project_files(root):
    """The files of the project itself: not what is made in build/ nor what tools keep in hidden folders."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f == ".ci" or not f.startswith((".", "build", "__")))
        for name in sorted(names):
            path = os.path.relpath(os.path.join(folder, name), root)
            if path.endswith(CHECKED + PAGES) or path in NO_SUFFIX:
                yield path


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    paths = list(project_files(root))
    outputs = [os.path.basename(p)[:-2] for p in paths if re.fullmatch(r"outputs/\w+\.c", p)]
    count = 0
    for path in paths:
        with open(os.path.join(root, path), encoding="utf-8") as file:
            source = Source(path, file.read(), outputs)
        for finding in findings(source):
            count += 1
            print(finding)
    print(f"house rules: {len(paths)} files, {count} findings")
    sys.exit(1 if count else 0)


if __name__ == "__main__":
    main()
