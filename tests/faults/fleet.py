# SPDX-License-Identifier: Apache-2.0
"""Three natmills, each on a machine of its own (network.py), a Kafka of three brokers on three more, and PostgreSQL:
what the campaigns of machines.py work with."""

import contextlib
import json
import types
import urllib.request

from database import Postgres
from kafka_cluster import KafkaCluster
from natmill_process import Natmill, write_config
from network import Network
from oracle import Produced
from rig import Rig, program
from waiting import wait_until

MACHINES = 3
BROKERS = 3
WORKERS = 2
PARTITIONS = 6
HTTP_PORT = 4500
RATE = 600  # messages a second: 100 for each partition
# As a careful operator has them; what a campaign measures stands in docs/scaling.md with these.
SESSION_MS = 6000
PROPERTIES = {"session.timeout.ms": SESSION_MS, "heartbeat.interval.ms": 500,
              "topic.metadata.refresh.interval.ms": 1000, "socket.timeout.ms": 5000, "reconnect.backoff.max.ms": 1000}
# Whoever fills the topics must not be what a partition waits for.
PRODUCER = {"topic.metadata.refresh.interval.ms": 500, "socket.timeout.ms": 2000, "request.timeout.ms": 1000,
            "retry.backoff.ms": 50, "reconnect.backoff.max.ms": 500, "socket.connection.setup.timeout.ms": 1000}
BROKER = {"broker.session.timeout.ms": 3000, "broker.heartbeat.interval.ms": 500}


class Fleet(Rig):
    """run(machine) starts natmill there. outer: the rig of the campaign. names: static membership, each machine under
    its own name."""

    def __init__(self, world, outer, network, names=True):
        super().__init__(world, outer.seed, PARTITIONS, within=outer.folder)
        self.produced = Produced(self.kafka, self.topic, PARTITIONS, PRODUCER)
        self.machines = network.machines[:MACHINES]
        self.brokers_on = network.machines[MACHINES:]
        self.names = names
        self.output["url"] = (f"postgresql://postgres@{network.address}:{self.postgres.port}/{self.database}"
                              "?sslmode=disable")
        self.top = {"workers": WORKERS}
        self.properties = dict(PROPERTIES)
        self.on = {}  # {name: (its process, where it answers over HTTP)}

    def run(self, number, name=None):
        """name: that of the machine by default."""
        name = name or f"machine-{number}"
        config = self.config()
        if self.names:
            config["kafka"]["instance"] = name
        config["http"] = {"listen": f"{self.machines[number].address}:{HTTP_PORT + len(self.processes)}"}
        path = write_config(self.folder, config, f"natmill-{len(self.processes)}.yaml")
        within = self.machines[number].within
        process = Natmill(within[0], [*within[1:], program(), "run", "-c", str(path)], self.folder,
                          {"NATMILL_HTTP_LISTEN": config["http"]["listen"]})
        self.processes.append(process)
        self.on[name] = process, config["http"]["listen"]
        return process

    def stop(self, name):
        """In good order."""
        process = self.on.pop(name)[0]
        status = process.terminate(60)
        assert status == 0, f"{name} ended with {status}:\n{process.err[-3000:]}"

    def owners(self):
        """{partition: (name, worker)} as each natmill tells; None when two read the same, or one does not answer."""
        found = {}
        for name, (_, at) in self.on.items():
            try:
                with urllib.request.urlopen(f"http://{at}/status", timeout=5) as answer:
                    partitions = json.load(answer)["partitions"]
            except OSError:
                return None
            mine = {one["partition"]: (name, one["worker"]) for one in partitions if one["state"] == "reading"}
            if len(mine) < len(partitions) or found.keys() & mine.keys():
                return None
            found |= mine
        return found

    def of(self, name):
        """The partitions of one."""
        return {partition for partition, (owner, _) in self.settled().items() if owner == name}

    def settled(self, timeout=120):
        """Waits until those that run share all partitions; owners()."""

        def shared():
            found = self.owners()
            whole = found and len(found) == self.partitions and {name for name, _ in found.values()} == set(self.on)
            return found if whole else None

        return wait_until(shared, timeout, lambda: f"{sorted(self.on)} share the partitions: {self.owners()}\n"
                          f"{self.tail()}", every=0.1)

    def start_all(self):
        for number in range(MACHINES):
            self.run(number)
        return self.settled()

    def close_processes(self):
        for machine in self.machines + self.brokers_on:
            machine.up()
        super().close_processes()


@contextlib.contextmanager
def fleet(rig, names=True, broker=None):
    """A Fleet with everything round it; `broker`: the brokers' properties."""
    with contextlib.ExitStack() as stack:
        network = stack.enter_context(Network(MACHINES + BROKERS))
        places = [{"host": one.address, "within": one.within} for one in network.machines[MACHINES:]]
        cluster = stack.enter_context(KafkaCluster({**BROKER, **(broker or {})}, places))
        postgres = Postgres([f"listen_addresses=127.0.0.1,{network.address}"])
        stack.callback(postgres.close)
        postgres.start()
        postgres.admit(network.net)
        own = Fleet(types.SimpleNamespace(kafka=cluster, postgres=postgres, detour=rig.world.detour), rig, network,
                    names)
        stack.callback(own.close)
        yield own
