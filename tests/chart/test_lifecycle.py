"""Starting, scaling, updating and stopping: who sets the number of pods, and how long a stopping pod has."""

from typing import Any

import pytest

from tests.chart.rendering import chart, render_one, render_pod, render_server, render_settings
from tests.chart.value_sets import AUTOSCALING, VALUE_SETS

every_value_set = pytest.mark.parametrize("values", VALUE_SETS.values(), ids=VALUE_SETS)


@every_value_set
def test_grace_outlasts_sleep_drain_and_the_slowest_request(values: dict[str, Any]) -> None:
    shutdown = chart().merge_values(values)["shutdown"]

    grace = render_pod(values)["spec"]["terminationGracePeriodSeconds"]

    assert grace > sum(shutdown.values()) + 5


@pytest.mark.parametrize(
    ("values", "grace"),
    [
        ({}, 30),
        ({"shutdown": {"requestDeadlineSeconds": 120}}, 140),
        ({"shutdown": {"preStopSleepSeconds": 0, "drainSeconds": 0, "requestDeadlineSeconds": 1}}, 11),
        ({"terminationGracePeriodSeconds": 26}, 26),
    ],
)
def test_grace_is_computed_unless_given(values: dict[str, Any], grace: int) -> None:
    assert render_pod(values)["spec"]["terminationGracePeriodSeconds"] == grace


def test_pod_sleeps_before_it_is_told_to_stop() -> None:
    """Without a shell: the endpoint must be gone before the server stops listening."""
    assert render_server()["lifecycle"] == {"preStop": {"sleep": {"seconds": 5}}}


def test_sleep_of_zero_seconds_is_left_out() -> None:
    assert "lifecycle" not in render_server({"shutdown": {"preStopSleepSeconds": 0}})


def test_replicas_are_set_without_autoscaling() -> None:
    assert render_one("Deployment", {"replicaCount": 4})["spec"]["replicas"] == 4


def test_replicas_are_left_to_the_autoscaler() -> None:
    deployment = render_one("Deployment", {"replicaCount": 4, **AUTOSCALING})

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


def test_update_never_lowers_capacity() -> None:
    strategy = render_one("Deployment")["spec"]["strategy"]

    assert strategy == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}


def test_recreate_leaves_the_rolling_numbers_out() -> None:
    strategy = render_one("Deployment", VALUE_SETS["new claim of one node"])["spec"]["strategy"]

    assert strategy == {"type": "Recreate"}


def test_disruption_budget_never_blocks_a_node_drain() -> None:
    budget = render_one("PodDisruptionBudget")["spec"]

    assert budget["maxUnavailable"] == 1
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_change_of_settings_replaces_the_pods() -> None:
    before = render_pod()["metadata"]["annotations"]["checksum/config"]

    after = render_pod({"settings": {"logLevel": "debug"}})["metadata"]["annotations"]["checksum/config"]

    assert before != after


def test_server_drains_as_long_as_the_arithmetic_says() -> None:
    data = render_settings({"shutdown": {"drainSeconds": 3, "requestDeadlineSeconds": 42}})

    assert (data["SLIPWAY_DRAIN_SECONDS"], data["SLIPWAY_FINISH_SECONDS"]) == ("3", "42")
