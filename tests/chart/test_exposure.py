"""The ways into the cluster, an Ingress or a Gateway: which paths, under which name, and for how long."""

import re
from typing import Any

import pytest

from slipway_ml.front.routes import DOCS, PER_MODEL, ROUTES
from slipway_ml.settings import Settings
from tests.chart.rendering import chart, render_one, render_text
from tests.chart.value_sets import HTTP_ROUTE, INGRESS, VALUE_SETS

DEFAULT_PATHS: list[str] = chart().values["ingress"]["paths"]


def test_ingress_sends_its_paths_to_the_service() -> None:
    [rule] = render_one("Ingress", INGRESS)["spec"]["rules"]
    service = render_one("Service", INGRESS)

    assert rule["host"] == "models.example"
    assert [path["path"] for path in rule["http"]["paths"]] == DEFAULT_PATHS
    assert {path["pathType"] for path in rule["http"]["paths"]} == {"Prefix"}
    backends = [path["backend"]["service"] for path in rule["http"]["paths"]]
    assert backends == [{"name": service["metadata"]["name"], "port": {"name": "http"}}] * len(DEFAULT_PATHS)


def test_ingress_has_a_certificate_for_its_host() -> None:
    spec = render_one("Ingress", INGRESS)["spec"]

    assert spec["tls"] == [{"hosts": ["models.example"], "secretName": "models-tls"}]


def test_ingress_of_a_class_with_annotations_where_tls_ends_before_it() -> None:
    ingress = render_one("Ingress", VALUE_SETS["ingress behind TLS, without keys"])

    assert ingress["spec"]["ingressClassName"] == "haproxy"
    assert ingress["metadata"]["annotations"] == {"haproxy.org/timeout-server": "45s"}
    assert "tls" not in ingress["spec"]


def test_route_sends_its_paths_to_the_service() -> None:
    spec = render_one("HTTPRoute", HTTP_ROUTE)["spec"]
    service = render_one("Service", HTTP_ROUTE)

    [rule] = spec["rules"]

    assert spec["parentRefs"] == HTTP_ROUTE["httpRoute"]["parentRefs"]
    assert spec["hostnames"] == ["models.example"]
    assert [match["path"] for match in rule["matches"]] == [{"type": "PathPrefix", "value": p} for p in DEFAULT_PATHS]
    port = service["spec"]["ports"][0]["port"]
    assert rule["backendRefs"] == [{"name": service["metadata"]["name"], "port": port}]


@pytest.mark.parametrize(
    ("settings", "route", "timeout"),
    [
        ({}, {}, "45s"),
        ({"deadlineSeconds": 0.5}, {}, "36s"),
        ({"deadlineSeconds": 3600}, {}, "3635s"),
        ({}, {"timeoutSeconds": 11}, "11s"),
    ],
)
def test_gateway_waits_longer_than_the_server_takes(
    settings: dict[str, Any], route: dict[str, Any], timeout: str
) -> None:
    patient = {"shutdown": {"requestDeadlineSeconds": 3600}}
    values = {**patient, "settings": settings, "httpRoute": {**HTTP_ROUTE["httpRoute"], **route}}

    [rule] = render_one("HTTPRoute", values)["spec"]["rules"]

    assert rule["timeouts"] == {"request": timeout}
    assert re.fullmatch(r"([0-9]{1,5}(h|m|s|ms)){1,4}", timeout)


def test_gateway_knows_how_long_a_body_may_take() -> None:
    """The 30 in the template is the server's own default, which the chart does not change."""
    assert Settings.model_fields["body_seconds"].default == 30


def _is_let_in(template: str) -> bool:
    return any(template == path or template.startswith(f"{path}/") for path in DEFAULT_PATHS)


def test_every_way_to_predict_is_let_in() -> None:
    assert [route.template for route in PER_MODEL if not _is_let_in(route.template)] == []


def test_metrics_docs_and_plain_health_stay_inside() -> None:
    outside = {route.template for route in ROUTES if _is_let_in(route.template)}

    assert {"/metrics", *(route.template for route in DOCS)} & outside == set()
    assert outside & {"/health/live", "/health/ready"} == set()


def test_gateway_and_ingress_let_the_same_in() -> None:
    assert chart().values["httpRoute"]["paths"] == DEFAULT_PATHS


@pytest.mark.parametrize(
    ("values", "address"),
    [
        (INGRESS, "https://models.example/predict"),
        (VALUE_SETS["ingress behind TLS, without keys"], "https://*.models.example/predict"),
        (HTTP_ROUTE, "https://models.example/predict"),
    ],
)
def test_notes_say_where_callers_outside_reach_it(values: dict[str, Any], address: str) -> None:
    assert address in render_text(values)["slipway/templates/NOTES.txt"]
