# SPDX-License-Identifier: Apache-2.0
"""Machines of one's own: network namespaces on a bridge, each with an address. What runs in one has no way out but
its link, which can be cut: no answer comes then, not even a refusal. Made with ip(8) as root."""

import ipaddress
import json
import os
import random
import shutil
import subprocess

from campaigns import Lacking

NETWORKS = ipaddress.ip_network("198.18.0.0/15")  # RFC 2544: for tests, never on the internet


def ip(*arguments):
    done = subprocess.run(["ip", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=30)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return done.stdout


def free_network():
    taken = [ipaddress.ip_interface(f"{one['local']}/{one['prefixlen']}").network
             for link in json.loads(ip("-j", "-4", "addr")) for one in link["addr_info"]]
    every = list(NETWORKS.subnets(new_prefix=24))
    random.shuffle(every)
    return next(one for one in every if not any(one.overlaps(other) for other in taken))


class Machine:
    """within: what a command begins with that runs there; up() and cut() move its link."""

    def __init__(self, name, link, address):
        self.name, self.link, self.address = name, link, str(address)
        self.within = ["ip", "netns", "exec", name]

    def cut(self):
        ip("link", "set", self.link, "down")

    def up(self):
        ip("link", "set", self.link, "up")


class Network:
    """`with Network(3) as network`: network.machines, and network.address, where this machine is seen from them."""

    def __init__(self, count):
        if os.geteuid() != 0 or shutil.which("ip") is None:
            raise Lacking("network namespaces need root and ip(8)")
        self.count = count
        self.bridge = f"nmb{os.getpid()}"
        self.machines = []

    def __enter__(self):
        try:
            self.make()
        except BaseException:
            self.close()
            raise
        return self

    def make(self):
        self.net = free_network()
        hosts = self.net.hosts()
        self.address = str(next(hosts))
        try:
            ip("link", "add", self.bridge, "type", "bridge")
            ip("addr", "add", f"{self.address}/{self.net.prefixlen}", "dev", self.bridge)
            ip("link", "set", self.bridge, "up")
            for number in range(self.count):
                self.add(Machine(f"natmill-{os.getpid()}-{number}", f"nm{os.getpid()}-{number}", next(hosts)))
        except RuntimeError as why:
            raise Lacking(f"no network namespaces here: {why}") from why

    def add(self, machine):
        ip("netns", "add", machine.name)
        self.machines.append(machine)
        ip("link", "add", machine.link, "type", "veth", "peer", "name", "eth0", "netns", machine.name)
        ip("link", "set", machine.link, "master", self.bridge)
        machine.up()
        ip("-n", machine.name, "addr", "add", f"{machine.address}/{self.net.prefixlen}", "dev", "eth0")
        for device in ("eth0", "lo"):
            ip("-n", machine.name, "link", "set", device, "up")

    def close(self):
        """A namespace goes as soon as nothing runs there any more."""
        for machine in self.machines:
            # The kernel takes the link away with the namespace, but later than the next campaign wants its name.
            for command in (["link", "del", machine.link], ["netns", "del", machine.name]):
                subprocess.run(["ip", *command], capture_output=True, check=False, timeout=30)
        subprocess.run(["ip", "link", "del", self.bridge], capture_output=True, check=False, timeout=30)

    def __exit__(self, *_):
        self.close()
