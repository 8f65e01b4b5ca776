"""The dashboard, and every question that it and the alerts put to Prometheus: only metrics that somebody exports."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import yaml

from slipway_ml.front.process.workers import REPLACEMENTS
from slipway_ml.monitoring.metrics import Metrics
from tests.chart.dashboard import DASHBOARD, PANELS, QUESTIONS
from tests.chart.promtool import needs_promtool, rule_problems
from tests.chart.rendering import CHART, render
from tests.chart.value_sets import VALUE_SETS
from tests.claims import for_each

ROOT = CHART.parents[1]
RULES = [
    rule for group in yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"] for rule in group["rules"]
]
MADE_BY_OTHERS = {
    "up",  # Prometheus itself
    "container_cpu_usage_seconds_total",  # the kubelet; the others are of kube-state-metrics
    "kube_deployment_spec_replicas",
    "kube_deployment_status_replicas_ready",
    "kube_horizontalpodautoscaler_spec_max_replicas",
    "kube_horizontalpodautoscaler_status_current_replicas",
    "kube_pod_container_status_restarts_total",
    "slipway_worker_replacements_total",  # the supervisor of several workers
}
_SUFFIXES = {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count"), "gauge": ("",)}
_METRIC = re.compile(r"([a-zA-Z_:][\w:]*)\{")


def _exported() -> set[str]:
    """The names of all series that the service has."""
    families = list(Metrics().registry.collect())
    return {family.name + suffix for family in families for suffix in _SUFFIXES[family.type]}


def _asked_for(expression: str) -> set[str]:
    return set(_METRIC.findall(expression))


@for_each("rule", {rule.get("alert") or rule["record"]: rule for rule in RULES})
def test_rules_ask_for_metrics_that_exist(rule: dict[str, Any]) -> None:
    recorded = {rule["record"] for rule in RULES if "record" in rule}

    asked = _asked_for(rule["expr"])

    assert asked
    assert asked - recorded - MADE_BY_OTHERS <= _exported()


@for_each("expression", QUESTIONS)
def test_dashboard_asks_for_metrics_that_exist(expression: str) -> None:
    asked = _asked_for(expression)

    assert asked
    assert asked - {"up"} <= _exported()


def test_metric_that_nobody_exports_is_found() -> None:
    assert _asked_for('rate(slipway_requests_seconds_sum{job="a"}[5m])') - _exported() == {
        "slipway_requests_seconds_sum"
    }


def test_page_of_metrics_names_all_of_them() -> None:
    page = (ROOT / "docs" / "reference" / "metrics.md").read_text()
    named = set(re.findall(r"^\| `(\w+)` \| (?:counter|gauge|histogram) \|", page, re.MULTILINE))

    families = {f.name + ("_total" if f.type == "counter" else "") for f in Metrics().registry.collect()}

    assert named == families | {REPLACEMENTS}


@needs_promtool
def test_promtool_understands_every_question(tmp_path: Path) -> None:
    """Written as recording rules, with Grafana's variables filled in."""
    rules = [{"record": f"panel:{number}", "expr": _filled(text)} for number, text in enumerate(QUESTIONS.values())]
    file = tmp_path / "questions.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "dashboard", "rules": rules}]}))

    assert rule_problems(file) == ""


def _filled(expression: str) -> str:
    for name, value in (("__rate_interval", "1m"), ("__range", "1h"), ("job", "slipway"), ("model", ".*")):
        expression = expression.replace(f"${name}", value)
    return expression.replace("$namespace", ".*")


def test_every_question_is_about_the_chosen_release() -> None:
    unbound = [
        title for title, text in QUESTIONS.items() if text.count("{") != text.count('job=~"$job",namespace=~"$n')
    ]

    assert unbound == []


@for_each("panel", {panel["title"]: panel for panel in PANELS})
def test_panel_says_what_it_shows(panel: dict[str, Any]) -> None:
    assert panel["description"].endswith(".")
    assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    return all(one[at] < other[at] + other[size] and other[at] < one[at] + one[size] for at, size in ("xw", "yh"))


def test_panels_do_not_cover_each_other() -> None:
    places = [panel["gridPos"] for panel in DASHBOARD["panels"]]

    assert [pair for pair in combinations(places, 2) if _overlap(*pair)] == []
    assert [place for place in places if place["x"] + place["w"] > 24] == []


def test_panels_that_the_runbooks_name_are_there() -> None:
    runbooks = (ROOT / "docs" / "how-to" / "respond-to-alerts.md").read_text()
    titles = {panel["title"] for panel in PANELS}

    named = set(re.findall(r"(?<!\*)\*([A-Z][a-z ]+)\*(?!\*)", runbooks))

    assert {"Queue", "Run", "Failures by route"} <= named & titles
    assert named - titles - {"Site Reliability Workbook"} == set()


def test_chart_hands_the_dashboard_on_as_it_is() -> None:
    [found] = [d for d in render(VALUE_SETS["dashboard"]) if d["metadata"]["name"] == "demo-slipway-dashboard"]

    assert json.loads(found["data"]["slipway.json"]) == DASHBOARD
    assert found["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert found["metadata"]["annotations"] == {"grafana_folder": "Models"}
