"""The route table: every path the service serves, with its methods and who may call it. What is not here is refused.

A hot route is served straight from the guard by a handler that gets the bytes; the others go on to FastAPI.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from slipway_ml.security.keys import Scope


@dataclass(frozen=True, slots=True, eq=False)  # a row is itself: looking one up must not compare its fields
class Route:
    """One row. `template` is also the `handler` label of the HTTP metrics, so label values stay as few as the rows.

    `scope` is what a key must allow; a route without one asks for no key.
    """

    template: str
    methods: frozenset[str]
    scope: Scope | None
    is_hot: bool = False
    is_timed: bool = False
    """Whether its seconds have a histogram of their own."""
    endpoint: str = ""
    """What the metrics of models call a route for predictions."""
    takes_model: bool = False
    """Whether its query may name a model, which is then what the request is for."""


def _get(template: str, scope: Scope) -> Route:
    return Route(template, frozenset({"GET", "HEAD"}), scope)


def _probe(template: str) -> Route:
    return Route(template, frozenset({"GET", "HEAD"}), None, is_hot=True)


def _page(template: str) -> Route:
    return Route(template, frozenset({"GET", "HEAD"}), None)


def _hot(template: str, endpoint: str) -> Route:
    return Route(template, frozenset({"POST"}), Scope.PREDICT, is_hot=True, is_timed=True, endpoint=endpoint)


def _control(template: str, scope: Scope) -> Route:
    return Route(template, frozenset({"POST"}), scope, is_hot=True)


PREDICT = _hot("/predict/{model_name}", "predict")
PREDICT_VERSION = _hot("/predict/{model_name}/versions/{model_version}", "predict")
INFER = _hot("/v2/models/{model_name}/infer", "infer")
INFER_VERSION = _hot("/v2/models/{model_name}/versions/{model_version}/infer", "infer")

V1_PREDICT = _hot("/v1/models/{model_name}:predict", "v1")
V1_PREDICT_VERSION = _hot("/v1/models/{model_name}/versions/{model_version}:predict", "v1")
INDEX = _control("/v2/repository/index", Scope.PREDICT)
LOAD = _control("/v2/repository/models/{model_name}/load", Scope.ADMIN)
UNLOAD = _control("/v2/repository/models/{model_name}/unload", Scope.ADMIN)

PER_MODEL = (PREDICT, INFER, V1_PREDICT, PREDICT_VERSION, INFER_VERSION, V1_PREDICT_VERSION)
"""The rows that are served for each model, for each version of it."""

LIVE, READY = _probe("/health/live"), _probe("/health/ready")
V2_LIVE, V2_READY = _probe("/v2/health/live"), _probe("/v2/health/ready")

METRICS = _get("/metrics", Scope.METRICS)
FOR_OPERATORS = frozenset({LIVE, READY, V2_LIVE, V2_READY, METRICS})
"""What a server that has no place for anybody else still serves."""

ROOT = Route("/", frozenset({"GET", "HEAD"}), None, is_hot=True)
"""What is here, for whoever comes without knowing."""

OPENAPI = Route("/openapi.json", frozenset({"GET", "HEAD"}), Scope.PREDICT, takes_model=True)
DOCS_PAGE, DOCS_ASSETS = _page("/docs"), _page("/static-offline-docs/{asset}")
DOCS = (DOCS_PAGE, OPENAPI, DOCS_ASSETS)
"""What people read; the page asks them for their key, and tells nothing itself."""

ROUTES: tuple[Route, ...] = (
    PREDICT,
    PREDICT_VERSION,
    INFER,
    INFER_VERSION,
    V1_PREDICT,
    V1_PREDICT_VERSION,
    _get("/v1/models", Scope.PREDICT),
    _get("/v1/models/{model_name}", Scope.PREDICT),
    _get("/v1/models/{model_name}/versions/{model_version}", Scope.PREDICT),
    _get("/v1/models/{model_name}/metadata", Scope.PREDICT),
    _get("/v1/models/{model_name}/versions/{model_version}/metadata", Scope.PREDICT),
    INDEX,
    LOAD,
    UNLOAD,
    _get("/v2", Scope.PREDICT),
    _get("/v2/models", Scope.PREDICT),
    _get("/v2/models/stats", Scope.PREDICT),
    _get("/v2/models/{model_name}", Scope.PREDICT),
    _get("/v2/models/{model_name}/versions/{model_version}", Scope.PREDICT),
    _get("/v2/models/{model_name}/ready", Scope.PREDICT),
    _get("/v2/models/{model_name}/versions/{model_version}/ready", Scope.PREDICT),
    _get("/v2/models/{model_name}/stats", Scope.PREDICT),
    _get("/v2/models/{model_name}/versions/{model_version}/stats", Scope.PREDICT),
    _get("/v2/models/{model_name}/config", Scope.PREDICT),
    _get("/v2/models/{model_name}/versions/{model_version}/config", Scope.PREDICT),
    V2_LIVE,
    V2_READY,
    LIVE,
    READY,
    METRICS,
    ROOT,
    *DOCS,
)


_BY_QUERY = {"model": "model_name", "version": "model_version"}


@dataclass(frozen=True, slots=True)
class Match:
    """A row of the table and the values of the template's parameters."""

    route: Route
    params: dict[str, str]
    base_path: str = ""
    """The base path, where the path began with it."""

    def for_model(self, query: bytes) -> "Match":
        """The same for the model, and its version, that a query names; of several of one name the last counts."""
        given = dict(parse_qsl(query.decode("latin-1")))
        params = {param: given[name] for name, param in _BY_QUERY.items() if name in given}
        return replace(self, params={**self.params, **params}) if "model_name" in params else self


class RouteTable:
    """Looks paths up, with and without the base path. One trailing slash is ignored; nothing else about a path is."""

    def __init__(self, routes: Sequence[Route] = ROUTES, *, base_path: str = "") -> None:
        self._patterns = [(re.compile(_pattern(route.template)), route) for route in routes]
        self._base_path = base_path

    def find(self, path: str) -> Match | None:
        """The row that a path belongs to, whatever the method; None where no row does."""
        found = self._find(path, "")
        if found is None and self._base_path and path.startswith(self._base_path):
            return self._find(path.removeprefix(self._base_path), self._base_path)
        return found

    def _find(self, path: str, base_path: str) -> Match | None:
        for pattern, route in self._patterns:
            match = pattern.fullmatch(path)
            if match:
                return Match(route, match.groupdict(), base_path)
        return None


def _pattern(template: str) -> str:
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template.removesuffix("/")) + "/?"
