"""The dashboard as it lies in the chart, its panels, and what each asks Prometheus."""

import json
from typing import Any

from tests.chart.rendering import CHART

DASHBOARD: dict[str, Any] = json.loads((CHART / "files" / "dashboard.json").read_text())
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
QUESTIONS = {f"{p['title']} {target['refId']}": target["expr"] for p in PANELS for target in p["targets"]}
