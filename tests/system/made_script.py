# SPDX-License-Identifier: Apache-2.0
"""What natmill new made of lines: for the tests of it."""

import json

SESSION = {"type": "session-mapping", "event": 1, "protocol": 6, "src_ip": "10.0.0.7", "src_port": 4000,
           "x_ip": "203.0.113.9", "x_port": 1024, "dst_ip": "198.51.100.1", "dst_port": 443}


class Made:
    """What natmill new made of lines, in a folder of its own."""

    def __init__(self, run, folder, lines, name="acme"):
        self.run, self.folder, self.name = run, folder, name
        if isinstance(lines, str):
            lines = lines.encode()
        self.done = run("new", "--vendors", folder, name, input=lines)
        assert self.done.returncode == 0, self.done.stderr
        self.script = (folder / f"{name}.lua").read_text()
        self.samples = (folder / f"{name}.samples").read_text()
        test = run("test", "--vendors", folder, name, input=b"")
        self.tested = test.stdout.decode().splitlines()[-1]
        assert test.returncode == 0, test.stdout

    def answers(self, lines):
        done = self.run("try", "--vendors", self.folder, "--vendor", self.name, "--json", input=lines.encode())
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def events(self, lines):
        """The one event of each line; its verdict where it has none."""
        return [one["events"][0] if one["verdict"] == "events" else one["verdict"] for one in self.answers(lines)]
