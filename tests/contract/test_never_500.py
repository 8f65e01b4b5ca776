"""Whatever bytes, headers and codings arrive at any endpoint, the answer is a result or a sentence, and never a 500."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import httpx
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import given
from hypothesis import strategies as st

from tests.e2e.triton_cases import publish_models
from tests.factories import mixed_signature
from tests.service import service
from tests.strategies import JSON, MANY, almost_requests, almost_rows

ENDPOINTS = [
    "/predict/sign",
    "/predict/house",
    "/v1/models/sign:predict",
    "/v1/models/house/versions/1:predict",
    "/v2/models/sign/infer",
    "/v2/models/sparse/versions/1/infer",
    "/v2/models/house/infer",
    "/v2/repository/index",
    "/v2/repository/models/spare/load",
    "/v2/repository/models/nobody/unload",
]
LENGTHS = st.sampled_from(["0", "1", "2", "20", "-1", "x", "9" * 30, ""])
CODINGS = st.sampled_from(["gzip", "deflate", "br", "identity", "gzip, gzip", ""])
HEADERS = st.fixed_dictionaries(
    {}, optional={"Inference-Header-Content-Length": LENGTHS, "Content-Encoding": CODINGS, "Accept-Encoding": CODINGS}
)
DOCUMENTS = (
    JSON
    | almost_requests()
    | almost_rows(mixed_signature())
    | st.fixed_dictionaries({"inputs": st.dictionaries(st.sampled_from(["f0", "f1", "X"]), JSON)})
    | st.fixed_dictionaries({}, optional={"ready": JSON, "parameters": JSON})
)
BODIES = st.binary(max_size=80) | st.builds(lambda document: json.dumps(document).encode(), DOCUMENTS)
SQUEEZED = st.builds(zlib.compress, BODIES) | st.builds(gzip.compress, BODIES)


@dataclass
class Caller:
    """The service in a thread of its own, so that properties can call it."""

    portal: BlockingPortal
    client: httpx.AsyncClient

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return self.portal.call(partial(self.client.post, path, content=body, headers=headers))


@pytest.fixture(scope="module")
def caller(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    models = tmp_path_factory.mktemp("models")
    publish_models(models)
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(service(models, model_control="explicit", max_body_bytes=2000)) as client,
    ):
        yield Caller(portal, client)


@MANY
@given(st.sampled_from(ENDPOINTS), BODIES | SQUEEZED, HEADERS)
def test_any_request_gets_a_result_or_a_sentence(
    caller: Caller, path: str, body: bytes, headers: dict[str, str]
) -> None:
    answer = caller.post(path, body, headers)

    assert answer.status_code in {200, 400, 404, 413, 415, 422}
    if answer.status_code != 200:
        assert answer.json()["error"]
