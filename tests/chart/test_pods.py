"""What the pods are made of and what they may do: the restricted standard, probes, mounts, environment, placement."""

from typing import Any

import pytest

from tests.chart.pod_security import violations
from tests.chart.rendering import render, render_one, render_pod, render_server, render_settings, render_text
from tests.chart.value_sets import VALUE_SETS
from tests.claims import for_each

every_value_set = for_each("values", VALUE_SETS)


def _pod_specs(values: dict[str, Any]) -> list[dict[str, Any]]:
    """The Deployment's pod and the test pods."""
    pods = [document for document in render(values) if document["kind"] in {"Deployment", "Pod"}]
    return [pod["spec"].get("template", pod)["spec"] for pod in pods]


@every_value_set
def test_pods_fit_the_restricted_security_standard(values: dict[str, Any]) -> None:
    assert [violations(spec) for spec in _pod_specs(values)] == [[]] * 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hostNetwork": True}, "hostNetwork is true"),
        ({"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}, "volume host is a hostPath"),
        ({"securityContext": {}}, "slipway: may run as root"),
        ({"securityContext": {"runAsNonRoot": True}}, "slipway: seccomp profile is None"),
        ({"containers": [{"name": "bare"}]}, "bare: privilege escalation is allowed"),
        ({"containers": [{"name": "bare"}]}, "bare: capabilities are not all dropped"),
        ({"initContainers": [{"name": "init", "securityContext": {"privileged": True}}]}, "init: privileged"),
        ({"containers": [{"name": "port", "ports": [{"hostPort": 80}]}]}, "port: uses a host port"),
    ],
)
def test_security_check_finds_what_is_forbidden(change: dict[str, Any], words: str) -> None:
    spec = {**render_pod()["spec"], **change}

    assert words in violations(spec)


@every_value_set
def test_pods_hold_no_token_and_get_no_service_links(values: dict[str, Any]) -> None:
    """A Service called slipway would otherwise put an address into SLIPWAY_PORT."""
    specs = _pod_specs(values)

    assert [spec["automountServiceAccountToken"] for spec in specs] == [False] * 4
    assert [spec["enableServiceLinks"] for spec in specs] == [False] * 4


@every_value_set
def test_root_is_read_only_and_only_tmp_can_be_written(values: dict[str, Any]) -> None:
    server = render_server(values)
    own_mounts = [mount for mount in server["volumeMounts"] if mount["name"] in {"registry", "tmp"}]

    writable = [mount["mountPath"] for mount in own_mounts if not mount.get("readOnly")]

    assert server["securityContext"]["readOnlyRootFilesystem"] is True
    assert writable == ["/tmp"]  # noqa: S108


@every_value_set
def test_scratch_folders_have_a_size(values: dict[str, Any]) -> None:
    volumes = render_pod(values)["spec"]["volumes"]

    sizes = [volume["emptyDir"].get("sizeLimit") for volume in volumes if "emptyDir" in volume]

    assert None not in sizes


@pytest.mark.parametrize(
    ("probe", "path"),
    [("startupProbe", "/health/live"), ("livenessProbe", "/health/live"), ("readinessProbe", "/health/ready")],
)
def test_probes_ask_the_right_paths(probe: str, path: str) -> None:
    server = render_server()

    assert server[probe]["httpGet"] == {"path": path, "port": "http"}
    assert server["ports"] == [{"name": "http", "containerPort": 8000}]


@every_value_set
def test_telemetry_is_off_where_it_cannot_be_overridden(values: dict[str, Any]) -> None:
    environment = [entry for entry in render_server(values)["env"] if entry["name"] == "ORT_DISABLE_TELEMETRY"]

    assert environment == [{"name": "ORT_DISABLE_TELEMETRY", "value": "1"}]


@pytest.mark.parametrize(
    ("values", "volume"),
    [
        ("defaults", {"emptyDir": {"sizeLimit": "1Gi"}}),
        ("existing claim", {"persistentVolumeClaim": {"claimName": "models"}}),
        ("new claim", {"persistentVolumeClaim": {"claimName": "demo-slipway-registry"}}),
    ],
)
def test_models_come_from_the_volume_asked_for(values: str, volume: dict[str, Any]) -> None:
    spec = render_pod(VALUE_SETS[values])["spec"]

    assert spec["volumes"][0] == {"name": "registry", **volume}
    assert spec["containers"][0]["volumeMounts"][0] == {"name": "registry", "mountPath": "/models", "readOnly": True}


def test_claim_made_by_the_chart_outlives_the_release() -> None:
    claim = render_one("PersistentVolumeClaim", VALUE_SETS["new claim"])

    assert claim["metadata"]["annotations"] == {"helm.sh/resource-policy": "keep"}
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]


def test_containers_that_run_first_get_the_security_context_of_the_server() -> None:
    spec = render_pod(VALUE_SETS["models from an image"])["spec"]

    assert spec["initContainers"][0]["securityContext"] == spec["containers"][0]["securityContext"]
    assert spec["initContainers"][0]["volumeMounts"] == [{"name": "registry", "mountPath": "/models"}]


def test_large_user_numbers_stay_whole() -> None:
    text = render_text(VALUE_SETS["user chosen by the platform"])["slipway/templates/deployment.yaml"]

    assert "runAsUser: 1000680000\n" in text


def test_pods_are_spread_softly_over_nodes_and_zones() -> None:
    pod = render_pod()

    spread = {
        constraint["topologyKey"]: constraint["whenUnsatisfiable"]
        for constraint in pod["spec"]["topologySpreadConstraints"]
        if constraint["labelSelector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
    }

    assert spread == {
        "kubernetes.io/hostname": "ScheduleAnyway",
        "topology.kubernetes.io/zone": "ScheduleAnyway",
    }


def test_own_label_selector_of_a_spread_is_kept() -> None:
    own = {
        "maxSkew": 2,
        "topologyKey": "rack",
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"team": "ml"}},
    }

    spec = render_pod({"topologySpreadConstraints": [own]})["spec"]

    assert spec["topologySpreadConstraints"] == [own]


def test_gpu_values_ask_for_a_gpu_on_a_gpu_node() -> None:
    spec = render_pod(VALUE_SETS["gpu"])["spec"]

    assert spec["containers"][0]["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert spec["containers"][0]["image"] == "slipway:0.1.0-gpu"
    assert spec["nodeSelector"] == {"nvidia.com/gpu.present": "true"}
    assert render_settings(VALUE_SETS["gpu"])["SLIPWAY_DEVICE"] == "cuda"


def test_memory_request_equals_its_limit() -> None:
    resources = render_server()["resources"]

    assert resources["requests"]["memory"] == resources["limits"]["memory"]


def test_network_policy_lets_the_namespace_in_and_nothing_out() -> None:
    policy = render_one("NetworkPolicy", {"networkPolicy": {"enabled": True}})["spec"]

    assert policy["policyTypes"] == ["Ingress", "Egress"]
    assert policy["egress"] == []
    assert policy["ingress"] == [
        {"from": [{"podSelector": {}}], "ports": [{"port": "http", "protocol": "TCP"}]},
    ]
