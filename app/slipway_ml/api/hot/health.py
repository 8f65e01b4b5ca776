"""Liveness and readiness: the status code is the answer, the small body is for people.

The guard calls these endpoints itself, so a probe is answered before FastAPI is there and costs little when it is busy.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import orjson

from slipway_ml.front.exchange import HotRequest, HotResponse, Reply
from slipway_ml.serving.execution import execution_of
from slipway_ml.serving.model_table import ModelTable

_HOPELESS = "runs that do not end have taken all threads for models; restart the process"


class HealthHandler:
    """Two handlers over one table.

    `tells_models` says whether `?verbose` may list the models: these routes ask for no key. `is_hopeless` says whether
    only a new process can serve again.
    """

    def __init__(
        self,
        table: ModelTable,
        is_draining: Callable[[], bool],
        is_hopeless: Callable[[], bool],
        *,
        tells_models: bool,
    ) -> None:
        self._table = table
        self._is_draining = is_draining
        self._will_miss_deadline = is_hopeless
        self._tells_models = tells_models

    def live(self, _request: HotRequest, reply: Reply) -> None:
        """Whether the process responds and can run models. How busy it is never counts."""
        if self._will_miss_deadline():
            reply(HotResponse(orjson.dumps({"live": False, "error": _HOPELESS}), 503))
        else:
            reply(HotResponse(orjson.dumps({"live": True})))

    def ready(self, request: HotRequest, reply: Reply) -> None:
        """Whether loading the models wanted at start is over, and one is served."""
        is_ready = self._table.is_ready()
        details = {"models": _models(self._table)} if self._tells_models and _is_verbose(request) else {}
        if is_ready and not self._is_draining() and not self._will_miss_deadline():
            reply(HotResponse(orjson.dumps({"ready": True, **details})))
            return
        if is_ready:
            error = _HOPELESS if self._will_miss_deadline() else "the server is stopping"
        else:
            error = self._table.why_not_ready()
        reply(HotResponse(orjson.dumps({"ready": False, "error": error, **details}), 503))


def _is_verbose(request: HotRequest) -> bool:
    return "verbose" in parse_qs(request.query.decode("latin-1"), keep_blank_values=True)


def _models(table: ModelTable) -> list[dict[str, Any]]:
    """Every version that is served and what it runs on, and the wanted ones that are not, with the reason."""
    return [
        {
            "name": model.name,
            "default_version": model.default,
            "degraded": model.degraded,
            "versions": {version: execution_of(servable) for version, servable in model.versions.items()},
            "waiting": {version: one.reason for version, one in model.waiting.items()},
        }
        for model in table.models.values()
    ]
