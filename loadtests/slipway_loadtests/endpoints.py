"""The ways into a model: where to send rows, in which form, and how to tell whether the response is right.

Users and benchmarks take an endpoint as a value, so that another wire format is one more entry here.
"""

from collections.abc import Callable
from dataclasses import dataclass

from slipway_loadtests import payloads, responses
from slipway_loadtests.published import PublishedModel, Row


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way in. `problem(model, rows, status, body)` is None when the response is right."""

    name: str
    template: str
    encode: Callable[[PublishedModel, list[Row]], bytes]
    problem: Callable[[PublishedModel, int, int, bytes], str | None]
    headers: Callable[[PublishedModel, list[Row]], dict[str, str]] = lambda _model, _rows: {}
    """What such a body needs beside it, the same for all bodies of as many rows."""

    def path(self, model: PublishedModel) -> str:
        return self.template.format(model=model.name)


PREDICT = Endpoint("predict", "/predict/{model}", payloads.row_body, responses.row_problem)
BINARY = Endpoint(
    "binary",
    "/v2/models/{model}/infer",
    payloads.binary_body,
    responses.binary_problem,
    headers=payloads.binary_headers,
)
INFER = Endpoint("infer", "/v2/models/{model}/infer", payloads.tensor_body, responses.tensor_problem)
