# SPDX-License-Identifier: Apache-2.0
"""A whole Debian in a folder, to install packages into: commands run in it as if it were the machine, with its own
users and package manager. Processes and the network are this machine's. tests/setup/debian_tree.sh makes it."""

import os
import pathlib
import platform
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = platform.freedesktop_os_release()
SLIM = "etc/dpkg/dpkg.cfg.d/docker"  # has dpkg leave out pages and manuals

# Mounts are seen by this command alone, and are gone when it ends.
ENTER = 'mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" && exec chroot "$0" "$@"'
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing():
    """Why there can be no tree here, or None."""
    if RELEASE["ID"] != "debian":
        return "this is not Debian"
    if os.geteuid() != 0:
        return "needs root, for a Debian of its own"
    if shutil.which("debootstrap") is None:
        return "debootstrap is not there"
    mounts = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"], stderr=subprocess.DEVNULL,
                            check=False)
    return "nothing can be mounted here" if mounts.returncode != 0 else None


class Tree:
    def __init__(self, path):
        self.path = pathlib.Path(path)

    @classmethod
    def fresh(cls, path):
        """Of this machine's own release."""
        suite = RELEASE["VERSION_CODENAME"]
        tar = ROOT / "build" / "containers" / f"{suite}.tar"
        subprocess.run([ROOT / "tests" / "setup" / "debian_tree.sh", suite, tar], check=True)
        subprocess.run(["tar", "-C", path, "-xpf", tar], check=True)
        path.chmod(0o755)
        tree = cls(path)
        tree.at("dev").mkdir(exist_ok=True)
        tree.at(SLIM).unlink()
        shutil.copy("/etc/resolv.conf", tree.at("etc/resolv.conf"))
        return tree

    def copy(self, path):
        subprocess.run(["cp", "-a", "--reflink=auto", f"{self.path}/.", path], check=True)
        return Tree(path)

    def command(self, *command):
        """What runs a command in the tree."""
        return ["unshare", "--mount", "sh", "-c", ENTER, str(self.path), *map(str, command)]

    def command_as(self, user, folder, *command):
        """The same as one of its users, in one of its folders. Ends with its parent."""
        return self.command("setpriv", f"--reuid={user}", f"--regid={user}", "--init-groups", "--pdeathsig=KILL",
                            "env", f"--chdir={folder}", *command)

    def try_run(self, *command, path=PATH):
        proxies = {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
        return subprocess.run(self.command(*command), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=600, check=False,
                              env={**proxies, "PATH": path, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"})

    def run(self, *command, **options):
        """Returns what it said, on both outputs."""
        result = self.try_run(*command, **options)
        assert result.returncode == 0, f"{command} ended with {result.returncode}:\n{result.stdout[-3000:]}"
        return result.stdout

    def apt(self, *arguments):
        return self.run("apt-get", "-q", "-y", "--no-install-recommends", "-o", "Acquire::Retries=3",
                        "-o", "Dpkg::Options::=--force-confold", *arguments)

    def put(self, file):
        """Copies a file in; returns its path there."""
        shutil.copy(file, self.path / "var" / "tmp")
        return "/var/tmp/" + pathlib.Path(file).name

    def at(self, path):
        """A path of the tree, seen from outside."""
        return self.path / str(path).lstrip("/")

    def names(self, word):
        """All paths that have this word in their last part."""
        return sorted(self.run("find", "/", "-xdev", "-name", f"*{word}*").split())
