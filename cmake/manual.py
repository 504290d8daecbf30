# SPDX-License-Identifier: Apache-2.0
"""Writes the manual page, packed: manual.py PROGRAM CONFDIR OUTPUT.gz. What the program itself says of each command is
the body, so that page and program cannot differ. Called by cmake/settle.cmake."""

import gzip
import os
import re
import subprocess
import sys
import time

HEAD = """.\\" Made by cmake/manual.py.
.TH NATMILL 1 "{date}" "natmill {version}" "User Commands"
.SH NAME
natmill \\- {about}
.SH SYNOPSIS
.B natmill
.I COMMAND
.RI [ ARGUMENTS ]
.SH DESCRIPTION
natmill consumes the raw logs of carrier-grade NAT devices from Kafka, runs one small Lua script per vendor over each
message, and writes the events to databases and other outputs.
"""

TAIL = """.SH EXIT STATUS
0 done, 1 the thing asked about is wrong, 2 wrong use of the command line, 3 a fault at run time.
.SH SIGNALS
natmill run: SIGTERM and SIGINT deliver the batch under way and leave the group, SIGHUP reloads.
.SH FILES
.TP
.I {confdir}/natmill.yaml
the configuration of the service
.TP
.I {confdir}/vendors
the vendor scripts with their samples
.TP
.I /var/lib/natmill
where the service may write
"""


def shown(program, *arguments):
    return subprocess.run([program, *arguments], check=True, capture_output=True, encoding="utf-8",
                          env={"PATH": os.defpath}).stdout


def verbatim(text):
    lines = text.rstrip("\n").replace("\\", "\\e").replace("-", "\\-").splitlines()
    return "\n".join([".nf", *("\\&" + line if line[:1] in ".'" else line for line in lines), ".fi", ""])


def page(program, confdir):
    version = shown(program, "--version").split()[-1]
    overview = shown(program, "help")
    commands = re.findall(r"^  ([a-z]+) +\S", overview, re.MULTILINE)
    date = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    text = HEAD.format(date=time.strftime("%Y-%m-%d", date), version=version,
                       about=overview.splitlines()[0].partition(": ")[2])
    text += ".SH COMMANDS\n"
    for command in commands:
        text += f".SS {command}\n" + verbatim(shown(program, "help", command))
    return text + TAIL.format(confdir=confdir)


def main():
    program, confdir, output = sys.argv[1:]
    packed = gzip.compress(page(program, confdir).encode("utf-8"), 9, mtime=0)
    with open(output, "wb") as file:
        file.write(packed)


if __name__ == "__main__":
    main()
