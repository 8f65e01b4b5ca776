"""Starting, updating and stopping: how long a pod may take to start, and how long a stopping one has."""

from typing import Any

import pytest

from slipway_ml.settings import Settings
from tests.chart.rendering import chart, render_one, render_pod, render_server, render_settings
from tests.chart.value_sets import VALUE_SETS
from tests.claims import for_each

every_value_set = for_each("values", VALUE_SETS)


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
        ({"shutdown": {"preStopSleepSeconds": 0, "drainSeconds": 0}}, 20),
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


@every_value_set
def test_stopping_pod_waits_for_every_answer_that_is_in_time(values: dict[str, Any]) -> None:
    settings = Settings.model_validate_strings(
        {name.removeprefix("SLIPWAY_").lower(): value for name, value in render_settings(values).items()}
    )

    assert settings.finish_seconds >= settings.deadline_seconds


@pytest.mark.parametrize(
    ("section", "key", "setting"),
    [
        ("shutdown", "drainSeconds", "drain_seconds"),
        ("shutdown", "requestDeadlineSeconds", "finish_seconds"),
        ("settings", "deadlineSeconds", "deadline_seconds"),
        ("settings", "pollSeconds", "poll_seconds"),
        ("settings", "loadSeconds", "load_seconds"),
        ("settings", "trustRegistry", "trust_registry"),
        ("settings", "threads", "threads"),
        ("settings", "maxBodyBytes", "max_body_bytes"),
        ("settings", "maxBytesInFlight", "max_bytes_in_flight"),
        ("settings", "maxConnections", "max_connections"),
        ("settings", "maxHeadBytes", "max_head_bytes"),
        ("settings", "workers", "workers"),
        ("settings", "maxBatchRows", "max_batch_rows"),
        ("settings", "maxQueueRows", "max_queue_rows"),
        ("settings", "accessLog", "access_log"),
        ("settings", "logLevel", "log_level"),
    ],
)
def test_defaults_of_the_chart_are_those_of_the_server(section: str, key: str, setting: str) -> None:
    assert chart().values[section][key] == Settings.model_fields[setting].default


def test_kept_connections_outlive_the_idle_time_of_common_balancers() -> None:
    """Whoever closes an idle connection first should not be the server: balancers commonly do after 60 seconds."""
    assert Settings.model_fields["idle_seconds"].default > 60


def test_probes_ask_often_enough_and_give_up_late_enough() -> None:
    """A start may take a minute; who is not live for half a minute is restarted; who is not ready is left at once."""
    windows = {
        name: chart().values[name]["periodSeconds"] * chart().values[name]["failureThreshold"]
        for name in ("startupProbe", "livenessProbe", "readinessProbe")
    }

    assert windows == {"startupProbe": 60, "livenessProbe": 30, "readinessProbe": 6}
    assert windows["livenessProbe"] > Settings.model_fields["deadline_seconds"].default


@pytest.mark.parametrize("values", [VALUE_SETS["autoscaling on CPU"], VALUE_SETS["autoscaling by KEDA"], {}])
def test_disruption_budget_always_leaves_a_pod(values: dict[str, Any]) -> None:
    everything = chart().merge_values(values)
    least = everything["autoscaling"]["minReplicas"] if everything["autoscaling"]["enabled"] else 2

    assert render_one("PodDisruptionBudget", values)["spec"]["maxUnavailable"] < least


def test_watchdog_says_which_model_hangs_before_the_kubelet_restarts_the_container() -> None:
    probe = render_server()["livenessProbe"]
    patience = probe["periodSeconds"] * (probe["failureThreshold"] - 1) + probe["timeoutSeconds"]

    assert Settings.model_fields["hang_seconds"].default + 1 < patience <= 30
