# SPDX-License-Identifier: Apache-2.0
"""Finds the functions of a C or C++ file and measures them, for house.py. It reads formatted code (clang-format
is a check too), so a function's opening brace stands in the first column, and so does its closing one."""

import re
from collections import namedtuple

# line: where its name stands, from 1; lines: from there to the closing brace; nesting: how many control structures
# lie in each other.
Function = namedtuple("Function", "name line lines nesting")

TOKEN = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
KEYWORD = re.compile(r"\b(if|for|while|do|switch|else)\b|[{}();]|#[^\n]*(?:\\\n[^\n]*)*")


def without_comments(text, keep_strings=True):
    """The text without comments, and without what is in strings if so told; every line stays where it was."""

    def blank(match):
        token = match[0]
        if keep_strings and not token.startswith("/"):
            return token
        if token[0] in "\"'":
            return token[0] * 2
        return "\n" * token.count("\n")

    return TOKEN.sub(blank, text)


def body_nesting(body):
    """How deep control structures lie in each other; `else if` goes on at its own level, cases do not count.

    A statement opens a level at its keyword and closes it behind its block or, without braces, at its semicolon.
    Parentheses are counted so that the semicolons of `for (;;)` end nothing.
    """
    levels = []  # "pending": keyword seen, its statement not yet; "block": in its braces; "brace": other braces
    deepest = parens = 0
    previous = ""
    for match in KEYWORD.finditer(body):
        token = match[0]
        if token[0] == "#":
            continue
        if token == "(":
            parens += 1
        elif token == ")":
            parens -= 1
        elif parens > 0:
            continue
        elif token == "{":
            if levels and levels[-1] == "pending":
                levels[-1] = "block"
            else:
                levels.append("brace")
        elif token == "}":
            if levels:  # else: an #if with a brace in each branch
                levels.pop()
            close_pending(levels)
        elif token == ";":
            close_pending(levels)
        elif not (token == "if" and previous == "else"):
            levels.append("pending")
            deepest = max(deepest, sum(level != "brace" for level in levels))
        previous = token
    return deepest


def close_pending(levels):
    """A statement has ended: so have all that were waiting for just one."""
    while levels and levels[-1] == "pending":
        levels.pop()


def functions(text):
    lines = without_comments(text, keep_strings=False).splitlines()
    start = None
    for number, line in enumerate(lines):
        if line.startswith("{"):
            start = number
        elif line.startswith("}") and start is not None:
            head = start - 1
            while head > 0 and not re.match(r"[A-Za-z_]", lines[head]):
                head -= 1
            names = re.findall(r"([A-Za-z_]\w*)\s*\(", lines[head])
            names = [name for name in names if name not in ("__attribute__", "format")]
            if names:
                body = "\n".join(lines[start + 1:number])
                yield Function(names[0], head + 1, number - head + 1, body_nesting(body))
            start = None
