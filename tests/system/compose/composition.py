# SPDX-License-Identifier: Apache-2.0
"""docker/compose.yaml as Compose reads it: merged, with the variables of docker/.env in their places."""

import functools
import pathlib
import re

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[3]
FOLDER = ROOT / "docker"
VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::\?)?\})")


def dot_env(path=FOLDER / ".env"):
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def interpolate(value, variables, used):
    if isinstance(value, dict):
        return {key: interpolate(one, variables, used) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolate(one, variables, used) for one in value]
    if not isinstance(value, str):
        return value

    def put(match):
        if match[1] is None:
            return "$"
        used.add(match[1])
        return variables[match[1]]

    return VARIABLE.sub(put, value)


@functools.cache
def document():
    text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    return text, yaml.safe_load(text)


class Composition:
    """services and volumes are those of the file; used: the variables that it names."""

    def __init__(self, **variables):
        self.variables = {**dot_env(), **variables}
        self.used = set()
        self.text, tree = document()
        tree = interpolate(tree, self.variables, self.used)
        self.services, self.volumes = tree["services"], tree["volumes"]

    def profiles(self):
        return {name: service.get("profiles", []) for name, service in self.services.items()}

    def active(self):
        """The services that COMPOSE_PROFILES turns on."""
        wanted = set(self.variables["COMPOSE_PROFILES"].split(","))
        return {name for name, profiles in self.profiles().items() if not profiles or wanted & set(profiles)}

    def order(self):
        """The active services, each behind those that it waits for."""
        done = []

        def visit(name, above):
            assert name not in above, f"{name} waits for itself: {above}"
            for other in self.services[name].get("depends_on", {}):
                if other in self.active():
                    visit(other, [*above, name])
            if name not in done:
                done.append(name)

        for name in self.services:
            if name in self.active():
                visit(name, [])
        return done

    def environment(self, name):
        return {key: str(value) for key, value in self.services[name].get("environment", {}).items()}

    def mounts(self, name):
        """(source, target, read-only): the source is a path of this repository, or the name of a volume."""
        for text in self.services[name].get("volumes", []):
            source, target, *mode = text.split(":")
            path = (FOLDER / source).resolve() if source.startswith(".") else source
            yield path, target, mode == ["ro"]

    def ports(self, name):
        """(address or None, port of the machine, port of the container, protocol)"""
        for text in self.services[name].get("ports", []):
            rest, _, protocol = text.partition("/")
            *address, outside, inside = rest.split(":")
            yield (address or [None])[0], int(outside), int(inside), protocol or "tcp"
