# SPDX-License-Identifier: Apache-2.0
"""docker/kubernetes: the manifests follow Kubernetes' published schemas, agree with each other and with the
configuration in them, and a natmill that starts in volumes like those of a pod answers the probes and reloads."""

import json
import pathlib
import re
import shutil
import subprocess

import kubernetes_validate
import pytest
import yaml

import letters  # noqa: F401 its import finds tests/faults
import traffic
from answers import get
from database import Postgres
from waiting import wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "docker" / "kubernetes"
TOPIC = "cgnat.syslog.nfware"
VERSIONS = ("1.27", "1.33")  # the oldest that has all of it and is in use, and a new one


def manifest(name):
    return yaml.safe_load((FOLDER / name).read_text())


KUSTOMIZATION, STATEFULSET = manifest("kustomization.yaml"), manifest("statefulset.yaml")
POD = STATEFULSET["spec"]["template"]["spec"]
CONTAINER, = POD["containers"]
CONFIG = manifest("natmill.yaml")
MOUNTS = {one["name"]: one["mountPath"] for one in CONTAINER["volumeMounts"]}
VOLUMES = {one["name"]: one for one in POD["volumes"]}
PROBES = {name: CONTAINER[name]["httpGet"] for name in ("startupProbe", "livenessProbe", "readinessProbe")}


def seconds(text):
    number, unit = re.fullmatch(r"(\d+)(ms|s|m)", text).groups()
    return int(number) * {"ms": 0.001, "s": 1, "m": 60}[unit]


def size(text):
    number, unit = re.fullmatch(r"(\d+)(MB|Mi|Gi)", text).groups()
    return int(number) * {"MB": 10 ** 6, "Mi": 2 ** 20, "Gi": 2 ** 30}[unit]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("name", KUSTOMIZATION["resources"])
def test_published_schemas(name, version):
    kubernetes_validate.validate(manifest(name), version, strict=True)


