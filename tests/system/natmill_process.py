# SPDX-License-Identifier: Apache-2.0
"""natmill as a process under test: started with a configuration, watched, killed, always reaped."""

import json
import os
import re
import signal
import subprocess

from waiting import die_with_parent, wait_until


class Natmill:
    """One running natmill; standard output and error go to files, so that nothing blocks and all can be read."""

    def __init__(self, program, arguments, folder, env=None):
        number = len(list(folder.glob("natmill-*.err")))
        any_port = {"NATMILL_HTTP_LISTEN": "127.0.0.1:0"}  # tests run side by side; http_at tells which
        self.out_path = folder / f"natmill-{number}.out"
        self.err_path = folder / f"natmill-{number}.err"
        with open(self.out_path, "wb") as out, open(self.err_path, "wb") as err:
            self.process = subprocess.Popen([program, *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=err, env={**any_port, **os.environ, **(env or {})},
                                            preexec_fn=die_with_parent)
        self.to_end = False  # somebody has asked for its end

    @property
    def out(self):
        return self.out_path.read_text(encoding="utf-8", errors="replace")

    @property
    def err(self):
        return self.err_path.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process.poll() is None

    def signal(self, number):
        self.to_end = self.to_end or number in (signal.SIGTERM, signal.SIGKILL)
        self.process.send_signal(number)

    def wait_for_err(self, pattern, timeout=30):
        """Waits for a line on standard error; returns the match. Fails at once when natmill ends before."""

        def seen():
            running = self.running()  # asked first: what it wrote before it ended still counts
            match = re.search(pattern, self.err, re.MULTILINE)
            assert match or running, f"natmill ended with {self.process.returncode} before /{pattern}/:\n{self.err}"
            return match

        return wait_until(seen, timeout, lambda: f"/{pattern}/ on standard error:\n{self.err[-3000:]}")

    def http_at(self):
        """HOST:PORT where it answers over HTTP."""
        return self.wait_for_err(r"http: listening on (\S+)").group(1)

    def wait(self, timeout=30):
        """Waits for its end by itself; returns the exit status (negative: the signal that ended it)."""
        wait_until(lambda: not self.running(), timeout, lambda: f"natmill has ended:\n{self.err[-3000:]}")
        return self.process.returncode

    def kill(self):
        """kill -9, and reaped."""
        if self.running():
            self.signal(signal.SIGKILL)
        return self.process.wait()

    def terminate(self, timeout=30):
        """SIGTERM; returns the exit status once it has drained and left."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)


def write_script(path, text):
    """A natmill that starts just now reads the old one or this one, and never a part."""
    new = path.parent.with_name(f"{path.name}.new")  # beside the folder of scripts
    new.write_text(text, encoding="utf-8")
    new.rename(path)


def write_config(folder, config, name="natmill.yaml"):
    """Writes a configuration; a dict is written as JSON, which is YAML too. Returns the path."""
    path = folder / name
    path.write_text(config if isinstance(config, str) else json.dumps(config, indent=1), encoding="utf-8")
    return path
