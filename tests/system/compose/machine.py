# SPDX-License-Identifier: Apache-2.0
"""Runs the services of docker/compose.yaml without a container engine: each as the machine's own program, with the
environment, mounts, command, rights and host names that the file gives it, in one network of its own. The root that
they see is the machine's, but for /etc (a copy), /var, /run and what is mounted; or that of an image, where there is
one. Needs root and namespaces."""

import os
import pathlib
import signal
import socket
import subprocess

from composition import ROOT
from waiting import die_with_parent, wait_until

OWN = {"etc", "var", "run", "proc", "sys", "dev", "lost+found"}
NOBODY = 65534

# In a mount namespace of the service's own, then in the root made for all. Its arguments: ROOT, FLAGS of the root,
# mounts (SOURCE TARGET FLAGS)..., "--", the command.
START = r"""
root=$1 flags=$2
shift 2
mount --rbind "$root" "$root"
while [ "$1" != -- ]; do
    if [ "$1" = tmpfs ]; then mount -t tmpfs -o "$3" tmpfs "$root$2"; else mount --bind "$1" "$root$2"; fi
    [ "$3" != ro ] || mount -o remount,bind,ro "$root$2"
    shift 3
done
[ "$flags" = rw ] || mount -o remount,bind,ro "$root"
shift
exec chroot "$root" "$@"
"""

HOLD = r"""
root=$1
shift
ip link set lo up
for name in "$@"; do mount --rbind "/$name" "$root/$name"; done
for name in proc sys dev; do mount --rbind "/$name" "$root/$name"; done
echo held
exec sleep infinity
"""


def missing():
    """Why a test must be skipped, or None."""
    if os.geteuid() != 0:
        return "namespaces with mounts need root"
    probe = subprocess.run(["unshare", "--net", "--mount", "--propagation", "private", "sh", "-c",
                            "ip link set lo up && mount --bind /tmp /tmp"], capture_output=True, check=False)
    return None if probe.returncode == 0 else "namespaces with mounts are not allowed here"


