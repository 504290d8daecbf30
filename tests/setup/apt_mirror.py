# SPDX-License-Identifier: Apache-2.0
"""Prints the Debian mirror that this machine's apt uses for its own release: the first `deb` entry in
/etc/apt, of either format, that has the release's suite and the component main. For librdkafka.sh."""

import glob
import platform
import re
import sys


def one_line_entries(text):
    for line in text.splitlines():
        fields = re.sub(r"\[.*?\]", "", line.split("#")[0]).split()
        if len(fields) >= 4 and fields[0] == "deb":
            yield fields[1], fields[2], fields[3:]


def deb822_entries(text):
    for stanza in re.split(r"\n\s*\n", text):
        lines = [line for line in stanza.splitlines() if not line.startswith("#")]
        unfolded = re.sub(r"\n[ \t]+", " ", "\n".join(lines))
        keys = dict(re.findall(r"(?m)^([\w-]+):[ \t]*(.*)$", unfolded))
        keys = {name.lower(): value.split() for name, value in keys.items()}
        if "deb" in keys.get("types", []) and keys.get("enabled", ["yes"])[0].lower() != "no":
            for uri in keys.get("uris", []):
                for suite in keys.get("suites", []):
                    yield uri, suite, keys.get("components", [])


def mirror(codename, files):
    for path in files:
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read()
        read = deb822_entries if path.endswith(".sources") else one_line_entries
        for uri, suite, components in read(text):
            if suite in (codename, "stable", "oldstable") and "main" in components:
                return uri
    return None


def main():
    codename = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
    files = ["/etc/apt/sources.list"] + sorted(glob.glob("/etc/apt/sources.list.d/*"))
    found = mirror(codename, [f for f in files if f.endswith((".list", ".sources")) and glob.glob(f)])
    if found is None:
        sys.exit(f"no Debian mirror for {codename} in /etc/apt; add one, or install librdkafka 2.3 or newer")
    print(found)


if __name__ == "__main__":
    main()
