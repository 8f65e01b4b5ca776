"""Who chooses the number of pods, by what, and how fast: a HorizontalPodAutoscaler or KEDA, with the same bounds."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from slipway_ml.front.routes import PER_MODEL
from tests.chart.promtool import needs_promtool, rule_problems
from tests.chart.rendering import render, render_one, render_server
from tests.chart.value_sets import AUTOSCALING, VALUE_SETS

BY_KEDA = VALUE_SETS["autoscaling by KEDA"]
ON_REQUESTS = VALUE_SETS["autoscaling by KEDA on requests alone"]


def test_replicas_are_set_without_autoscaling() -> None:
    assert render_one("Deployment", {"replicaCount": 4})["spec"]["replicas"] == 4


@pytest.mark.parametrize("values", [AUTOSCALING, BY_KEDA])
def test_replicas_are_left_to_the_autoscaler(values: dict[str, Any]) -> None:
    deployment = render_one("Deployment", {"replicaCount": 4, **values})

    assert "replicas" not in deployment["spec"]


def test_autoscaler_measures_cpu_of_the_server_against_its_request() -> None:
    autoscaler = render_one("HorizontalPodAutoscaler", AUTOSCALING)["spec"]

    target = autoscaler["metrics"][0]["containerResource"]

    assert target == {
        "name": "cpu",
        "container": "slipway",
        "target": {"type": "Utilization", "averageUtilization": 70},
    }
    assert render_server(AUTOSCALING)["name"] == target["container"]
    assert render_server(AUTOSCALING)["resources"]["requests"]["cpu"] == "500m"


def test_autoscaler_can_hold_requests_in_flight() -> None:
    values = VALUE_SETS["autoscaling on requests in flight"]

    autoscaler = render_one("HorizontalPodAutoscaler", values)["spec"]

    assert autoscaler["metrics"] == [
        {
            "type": "Pods",
            "pods": {
                "metric": {"name": "slipway_in_flight"},
                "target": {"type": "AverageValue", "averageValue": "16"},
            },
        }
    ]


def test_autoscaler_drives_the_deployment_within_its_bounds() -> None:
    values = {"autoscaling": {"enabled": True, "minReplicas": 3, "maxReplicas": 9}}

    autoscaler = render_one("HorizontalPodAutoscaler", values)["spec"]

    assert autoscaler["scaleTargetRef"]["name"] == render_one("Deployment", values)["metadata"]["name"]
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (3, 9)


def test_pods_go_slowly_whoever_takes_them_away() -> None:
    slowly = {"scaleDownStabilizationSeconds": 600, "scaleDownPercentPerMinute": 20}
    by_hpa = render_one("HorizontalPodAutoscaler", {"autoscaling": {"enabled": True, **slowly}})["spec"]
    by_keda = render_one("ScaledObject", {"autoscaling": {**BY_KEDA["autoscaling"], **slowly}})["spec"]

    policies = [{"type": "Percent", "value": 20, "periodSeconds": 60}]
    expected = {"scaleDown": {"stabilizationWindowSeconds": 600, "policies": policies}}

    assert by_hpa["behavior"] == expected
    assert by_keda["advanced"]["horizontalPodAutoscalerConfig"]["behavior"] == expected


def test_keda_drives_the_deployment_within_the_same_bounds() -> None:
    values = {"autoscaling": {**BY_KEDA["autoscaling"], "minReplicas": 3, "maxReplicas": 9}}

    scaled = render_one("ScaledObject", values)["spec"]

    name = render_one("Deployment", values)["metadata"]["name"]
    assert scaled["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    assert (scaled["minReplicaCount"], scaled["maxReplicaCount"]) == (3, 9)


def test_only_one_autoscaler_drives_the_deployment() -> None:
    """Two would fight over the number of pods."""
    kinds = [document["kind"] for document in render(BY_KEDA)]

    assert ("ScaledObject" in kinds, "HorizontalPodAutoscaler" in kinds) == (True, False)


def test_keda_holds_cpu_of_the_server_and_what_prometheus_says() -> None:
    cpu, in_flight, requests = render_one("ScaledObject", BY_KEDA)["spec"]["triggers"]

    assert cpu == {"type": "cpu", "metricType": "Utilization", "metadata": {"value": "70", "containerName": "slipway"}}
    assert in_flight["metadata"] == {
        "serverAddress": "http://prometheus.monitoring:9090",
        "query": 'sum(avg_over_time(slipway_in_flight{job="demo-slipway",namespace="ml"}[1m]))',
        "threshold": "16",
    }
    assert (requests["name"], requests["metadata"]["threshold"]) == ("requests", "5000")


def test_keda_counts_predictions_of_every_door() -> None:
    [trigger] = render_one("ScaledObject", ON_REQUESTS)["spec"]["triggers"]
    alerts = render_one("PrometheusRule", {"prometheusRule": {"enabled": True}})["spec"]["groups"]

    pattern = trigger["metadata"]["query"].split('handler=~"')[1].split('"')[0]

    assert f'handler=~"{pattern}"' in alerts[0]["rules"][0]["expr"]
    assert pattern.count("|") == len(PER_MODEL) // 2 - 1


def test_keda_shows_who_it_is_and_what_to_do_without_an_answer() -> None:
    scaled = render_one("ScaledObject", ON_REQUESTS)["spec"]

    assert scaled["triggers"][0]["authenticationRef"] == {"name": "prom"}
    assert scaled["fallback"] == {"failureThreshold": 3, "replicas": 4}
    assert "fallback" not in render_one("ScaledObject", BY_KEDA)["spec"]


@needs_promtool
def test_promtool_understands_what_keda_asks(tmp_path: Path) -> None:
    triggers = render_one("ScaledObject", BY_KEDA)["spec"]["triggers"][1:]
    rules = [{"record": f"keda:{number}", "expr": t["metadata"]["query"]} for number, t in enumerate(triggers)]
    file = tmp_path / "questions.yaml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "keda", "rules": rules}]}))

    assert rule_problems(file) == ""
