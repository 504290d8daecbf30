# SPDX-License-Identifier: Apache-2.0
"""Adds up what all the runners found and prints the closing line. Used by suite.py."""

import json
import os
import xml.etree.ElementTree as ElementTree


class Summary:
    """Counts of passed, failed and skipped, with a line for each of the last two and notes for the reader."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []
        self.notes = []

    def check(self, name, ok, detail=""):
        if ok:
            self.passed += 1
        else:
            self.failed.append(f"{name}: {detail}" if detail else name)

    def skip(self, name, reason):
        self.skipped.append(f"{name}: {reason}")

    def junit(self, runner, path, exit_status, show=False):
        """Adds a JUnit file. A runner that failed without a failed case (or without any file) counts as failed.
        show: print what the failed cases wrote, for runners that do not show it themselves."""
        failed_before = len(self.failed)
        if os.path.exists(path):
            for case in ElementTree.parse(path).iter("testcase"):
                if self._case(runner, case) == "failed" and show:
                    print(self.failed[-1], *(text.strip() for text in case.itertext() if text.strip()), sep="\n")
        if exit_status != 0 and len(self.failed) == failed_before:
            self.failed.append(f"{runner}: ended with status {exit_status}")

    def _case(self, runner, case):
        place = case.get("classname") or ""
        name = case.get("name") or "?"
        title = f"{runner}: {name}" if place in ("", name) else f"{runner}: {place}: {name}"
        skipped = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None or case.get("status") == "fail":
            self.failed.append(title)
            return "failed"
        if skipped is not None or case.get("status") in ("notrun", "disabled"):
            reason = (skipped.get("message") if skipped is not None else "") or "no reason given"
            self.skipped.append(f"{title}: {reason}")
            return "skipped"
        self.passed += 1
        return "passed"

    def save(self, path):
        with open(path, "w", encoding="utf-8") as file:
            json.dump(vars(self), file)

    def load(self, runner, path, exit_status):
        """Adds what another process saved. One that left nothing, or failed, counts as failed."""
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                saved = json.load(file)
            self.passed += saved["passed"]
            self.failed += saved["failed"]
            self.skipped += saved["skipped"]
            self.notes += saved["notes"]
        if exit_status != 0 or not os.path.exists(path):
            self.failed.append(f"{runner}: ended with status {exit_status}")

    def close(self):
        """Prints the whole and returns the exit status: 1 if anything failed or if nothing ran."""
        print()
        for kind, lines in (("skipped", self.skipped), ("FAILED", self.failed), ("note", self.notes)):
            for line in lines:
                print(f"{kind}: {line}")
        print(f"{self.passed} passed, {len(self.failed)} failed, {len(self.skipped)} skipped", flush=True)
        return 1 if self.failed or self.passed == 0 else 0