class Machine:
    """run() and start() give a service's program; volumes/NAME is what a volume holds, logs/NAME.log what a service
    says. close() ends all."""

    def __init__(self, composition, folder, images):
        self.composition = composition
        self.images = images  # {service: the folder that its image is mounted at}
        self.root, self.volumes, self.logs = folder / "root", folder / "volumes", folder / "logs"
        self.processes, self.launched = {}, []
        for path in (self.root, self.volumes, self.logs):
            path.mkdir()
        folder.chmod(0o755)
        self._make_root()
        self.holder = self._hold()

    def _make_root(self):
        self.bound = []
        for path in sorted(pathlib.Path("/").iterdir()):
            here = self.root / path.name
            if path.is_symlink():
                here.symlink_to(os.readlink(path))
            elif path.is_dir():
                here.mkdir()
                if path.name not in OWN:
                    self.bound.append(path.name)
        for path in {ROOT, self.volumes.parent, *(one.resolve() for one in (ROOT / "build").iterdir() if one.is_dir())}:
            if path.parts[1] in OWN:  # all of it is hidden but this
                (self.root / path.relative_to("/")).mkdir(parents=True, exist_ok=True)
                self.bound.append(str(path.relative_to("/")))
        subprocess.run(["cp", "-a", "/etc/.", self.root / "etc"], stderr=subprocess.DEVNULL, check=False)
        names = " ".join(["localhost", socket.gethostname(), *self.composition.services])
        (self.root / "etc" / "hosts").write_text(f"127.0.0.1 {names}\n", encoding="ascii")
        for name in self.composition.services:
            targets = [target for _, target, _ in self.composition.mounts(name)]
            for target in [*targets, *(target for target, _ in self._tmpfs(name))]:
                (self.images.get(name, self.root) / target[1:]).mkdir(parents=True, exist_ok=True)

    def _hold(self):
        holder = subprocess.Popen(["unshare", "--net", "--mount", "--propagation", "private", "sh", "-ec", HOLD, "hold",
                                   self.root, *self.bound], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  preexec_fn=die_with_parent)
        assert holder.stdout.readline() == b"held\n"
        return holder

    def _tmpfs(self, name):
        """(path, options), as the engine has them."""
        for text in self.composition.services[name].get("tmpfs", []):
            path, _, options = text.partition(":")
            yield path, options or "mode=1777"

    def inside(self, *command, **options):
        """A command in the network of the services, with the machine's files."""
        return subprocess.run(["nsenter", f"--net=/proc/{self.holder.pid}/ns/net", *command], timeout=60, check=True,
                              capture_output=True, text=True, **options).stdout

    def volume(self, name, owner=None):
        path = self.volumes / name
        if not path.exists():
            path.mkdir()
            if owner is not None:
                os.chown(path, owner, owner)
        return path

    def _command(self, name, program, user):
        service = self.composition.services[name]
        root, mounts = self.root, []
        if name in self.images:
            root = self.images[name]
            for path in ("/proc", "/dev"):
                mounts += [path, path, "rw"]
            mounts += [self.root / "etc" / "hosts", "/etc/hosts", "ro"]
        for target, options in self._tmpfs(name):
            if name in self.images or not ROOT.is_relative_to(target):  # /tmp may be where the programs are
                mounts += ["tmpfs", target, options]
        for source, target, read_only in self.composition.mounts(name):
            path = self.volume(source, user) if isinstance(source, str) else source
            mounts += [path, target, "ro" if read_only else "rw"]
        rights = ["setpriv", "--no-new-privs", "--pdeathsig=KILL"]
        if service.get("cap_drop") == ["ALL"]:
            kept = "".join(f",+{one.lower()}" for one in service.get("cap_add", []))
            rights += [f"--bounding-set=-all{kept}", "--inh-caps=-all"]
        if user:
            rights += [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
        spaces = f"/proc/{self.holder.pid}/ns"
        return ["nsenter", f"--net={spaces}/net", f"--mount={spaces}/mnt", "unshare", "--mount", "--propagation",
                "private", "sh", "-ec", START, name, root,
                "ro" if service.get("read_only") else "rw", *mounts, "--", *rights, *program]

    def _environment(self, name, **more):
        sanitizers = {key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}
        path = f"{ROOT}/build/collectors/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
        return {**sanitizers, "PATH": path, "HOME": "/tmp", **more, **self.composition.environment(name)}

    def launch(self, name, program, user=NOBODY, **more):
        """The service's command behind a program; more are variables that its image sets."""
        with open(self.logs / f"{name}.log", "ab") as log:
            process = subprocess.Popen(self._command(name, program, user), env=self._environment(name, **more),
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                                       preexec_fn=die_with_parent)
        self.launched.append(process)
        return process

    def execute(self, name, command, user=NOBODY):
        """As `docker exec`: another command where that service runs; its exit status."""
        inside = ["nsenter", f"--target={self.processes[name].pid}", "--net", "--mount", "--root", "--wd"]
        rights = [f"--setuid={user}", f"--setgid={user}"] if user else []
        with open(self.logs / "execute.log", "ab") as log:
            return subprocess.run([*inside, *rights, *command], env=self._environment(name), stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, timeout=60, check=False).returncode

    def run(self, name, program, **options):
        """One that ends when its work is done."""
        status = self._ended(self.launch(name, program, **options), 120)
        assert status == 0, f"{name} ended with {status}:\n{self.said(name)}"

    def start(self, name, program, **options):
        self.processes[name] = self.launch(name, program, **options)

    def said(self, name):
        path = self.logs / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace")[-4000:] if path.exists() else ""

    def wait(self, name, condition, what, timeout=150, every=0.1):
        def checked():
            status = self.processes[name].poll()
            assert status is None, f"{name} ended with {status}:\n{self.said(name)}"
            return condition()

        return wait_until(checked, timeout, lambda: f"{name}: {what}\n{self.said(name)}", every)

    def healthy(self, name, **options):
        """Until its health check passes."""
        test = self.composition.services[name]["healthcheck"]["test"]
        assert test[0] == "CMD"
        self.wait(name, lambda: self.execute(name, test[1:], **options) == 0,
                  f"{test} passes\n{self.said('execute')}", every=0.5)

    def stop(self, name, timeout=30):
        """SIGTERM, as `docker stop`; its exit status."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGTERM)
        return self._ended(process, timeout)

    def _ended(self, process, timeout):
        """Its exit status. A start script's programs outlive it: they are ended while its number is still its own."""
        wait_until(lambda: os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG), timeout,
                   f"the end of {process.args}")
        os.killpg(process.pid, signal.SIGKILL)
        self.launched.remove(process)
        return process.wait()

    def close(self):
        for process in self.launched:
            if process.returncode is None:  # else it ended in the middle of a test, which has failed by that
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        self.holder.kill()
        self.holder.wait()
