# SPDX-License-Identifier: Apache-2.0
"""Writes a C file that holds the given files as byte arrays: embed.py OUTPUT INPUT...
The table is the one that engine/script/embedded.h declares. Called by cmake/embed.cmake.

Beside the text of ffi.cdef it puts a reference to each function that the text declares: Lua finds them by name in
the program, and without a reference the linker would leave them in the archive."""

import os
import re
import sys

CDEF = "ffi.cdef"


def byte_lines(data):
    for start in range(0, len(data), 24):
        yield "\t" + "".join(f"{byte}," for byte in data[start:start + 24])


def references(cdef):
    names = sorted(set(re.findall(r"\b(nm_\w+)\s*\(", cdef)))
    yield '#include "script/ffi_api.h"'
    yield "extern void (*const embedded_functions[])(void);"
    yield "void (*const embedded_functions[])(void) = {"
    yield from (f"\t(void (*)(void)){name}," for name in names)
    yield from ("\t0,", "};", "")


def main():
    output, inputs = sys.argv[1], sys.argv[2:]
    lines = ["/* Made by cmake/embed.py. */", '#include "script/embedded.h"', ""]
    rows = []
    for index, path in enumerate(inputs):
        with open(path, "rb") as file:
            data = file.read()
        # One NUL behind the data, not counted in len: texts may be handed to functions that want one.
        lines += [f"static const unsigned char file_{index}[] = {{", *byte_lines(data), "\t0,", "};", ""]
        if os.path.basename(path) == CDEF:
            lines += references(data.decode("ascii"))
        rows.append(f'\t{{"{os.path.basename(path)}", file_{index}, {len(data)}}},')
    lines += ["const struct embedded_file embedded_files[] = {", *rows, "\t{0},", "};", ""]
    with open(output, "w", encoding="ascii") as file:
        file.write("\n".join(lines))


if __name__ == "__main__":
    main()
