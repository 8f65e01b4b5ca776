"""Starting, updating and stopping: how long a pod may take to start, and how long a stopping one has."""

from typing import Any

import pytest

from tests.chart.rendering import chart, render_one, render_pod, render_server, render_settings
from tests.chart.value_sets import VALUE_SETS

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
