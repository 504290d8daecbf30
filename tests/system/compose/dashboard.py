# SPDX-License-Identifier: Apache-2.0
"""docker/grafana/dashboards/natmill.json: its panels, and their queries with Grafana's variables filled in."""

import json

from composition import FOLDER

DASHBOARD = json.loads((FOLDER / "grafana" / "dashboards" / "natmill.json").read_text(encoding="utf-8"))


def panels():
    return [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]


def queries(interval):
    """(title, query) of all; rates are taken over that time."""
    for panel in panels():
        for target in panel["targets"]:
            yield panel["title"], target["expr"].replace("$__rate_interval", interval).replace("$instance", ".*")