def test_a_wrong_manifest_is_found():
    """The schemas are there and are asked."""
    wrong = json.loads(json.dumps(STATEFULSET))
    wrong["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, VERSIONS[-1], strict=True)


def test_nothing_is_left_out():
    used = {*KUSTOMIZATION["resources"], *KUSTOMIZATION["configMapGenerator"][0]["files"], "kustomization.yaml"}
    assert {path.name for path in FOLDER.iterdir()} == used


def test_selectors_find_the_pods():
    labels = STATEFULSET["spec"]["template"]["metadata"]["labels"]
    service = manifest("service.yaml")
    assert STATEFULSET["spec"]["selector"]["matchLabels"] == labels
    assert manifest("disruption.yaml")["spec"]["selector"]["matchLabels"] == labels
    assert service["spec"]["selector"] == labels
    assert POD["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"] == labels
    assert STATEFULSET["spec"]["serviceName"] == service["metadata"]["name"]


def test_ports_are_the_one_that_natmill_listens_on():
    host, _, port = CONFIG["http"]["listen"].rpartition(":")
    assert host == "0.0.0.0", "probes come from outside"
    assert CONTAINER["ports"] == [{"name": "http", "containerPort": int(port)}]
    service = manifest("service.yaml")
    assert [(one["port"], one["targetPort"]) for one in service["spec"]["ports"]] == [(int(port), "http")]
    assert service["metadata"]["annotations"]["prometheus.io/port"] == port
    assert all(probe["port"] == "http" for probe in PROBES.values())


def test_pods_are_told_apart():
    assert CONTAINER["env"] == [{"name": "NATMILL_KAFKA_INSTANCE",
                                 "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    assert "instance" not in CONFIG["kafka"]


def test_there_is_time_to_stop():
    """Kubernetes kills after its grace: natmill must have ended by then, at its slowest (engine.c). A pod that ends and
    starts again is back within its session, and one that hangs is started again before natmill gives up by itself."""
    stuck = int(re.search(r"#define STUCK_MS (\d+)", (ROOT / "engine/control/engine.c").read_text())[1]) / 1000
    grace = POD["terminationGracePeriodSeconds"]
    assert grace > seconds(CONFIG["shutdown"]) + stuck
    assert CONFIG["kafka"]["properties"]["session.timeout.ms"] / 1000 >= grace + 10
    live = CONTAINER["livenessProbe"]
    assert 60 <= live["periodSeconds"] * live["failureThreshold"] < 300


def test_memory_is_enough():
    resources = CONTAINER["resources"]
    assert size(resources["requests"]["memory"]) >= 1.25 * size(CONFIG["memory"])
    assert size(resources["limits"]["memory"]) >= 1.5 * size(CONFIG["memory"])


def test_files_of_the_configuration_are_in_volumes():
    assert set(MOUNTS) == set(VOLUMES)
    assert not any("subPath" in one for one in CONTAINER["volumeMounts"]), "would never change"
    assert all(one.get("readOnly") for one in CONTAINER["volumeMounts"] if "emptyDir" not in VOLUMES[one["name"]])
    assert CONTAINER["args"] == ["run", "-c", f"{MOUNTS['configuration']}/natmill.yaml"]
    assert CONFIG["vendors"] == MOUNTS["vendors"]
    assert pathlib.PurePath(CONFIG["outputs"][0]["password_file"]).parent == pathlib.PurePath(MOUNTS["secrets"])
    assert pathlib.PurePath(CONFIG["control"]["socket"]).parent == pathlib.PurePath(MOUNTS["run"])
    generated, = KUSTOMIZATION["configMapGenerator"]
    assert VOLUMES["configuration"]["configMap"]["name"] == generated["name"]
    assert KUSTOMIZATION["generatorOptions"]["disableNameSuffixHash"], "else a change starts every pod again"


def test_locked_up():
    assert POD["automountServiceAccountToken"] is False
    assert POD["securityContext"]["runAsNonRoot"] and POD["securityContext"]["runAsUser"] > 0
    assert POD["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert CONTAINER["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                            "capabilities": {"drop": ["ALL"]}}


def kubectl(*arguments):
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not there")
    result = subprocess.run(["kubectl", *map(str, arguments)], capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, result.stderr
    return list(yaml.safe_load_all(result.stdout))


@pytest.mark.slow
def test_kubectl_makes_one_whole_of_it():
    made = {one["kind"]: one for one in kubectl("kustomize", FOLDER)}
    assert set(made) == {"StatefulSet", "Service", "PodDisruptionBudget", "ConfigMap"}
    for one in made.values():
        kubernetes_validate.validate(one, VERSIONS[-1], strict=True)
    assert made["ConfigMap"]["data"] == {"natmill.yaml": (FOLDER / "natmill.yaml").read_text()}
    image = made["StatefulSet"]["spec"]["template"]["spec"]["containers"][0]["image"]
    assert re.fullmatch(r"registry\.example\.net/natmill:\d+\.\d+\.\d+", image)


@pytest.mark.slow
def test_all_shipped_scripts_fit_into_a_configmap():
    """As the page makes it; Kubernetes takes 1 MiB."""
    made, = kubectl("create", "configmap", "natmill-vendors", f"--from-file={ROOT / 'vendors'}", "--dry-run=client",
                    "-o", "yaml")
    assert made["metadata"]["name"] == VOLUMES["vendors"]["configMap"]["name"]
    assert set(made["data"]) == {path.name for path in (ROOT / "vendors").iterdir()}
    assert sum(map(len, made["data"].values())) < 900000


class Volume:
    """A folder as kubelet makes it of a ConfigMap or Secret: links into a folder that is swapped whole."""

    def __init__(self, path, files):
        self.path = path
        self.number = 0
        path.mkdir()
        self.put(files)

    def put(self, files):
        self.number += 1
        data = self.path / f"..2025_{self.number}"
        data.mkdir()
        for name, text in files.items():
            (data / name).write_text(text)
            if not (self.path / name).is_symlink():
                (self.path / name).symlink_to(f"..data/{name}")
        (self.path / "..data_tmp").symlink_to(data.name)
        (self.path / "..data_tmp").rename(self.path / "..data")


@pytest.fixture
def pod(tmp_path):
    """The volumes of a pod, and the configuration with their places."""
    places = {mount: str(tmp_path / name) for name, mount in MOUNTS.items()}
    text = (FOLDER / "natmill.yaml").read_text()
    for mount in sorted(places, key=len, reverse=True):
        text = re.sub(rf"{mount}(?=[/ \n])", places[mount], text)
    scripts = {path.name: path.read_text() for path in (ROOT / "vendors").iterdir()}
    (tmp_path / "run").mkdir(mode=0o777)
    (tmp_path / "run").chmod(0o2777)  # as an emptyDir is
    Volume(tmp_path / "configuration", {"natmill.yaml": text})
    Volume(tmp_path / "secrets", {"postgresql": "hush\n"})
    return tmp_path, Volume(tmp_path / "vendors", scripts)


def test_configuration_is_accepted(pod, run_natmill):
    folder, _ = pod
    env = {"NATMILL_KAFKA_INSTANCE": "natmill-0", "NATMILL_PORT_4499_TCP": "tcp://10.0.0.1:4499"}
    result = run_natmill("check", "-c", str(folder / "configuration" / "natmill.yaml"), env=env)
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_probes_and_reload(pod, kafka, group, natmill, start_natmill, run_natmill):
    """Alive and not ready while the database is away, ready with it; metrics for Prometheus; a script changed as
    kubelet changes it goes live by `natmill reload`."""
    folder, vendors = pod
    config = folder / "configuration" / "natmill.yaml"
    if not kafka.partitions(TOPIC):  # the scripts' own name
        kafka.create_topic(TOPIC)
    kafka.produce(TOPIC, [traffic.value(0, 0)], partition=0)
    with_database = Postgres()
    try:
        env = {"NATMILL_KAFKA_INSTANCE": "natmill-0", "NATMILL_KAFKA_BROKERS": kafka.bootstrap,
               "NATMILL_KAFKA_GROUP": group, "NATMILL_WORKERS": "1", "NATMILL_HTTP_LISTEN": "0.0.0.0:0",
               "NATMILL_OUTPUTS_0_URL": f"postgresql://postgres@127.0.0.1:{with_database.port}/postgres"}
        process = start_natmill(config.read_text(), env=env, name="configuration/natmill.yaml")
        port = process.wait_for_err(r"http: listening on 0\.0\.0\.0:(\d+)").group(1)
        at = f"127.0.0.2:{port}"  # not the address that it calls its own
        wait_until(lambda: get(at, PROBES["readinessProbe"]["path"])[0] == 503
                   and "output postgresql" in get(at, PROBES["readinessProbe"]["path"])[1], 60, "not ready")
        for name in ("startupProbe", "livenessProbe"):
            assert get(at, PROBES[name]["path"]) == (200, "ok\n")
        with_database.start()
        wait_until(lambda: get(at, PROBES["readinessProbe"]["path"])[0] == 200, 60, lambda: process.err)
        annotations = manifest("service.yaml")["metadata"]["annotations"]
        status, metrics = get(at, annotations["prometheus.io/path"])
        assert status == 200 and "natmill_ready 1" in metrics
        scripts = {path.name: path.read_text() for path in (ROOT / "vendors").iterdir()}
        changed = scripts["nfware.lua"].replace("return nfware", 'nfware:ignore "BEAT {*}"\nreturn nfware')
        vendors.put({**scripts, "nfware.lua": changed})
        reload = run_natmill("reload", "-c", str(config), env=env)
        assert reload.returncode == 0 and "nfware" in reload.stdout, reload.stdout + reload.stderr
        assert process.terminate() == 0
    finally:
        with_database.close()
