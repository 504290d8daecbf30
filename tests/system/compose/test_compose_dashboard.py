# SPDX-License-Identifier: Apache-2.0
"""What Grafana reads: Debian has no Grafana, so the files are looked at here. test_compose_up.py has a real Prometheus
answer every query of the dashboard."""

import re

import yaml

from composition import FOLDER, ROOT, Composition
from dashboard import DASHBOARD, panels, queries

UNITS = {"none", "short", "s", "cps", "cpm", "bytes", "percentunit", "dateTimeFromNow"}
COLUMNS = 24


def provisioned(kind):
    documents = [yaml.safe_load(path.read_text(encoding="utf-8"))
                 for path in (FOLDER / "grafana" / "provisioning" / kind).glob("*.yml")]
    assert all(one["apiVersion"] == 1 for one in documents)
    return [entry for one in documents for entry in one[{"dashboards": "providers"}.get(kind, kind)]]


def test_the_data_source_is_the_prometheus_of_the_composition():
    source, = provisioned("datasources")
    assert source["type"] == "prometheus" and source["isDefault"]
    host, port = re.fullmatch(r"http://([\w-]+):(\d+)", source["url"]).groups()
    assert int(port) in [inside for _, _, inside, _ in Composition().ports(host)]
    interval = yaml.safe_load((FOLDER / "prometheus/prometheus.yml").read_text())["global"]["scrape_interval"]
    assert source["jsonData"]["timeInterval"] == interval


def test_the_dashboard_is_where_grafana_looks():
    provider, = provisioned("dashboards")
    mounts = {target: source for source, target, _ in Composition().mounts("grafana")}
    assert (mounts[provider["options"]["path"]] / "natmill.json").exists()
    assert mounts["/etc/grafana/provisioning"] == FOLDER / "grafana" / "provisioning"
    home = Composition().environment("grafana")["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"]
    assert home == provider["options"]["path"] + "/natmill.json"


def test_panels_are_whole():
    identities = [panel["id"] for panel in DASHBOARD["panels"]]
    titles = [panel["title"] for panel in panels()]
    assert len(titles) >= 20 and len(set(identities)) == len(identities) and len(set(titles)) == len(titles)
    variables = {one["name"] for one in DASHBOARD["templating"]["list"]}
    for panel in panels():
        assert panel["title"] and panel["fieldConfig"]["defaults"]["unit"] in UNITS, panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        letters = [target["refId"] for target in panel["targets"]]
        assert letters and len(set(letters)) == len(letters)
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"]
            named = set(re.findall(r"\$\{?(\w+)", target["expr"] + target["datasource"]["uid"]))
            assert named <= variables | {"__rate_interval"}, target["expr"]


def test_panels_do_not_lie_on_each_other():
    taken = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(x, y) for x in range(at["x"], at["x"] + at["w"]) for y in range(at["y"], at["y"] + at["h"])}
        assert not cells & taken and max(x for x, _ in cells) < COLUMNS, panel["title"]
        taken |= cells


def test_they_ask_for_metrics_that_there_are():
    text = (ROOT / "docs" / "metrics.md").read_text(encoding="utf-8")
    known = set(re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE))
    for title, query in queries("1m"):
        named = {re.sub("_bucket$", "", name) for name in re.findall(r"\b(?:natmill|process)_\w+", query)}
        assert named <= known and (named or "ALERTS" in query or "up{" in query), f"{title}: {named - known}"
