"""The route table: what is found, and that nothing else is."""

import pytest

from slipway_ml.front.routes import LIVE, READY, ROOT, ROUTES, V2_LIVE, V2_READY, Route, RouteTable


@pytest.mark.parametrize(
    ("path", "template", "params"),
    [
        ("/predict/churn", "/predict/{model_name}", {"model_name": "churn"}),
        ("/v2", "/v2", {}),
        ("/v2/", "/v2", {}),
        (
            "/v2/models/churn/versions/3/infer",
            "/v2/models/{model_name}/versions/{model_version}/infer",
            {"model_name": "churn", "model_version": "3"},
        ),
        ("/health/ready", "/health/ready", {}),
    ],
)
def test_path_is_found_with_its_parameters(path: str, template: str, params: dict[str, str]) -> None:
    match = RouteTable().find(path)

    assert match is not None
    assert (match.route.template, match.params) == (template, params)


@pytest.mark.parametrize(
    "path",
    [
        "//",
        "//v2",
        "/V2",
        "/predict",
        "/predict/",
        "/predict/a/b",
        "/v2//",
        "/v2/models/a/infer/x",
        "/metrics\n",
        "/admin",
    ],
)
def test_path_that_is_not_in_the_table_is_not_found(path: str) -> None:
    assert RouteTable().find(path) is None


def test_every_route_has_methods_and_templates_are_unique() -> None:
    templates = [route.template for route in ROUTES]

    assert all(route.methods for route in ROUTES)
    assert len(set(templates)) == len(templates)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.template)
def test_no_row_stands_in_the_way_of_another(route: Route) -> None:
    """Else the guard would ask for the scope of one row and FastAPI call the handler of the other."""
    path = route.template.replace("{model_name}", "m").replace("{model_version}", "1").replace("{asset}", "x.css")

    match = RouteTable().find(path)

    assert match is not None
    assert match.route is route


def test_only_posts_and_probes_and_the_root_are_hot() -> None:
    others = {route for route in ROUTES if route.is_hot and route.methods != {"POST"}}

    assert others == {LIVE, READY, V2_LIVE, V2_READY, ROOT}


@pytest.mark.parametrize(("path", "base"), [("/v2", ""), ("/shop/v2", "/shop"), ("/shop/v2/", "/shop")])
def test_path_is_found_with_and_without_the_base_path(path: str, base: str) -> None:
    match = RouteTable(base_path="/shop").find(path)

    assert match is not None
    assert (match.route.template, match.base_path) == ("/v2", base)


@pytest.mark.parametrize("path", ["/shop//", "/shopv2", "/shop/shop/v2", "/other/v2", "/shop//v2", "/Shop/v2"])
def test_base_path_adds_nothing_but_itself(path: str) -> None:
    assert RouteTable(base_path="/shop").find(path) is None


def test_base_path_may_look_like_a_route() -> None:
    table = RouteTable(base_path="/v2")
    found = [table.find(path) for path in ("/v2", "/v2/v2", "/v2/models", "/v2/v2/models")]

    assert [match.base_path for match in found if match] == ["", "/v2", "", "/v2"]
