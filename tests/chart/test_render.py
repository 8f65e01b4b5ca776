"""What the chart renders: which kinds, for which values, valid for which versions of Kubernetes."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from helm_python import Chart

import slipway_ml
from tests.chart.rendering import (
    CHART,
    KUBERNETES_VERSIONS,
    chart,
    lint_problems,
    render,
    render_one,
    render_text,
    schema_problems,
)
from tests.chart.value_sets import VALUE_SETS
from tests.claims import for_each

every_value_set = for_each("values", VALUE_SETS)


def test_defaults_render_these_objects_and_no_others() -> None:
    rendered = [(document["kind"], document["metadata"]["name"]) for document in render()]

    assert rendered == [
        ("ConfigMap", "demo-slipway"),
        ("Deployment", "demo-slipway"),
        ("PodDisruptionBudget", "demo-slipway"),
        ("Service", "demo-slipway"),
        ("ServiceAccount", "demo-slipway"),
        ("Pod", "demo-slipway-test-live"),
        ("Pod", "demo-slipway-test-ready"),
        ("Pod", "demo-slipway-test-infer"),
    ]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"autoscaling": {"enabled": True}}, "HorizontalPodAutoscaler"),
        ({"networkPolicy": {"enabled": True}}, "NetworkPolicy"),
        ({"registry": {"volume": "newClaim"}}, "PersistentVolumeClaim"),
        ({"serviceMonitor": {"enabled": True, "keySecret": "scrape-key"}}, "ServiceMonitor"),
        ({"prometheusRule": {"enabled": True}}, "PrometheusRule"),
        (VALUE_SETS["autoscaling by KEDA"], "ScaledObject"),
        (VALUE_SETS["ingress"], "Ingress"),
        (VALUE_SETS["gateway"], "HTTPRoute"),
    ],
)
def test_optional_objects_appear_when_asked_for(values: dict[str, Any], kind: str) -> None:
    kinds = {document["kind"] for document in render(values)}

    assert kind in kinds


@pytest.mark.parametrize("version", KUBERNETES_VERSIONS)
@every_value_set
def test_objects_fit_the_schemas_of_kubernetes(values: dict[str, Any], version: str) -> None:
    assert schema_problems(render(values), version) == []


def test_schema_check_finds_a_misspelt_field() -> None:
    service = render_one("Service")
    service["spec"]["prots"] = service["spec"].pop("ports")

    assert schema_problems([service], "1.33") != []


@every_value_set
def test_lint_has_nothing_to_say(values: dict[str, Any]) -> None:
    assert lint_problems(values) == []


@every_value_set
def test_names_fit_into_63_characters(values: dict[str, Any]) -> None:
    names = [document["metadata"]["name"] for document in render(values, name="r" * 53)]

    assert [name for name in names if len(name) > 63] == []


@every_value_set
def test_service_selects_the_servers_and_no_test_pod(values: dict[str, Any]) -> None:
    documents = render(values)
    [selector] = [document["spec"]["selector"] for document in documents if document["kind"] == "Service"]
    pods = [document for document in documents if document["kind"] in {"Deployment", "Pod"}]

    selected = [
        pod["kind"]
        for pod in pods
        if selector.items() <= pod["spec"].get("template", pod)["metadata"]["labels"].items()
    ]

    assert selected == ["Deployment"]


@every_value_set
def test_objects_name_the_namespace_of_the_release(values: dict[str, Any]) -> None:
    """So that rendered text can be applied by other tools than Helm without landing elsewhere."""
    assert {document["metadata"].get("namespace") for document in render(values)} == {"ml"}


def test_pod_labels_cannot_break_the_selector() -> None:
    deployment = render_one("Deployment", {"podLabels": {"app.kubernetes.io/name": "other", "team": "ml"}})

    labels = deployment["spec"]["template"]["metadata"]["labels"]

    assert deployment["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert labels["team"] == "ml"


def test_chart_image_and_code_share_one_version() -> None:
    metadata = chart().metadata

    assert metadata["version"] == metadata["appVersion"] == slipway_ml.__version__


@pytest.mark.parametrize(
    ("image", "reference"),
    [
        ({}, f"slipway:{slipway_ml.__version__}"),
        ({"repository": "r.example/slipway", "tag": "1.2"}, "r.example/slipway:1.2"),
        ({"tag": "1.2", "digest": f"sha256:{'a' * 64}"}, f"slipway@sha256:{'a' * 64}"),
    ],
)
def test_image_is_named_by_digest_else_tag_else_version(image: dict[str, str], reference: str) -> None:
    deployment = render_one("Deployment", {"image": image})

    assert deployment["spec"]["template"]["spec"]["containers"][0]["image"] == reference


def test_notes_say_who_may_call_and_that_nothing_is_served() -> None:
    notes = render_text()["slipway/templates/NOTES.txt"]

    assert "Callers need a key of the Secret slipway-keys." in notes
    assert '--header "Authorization: Bearer $KEY"' in notes
    assert "never become ready" in notes


def test_notes_say_that_there_are_no_keys() -> None:
    notes = render_text(VALUE_SETS["without keys"])["slipway/templates/NOTES.txt"]

    assert "The server has no keys" in notes
    assert "$KEY" not in notes


def test_notes_name_the_next_command_for_the_rendered_service() -> None:
    notes = render_text({"tests": {"model": "titanic"}, "service": {"port": 81}})["slipway/templates/NOTES.txt"]

    assert "port-forward service/demo-slipway 8000:81" in notes
    assert "curl --silent http://127.0.0.1:8000/predict/titanic --data" in notes


def test_chart_works_inside_another_chart(tmp_path: Path) -> None:
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: parent\nversion: 1.0.0\n")
    (tmp_path / "values.yaml").write_text("global: {team: ml}\nslipway: {replicaCount: 4, keys: {insecure: true}}\n")
    chart().save_dir(tmp_path / "charts")

    with Chart.load(tmp_path) as parent:
        rendered = parent.render(name="demo")

    deployment = yaml.safe_load(rendered["parent/charts/slipway/templates/deployment.yaml"])
    assert deployment["spec"]["replicas"] == 4


TEMPLATES = sorted(CHART.glob("templates/**/*.*"))
KINDS = [path for path in TEMPLATES if path.suffix == ".yaml" and path.name != "validate.yaml"]


def test_templates_have_fewer_than_50_lines() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in TEMPLATES}

    assert {name: lines for name, lines in lengths.items() if lines >= 50} == {}


def test_templates_hold_one_kind_each() -> None:
    kinds = {path.name: re.findall(r"^kind:", path.read_text(), re.MULTILINE) for path in KINDS}

    assert {name: found for name, found in kinds.items() if len(found) != 1} == {}
