# SPDX-License-Identifier: Apache-2.0
"""A running container, made of namespaces by box.sh, for machines without a Docker engine. engine.py has the same
methods over an engine."""

import pathlib
import subprocess

from waiting import die_with_parent, wait_until

SCRIPT = pathlib.Path(__file__).with_name("box.sh")
NAMESPACES = ["--mount", "--pid", "--ipc", "--uts"]


class Box:
    """image: what it was started from (has root and config). volumes: {folder of the machine: place inside}, read
    only. Standard output and error are in the file `log`."""

    def __init__(self, image, folder, command=(), volumes=None, env=None):
        config = image.config
        self.user = config["User"]
        self.env = {**dict(one.split("=", 1) for one in config["Env"]), **(env or {})}
        mounts = [word for here, there in (volumes or {}).items() for word in ("-v", f"{here}:{there}:ro")]
        memory = [word for there in config["Volumes"] for word in ("-t", there)]
        self.log_path = folder / f"box-{len(list(folder.glob('box-*.log')))}.log"
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(
                ["unshare", *NAMESPACES, "--propagation", "private", "--fork", "--kill-child", SCRIPT, image.root,
                 self.user, config["WorkingDir"], *mounts, *memory, "--", *config["Entrypoint"],
                 *(command or config["Cmd"])],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env, preexec_fn=die_with_parent)

    @property
    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    @property
    def pid(self):
        """Of process 1, as the machine numbers it."""
        path = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return int(wait_until(lambda: path.read_text(encoding="ascii").strip(), 10, lambda: self.log))

    def signal(self, name):
        subprocess.run(["kill", "-s", name, str(self.pid)], check=True)

    def exec(self, *command, timeout=60):
        """A command beside process 1, as `docker exec` runs it."""
        user, group = self.user.split(":")
        return subprocess.run(
            ["nsenter", "--target", str(self.pid), *NAMESPACES, "--root", "--wd", "setpriv", "--reuid", user, "--regid",
             group, "--clear-groups", "--bounding-set=-all", "--inh-caps=-all", "--no-new-privs", *command],
            env=self.env, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, check=False)

    def running(self):
        return self.process.poll() is None

    def wait(self, timeout=60):
        """Its exit status."""
        wait_until(lambda: not self.running(), timeout, lambda: f"it has ended:\n{self.log[-3000:]}")
        return self.process.returncode

    def remove(self):
        self.process.kill()  # and its process 1 with it
        self.process.wait()
