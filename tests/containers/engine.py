# SPDX-License-Identifier: Apache-2.0
"""The image and its containers with a Docker engine; the same methods as BuildahImage in images.py and as Box."""

import json
import shutil
import subprocess

from waiting import wait_until


def docker(*arguments, check=True, timeout=None):
    done = subprocess.run(["docker", *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=timeout, check=False)
    if check and done.returncode != 0:
        said = done.stdout[-3000:] + done.stderr[-3000:]
        raise RuntimeError(f"docker {arguments[0]}: status {done.returncode}\n{said}")
    return done


def available():
    """Whether an engine answers."""
    return shutil.which("docker") is not None and docker("info", check=False, timeout=30).returncode == 0


def inspect(kind, name):
    return json.loads(docker(kind, "inspect", name).stdout)[0]


class Image:
    def __init__(self, name, base):
        self.name = name
        self.base = base
        found = inspect("image", name)
        self.config = found["Config"]
        self.size = found["Size"]

    @classmethod
    def build(cls, root, dockerfile, base):
        docker("pull", base)
        docker("build", "-f", str(root / dockerfile), "-t", "natmill", str(root))
        return cls("natmill", base)

    @property
    def base_size(self):
        return inspect("image", self.base)["Size"]

    def run(self, folder, *command, volumes=None, env=None):
        return Container(self, folder, command, volumes, env)

    def remove(self):
        """The image stays: the next build is quick."""


class Container:
    def __init__(self, image, _, command, volumes, env):
        options = ["--network", "host", "--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"]
        for here, there in (volumes or {}).items():
            options += ["-v", f"{here}:{there}:ro"]
        for name, value in (env or {}).items():
            options += ["-e", f"{name}={value}"]
        self.name = docker("run", "--detach", *options, image.name, *command).stdout.strip()

    def _state(self):
        return inspect("container", self.name)["State"]

    @property
    def log(self):
        done = docker("logs", self.name)
        return done.stdout + done.stderr

    @property
    def pid(self):
        return self._state()["Pid"]

    def signal(self, name):
        docker("kill", "-s", name, self.name)

    def exec(self, *command, timeout=60):
        return docker("exec", self.name, *command, check=False, timeout=timeout)

    def running(self):
        return self._state()["Running"]

    def wait(self, timeout=60):
        wait_until(lambda: not self.running(), timeout, lambda: f"it has ended:\n{self.log[-3000:]}")
        return self._state()["ExitCode"]

    def remove(self):
        docker("rm", "--force", "--volumes", self.name)
