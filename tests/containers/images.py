# SPDX-License-Identifier: Apache-2.0
"""Builds the image of docker/Dockerfile: with a Docker engine where there is one, else with buildah from a base that
debootstrap made. What is slow is kept in build/containers."""

import json
import os
import pathlib
import shutil
import subprocess

import engine
from box import Box

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "containers"
DOCKERFILE = "docker/Dockerfile"
BASE = "docker.io/library/debian:trixie-slim"  # the Dockerfile's
IMAGES_MAX = 60  # with those between the steps, which make the next build quick; beyond that all are made anew


def missing():
    """Why no image can be built here; None when one can."""
    if engine.available():
        return None
    if os.geteuid() != 0:
        return "no Docker engine, and buildah without one needs root"
    lacking = [name for name in ("buildah", "debootstrap") if shutil.which(name) is None]
    return f"no Docker engine, and no {', no '.join(lacking)}" if lacking else None


def build():
    return engine.Image.build(ROOT, DOCKERFILE, BASE) if engine.available() else BuildahImage.build()


def buildah(*arguments):
    """Returns what it prints. It needs no engine: processes are only put into another root. The storage is our own."""
    (CACHE / "tmp").mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "BUILDAH_ISOLATION": "chroot", "TMPDIR": str(CACHE / "tmp")}
    command = ["buildah", "--root", CACHE / "storage", "--runroot", CACHE / "run", *arguments]
    with open(CACHE / "buildah.log", "ab") as log:
        done = subprocess.run(command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log,
                              text=True, check=False)
    if done.returncode != 0:
        tail = (CACHE / "buildah.log").read_text(encoding="utf-8", errors="replace")[-3000:]
        what = f"buildah {' '.join(map(str, arguments))}: status {done.returncode}"
        raise RuntimeError(f"{what}\n{done.stdout[-3000:]}\n{tail}")
    return done.stdout


def have_base():
    if BASE in buildah("images", "--format", "{{.Name}}:{{.Tag}}"):
        return
    tar = CACHE / "trixie.tar"
    subprocess.run([ROOT / "tests" / "setup" / "debian_tree.sh", "trixie", tar], check=True)
    container = buildah("from", "scratch").strip()
    buildah("add", "-q", container, tar, "/")
    buildah("config", "--cmd", "bash", container)
    buildah("commit", "-q", "--rm", container, BASE)


class BuildahImage:
    """root: its tree. config: as `docker inspect` has it."""

    def __init__(self, name):
        self.name = name
        found = json.loads(buildah("inspect", "--type", "image", name))
        self.config = found["Docker"]["config"]
        self.container = buildah("from", "--pull=never", name).strip()
        self.root = buildah("mount", self.container).strip()

    @classmethod
    def build(cls):
        buildah("rm", "--all")  # what a run that was killed has left
        if len(buildah("images", "--all", "--quiet").split()) > IMAGES_MAX:
            buildah("rmi", "--all", "--force")
        have_base()
        buildah("bud", "--pull=never", "--layers", "--format", "docker", "-f", DOCKERFILE, "-t", "natmill", ".")
        return cls("localhost/natmill")

    @property
    def size(self):
        return tree_size(self.root)

    @property
    def base_size(self):
        container = buildah("from", "--pull=never", BASE).strip()
        try:
            return tree_size(buildah("mount", container).strip())
        finally:
            buildah("rm", container)

    def run(self, folder, *command, volumes=None, env=None):
        return Box(self, folder, command, volumes, env)

    def remove(self):
        buildah("rm", self.container)


def tree_size(root):
    """Bytes of its files, as an engine counts them."""
    found = {}
    for folder, _, names in os.walk(root):
        for name in names:
            path = os.path.join(folder, name)
            one = os.lstat(path)
            found[(one.st_dev, one.st_ino) if one.st_nlink > 1 else path] = one.st_size
    return sum(found.values())
