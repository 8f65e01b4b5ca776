"""The alerts: each fires when it should and stays quiet when not, as the real promtool judges them."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway_ml.front.routes import PER_MODEL, ROUTES
from tests.chart.alert_cases import CASES, DAY, Case
from tests.chart.promtool import Series, firing_problems, needs_promtool, rule_problems, wording_problems
from tests.chart.rendering import CHART, render_one
from tests.chart.value_sets import VALUE_SETS
from tests.claims import by_name, for_each

ROOT = CHART.parents[1]
ALERTS_FILE = CHART / "files" / "alerts.yaml"
RUNBOOKS = ROOT / "docs" / "how-to" / "respond-to-alerts.md"
ENABLED = {"prometheusRule": {"enabled": True}}
WITH_RULES = {name: values for name, values in VALUE_SETS.items() if values.get("prometheusRule", {}).get("enabled")}
RULES = [rule for group in yaml.safe_load(ALERTS_FILE.read_text())["groups"] for rule in group["rules"]]
ALERTS = {rule["alert"]: rule for rule in RULES if "alert" in rule}

SHORT_CASES = {name: case for name, case in CASES.items() if case.minute < DAY}

Written = Callable[[dict[str, Any] | None], Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Writes the rules that these values render; without values, the file as compose.yaml mounts it."""

    def write(values: dict[str, Any] | None = None) -> Path:
        path = tmp_path / "rules.yaml"
        spec = None if values is None else render_one("PrometheusRule", values)["spec"]
        path.write_text(ALERTS_FILE.read_text() if spec is None else yaml.safe_dump(spec))
        return path

    return write


def _of_release(series: Series) -> Series:
    """The series as the release `demo` in the namespace `ml` has them."""
    names = {
        'job="slipway"': 'job="demo-slipway",namespace="ml"',
        'deployment="slipway"': 'deployment="demo-slipway",namespace="ml"',
        'horizontalpodautoscaler="slipway"': 'horizontalpodautoscaler="demo-slipway",namespace="ml"',
        'pod="slipway-': 'namespace="ml",pod="demo-slipway-',
    }
    return {_replaced(name, names): values for name, values in series.items()}


def _replaced(text: str, words: dict[str, str]) -> str:
    for old, new in words.items():
        text = text.replace(old, new)
    return text


@needs_promtool
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_exactly_the_right_alerts_fire(written: Written, case: Case) -> None:
    assert firing_problems(written(None), case.series, case.minute, case.firing) == ""


@needs_promtool
@pytest.mark.parametrize("case", SHORT_CASES.values(), ids=SHORT_CASES)
def test_the_same_alerts_fire_for_a_release(written: Written, case: Case) -> None:
    assert firing_problems(written(ENABLED), _of_release(case.series), case.minute, case.firing) == ""


def test_every_alert_fires_in_some_case() -> None:
    assert set.union(*(case.firing for case in CASES.values())) == set(ALERTS)


@needs_promtool
def test_case_that_expects_the_wrong_alert_fails(written: Written) -> None:
    case = CASES["an older champion serves"]

    assert "SlipwayDegraded" in firing_problems(written(None), case.series, case.minute, {"SlipwayDown"})


@needs_promtool
def test_alerts_of_a_release_do_not_see_another_release(written: Written) -> None:
    case = CASES["a replica sees an old folder"]
    elsewhere = {name.replace('"ml"', '"other"'): values for name, values in _of_release(case.series).items()}

    assert firing_problems(written(ENABLED), elsewhere, case.minute, {"SlipwayDown"}) == ""


@needs_promtool
@pytest.mark.parametrize(
    ("name", "objective", "firing"),
    [
        ("two in a hundred fail for an hour", {"availabilityPercent": 99.9}, {"SlipwayErrorBudgetBurnsFast"}),
        ("two in a hundred fail for an hour", {"availabilityPercent": 99}, set()),
        ("two in a hundred predictions are slow", {"latencySeconds": 0.25}, {"SlipwayLatencyHigh"}),
        ("two in a hundred predictions are slow", {"latencySeconds": 1}, set()),
    ],
)
def test_objectives_decide_what_fires(
    written: Written, name: str, objective: dict[str, float], firing: set[str]
) -> None:
    rules = written({"prometheusRule": {"enabled": True, **objective}})

    assert firing_problems(rules, _of_release(CASES[name].series), CASES[name].minute, firing) == ""


@needs_promtool
@pytest.mark.parametrize("values", [None, *WITH_RULES.values()], ids=["the file", *WITH_RULES])
def test_promtool_has_nothing_against_the_rules(written: Written, values: dict[str, Any] | None) -> None:
    assert rule_problems(written(values)) == ""


@needs_promtool
def test_alert_says_how_much_in_which_release(written: Written) -> None:
    rules = written(VALUE_SETS["alerts"])
    case = CASES["one in ten requests waits"]
    expected = {
        "exp_labels": {"severity": "warning", "team": "ml", "job": "demo-slipway", "namespace": "ml", "model": "churn"},
        "exp_annotations": {
            "summary": "1 in 20 requests for churn waits over 175ms for its run",
            "description": ALERTS["SlipwayQueueLong"]["annotations"]["description"],
            "runbook_url": "https://docs.example/alerts#slipwayqueuelong",
        },
    }

    words = wording_problems(rules, _of_release(case.series), case.minute, "SlipwayQueueLong", expected)

    assert words == ""


def test_alerts_can_be_left_out() -> None:
    values = {"prometheusRule": {"enabled": True, "disabledAlerts": ["SlipwayProcessorBusy", "SlipwayDown"]}}

    groups = render_one("PrometheusRule", values)["spec"]["groups"]

    kept = {rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule}
    assert set(ALERTS) - kept == {"SlipwayProcessorBusy", "SlipwayDown"}


def test_prometheus_selects_the_rules_by_label() -> None:
    labels = render_one("PrometheusRule", VALUE_SETS["alerts"])["metadata"]["labels"]

    assert labels["release"] == "prometheus"


def test_schema_knows_the_alerts_by_name() -> None:
    schema = yaml.safe_load((CHART / "values.schema.json").read_text())

    names = schema["properties"]["prometheusRule"]["properties"]["disabledAlerts"]["items"]["enum"]

    assert names == list(ALERTS)


def test_predictions_are_all_routes_that_predict_and_no_others() -> None:
    [pattern] = {found for rule in RULES for found in re.findall(r'handler=~"([^"]+)"', rule["expr"])}

    counted = {route.template for route in ROUTES if re.fullmatch(pattern, route.template)}

    assert counted == {route.template for route in PER_MODEL}


@for_each("name", by_name(ALERTS))
def test_every_alert_has_a_severity_words_and_a_runbook(name: str) -> None:
    rule = ALERTS[name]

    assert rule["labels"]["severity"] in {"critical", "warning"}
    assert rule["annotations"].keys() == {"summary", "description"}
    assert f"### {name}\n" in RUNBOOKS.read_text()


def test_no_runbook_is_for_an_alert_that_is_gone() -> None:
    assert re.findall(r"^### (\w+)$", RUNBOOKS.read_text(), re.MULTILINE) == list(ALERTS)
