"""The guard alone, before handlers and a FastAPI of a few lines."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from slipway_ml.api.error_responses import error_response
from slipway_ml.errors import Forbidden, Unauthorized
from slipway_ml.front.bodies import Limits
from slipway_ml.front.exchange import HotRequest, HotResponse, Reply
from slipway_ml.front.guard import Authorize, Guard, allow_all
from slipway_ml.front.routes import INFER, PREDICT, Match
from slipway_ml.monitoring.metrics import Metrics
from tests.service import client_of

pytestmark = pytest.mark.anyio


def echo(request: HotRequest, reply: Reply) -> None:
    reply(HotResponse(request.body))


def explode(_request: HotRequest, _reply: Reply) -> None:
    raise ZeroDivisionError("secret detail")


def guard(*, limit: int = 1000, authorize: Authorize = allow_all, metrics: Metrics | None = None) -> Guard:
    fastapi = FastAPI(openapi_url=None)
    fastapi.get("/v2")(lambda: {"name": "slipway"})
    return Guard(
        fastapi=fastapi,
        handlers={PREDICT: echo, INFER: explode},
        error_response=error_response,
        metrics=metrics or Metrics(),
        limits=Limits(body=limit, in_flight=4 * limit),
        authorize=authorize,
    )


async def test_hot_handler_gets_the_bytes() -> None:
    async with client_of(guard()) as client:
        response = await client.post("/predict/any", content=b"bytes")

    assert (response.status_code, response.content) == (200, b"bytes")


async def test_other_routes_go_on_to_fastapi() -> None:
    async with client_of(guard()) as client:
        response = await client.get("/v2/")

    assert response.json() == {"name": "slipway"}


async def test_head_is_answered_like_get() -> None:
    async with client_of(guard()) as client:
        response = await client.head("/v2")

    assert response.status_code == 200


async def test_request_id_comes_back() -> None:
    async with client_of(guard()) as client:
        hot = await client.post("/predict/any", headers={"X-Request-ID": "abc-1"})
        cold = await client.get("/v2", headers={"X-Request-ID": "abc-2"})

    assert (hot.headers["x-request-id"], cold.headers["x-request-id"]) == ("abc-1", "abc-2")


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "{}", "<script>"])
async def test_odd_request_id_is_replaced(given: str) -> None:
    async with client_of(guard()) as client:
        response = await client.get("/v2", headers={"X-Request-ID": given})

    assert response.headers["x-request-id"] != given


async def test_two_requests_never_share_an_id() -> None:
    async with client_of(guard()) as client:
        ids = [(await client.get("/v2")).headers["x-request-id"] for _ in range(5)]

    assert len(set(ids)) == 5


async def test_body_at_the_limit_is_accepted_and_one_byte_more_is_refused() -> None:
    async with client_of(guard(limit=2000)) as client:
        accepted = await client.post("/predict/any", content=b"x" * 2000)
        refused = await client.post("/predict/any", content=b"x" * 2001)

    assert (accepted.status_code, refused.status_code) == (200, 413)
    assert refused.json() == {"error": "the body is over the limit of 2000 bytes"}


async def test_chunked_body_is_held_to_the_same_limit() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(30):
            yield b"x" * 100

    async with client_of(guard(limit=2000)) as client:
        response = await client.post("/predict/any", content=chunks())

    assert response.status_code == 413
    assert response.headers["connection"] == "close"


async def test_chunked_body_arrives_whole() -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for number in range(3):
            yield b"%d" % number

    async with client_of(guard()) as client:
        response = await client.post("/predict/any", content=chunks())

    assert response.content == b"012"


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"Content-Type": "multipart/form-data; boundary=x"}, "multipart bodies are not accepted"),
        ({"Content-Encoding": "br"}, "accepted: gzip, deflate"),
    ],
)
async def test_unreadable_kind_of_body_is_refused(headers: dict[str, str], message: str) -> None:
    async with client_of(guard()) as client:
        response = await client.post("/predict/any", content=b"x", headers=headers)

    assert response.status_code == 415
    assert message in response.json()["error"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/predict/any"), ("POST", "/v2"), ("DELETE", "/v2")])
async def test_wrong_method_is_refused_with_the_right_ones(method: str, path: str) -> None:
    async with client_of(guard()) as client:
        response = await client.request(method, path)

    assert response.status_code == 405
    assert response.headers["allow"] in {"POST", "GET, HEAD"}


async def test_unknown_path_is_refused_without_asking_fastapi() -> None:
    async with client_of(guard()) as client:
        response = await client.get("/openapi.json.bak")

    assert response.status_code == 404
    assert set(response.json()) == {"error"}


async def test_bug_in_a_handler_is_answered_without_its_details() -> None:
    async with client_of(guard()) as client:
        response = await client.post("/v2/models/any/infer", content=b"{}")

    assert (response.status_code, response.json()) == (
        500,
        {"error": "the server failed on this request; its log has the details"},
    )


@pytest.mark.parametrize(("refusal", "status"), [(Unauthorized("no key"), 401), (Forbidden("not yours"), 403)])
async def test_door_keeper_is_asked_by_scope_before_the_body_is_read(refusal: Exception, status: int) -> None:
    def only_health(match: Match, _headers: object) -> None:
        if match.route.scope is not None:
            raise refusal

    async with client_of(guard(authorize=only_health, limit=10)) as client:
        responses = [await client.post("/predict/any", content=b"x" * 50), await client.get("/v2")]

    assert [response.status_code for response in responses] == [status, status]


async def test_requests_are_counted_by_template_method_and_status_class() -> None:
    metrics = Metrics()
    async with client_of(guard(metrics=metrics)) as client:
        for name in ("a", "b"):
            await client.post(f"/predict/{name}")
        await client.request("BREW", "/predict/a")

    read = metrics.registry.get_sample_value
    refused = {"handler": "none", "method": "other", "status": "4xx"}
    assert read("http_requests_total", {"handler": "/predict/{model_name}", "method": "POST", "status": "2xx"}) == 2
    assert read("http_requests_total", refused) == 1


async def test_in_flight_is_one_during_a_request_and_zero_after() -> None:
    seen = []

    def look(_request: HotRequest, reply: Reply) -> None:
        seen.append(front.in_flight)
        reply(HotResponse(b""))

    front = Guard(
        fastapi=FastAPI(),
        handlers={PREDICT: look},
        error_response=error_response,
        metrics=Metrics(),
        limits=Limits(100, 100),
    )
    async with client_of(front) as client:
        await client.post("/predict/any")

    assert (seen, front.in_flight) == ([1], 0)


async def test_bodies_in_flight_are_bounded_together() -> None:
    waiting: list[Reply] = []

    def hold(_request: HotRequest, reply: Reply) -> None:
        waiting.append(reply)

    front = Guard(
        fastapi=FastAPI(),
        handlers={PREDICT: hold},
        error_response=error_response,
        metrics=Metrics(),
        limits=Limits(body=100, in_flight=200),
    )
    async with client_of(front) as client:
        held = [asyncio.ensure_future(client.post("/predict/any", content=b"x" * 100)) for _ in range(2)]
        await asyncio.sleep(0.05)
        refused = await client.post("/predict/any", content=b"x")
        for reply in waiting:
            reply(HotResponse(b""))
        responses = await asyncio.gather(*held)

    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert [response.status_code for response in responses] == [200, 200]


async def test_client_that_hangs_up_leaves_nothing_in_flight() -> None:
    front = guard()

    async def disconnect() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(_message: object) -> None:
        raise AssertionError("nobody is there to be answered")

    scope = {"type": "http", "method": "POST", "path": "/predict/any", "headers": []}
    await front(scope, disconnect, send)

    assert front.in_flight == 0


async def test_websocket_is_closed() -> None:
    sent = []

    async def send(message: object) -> None:
        sent.append(message)

    await guard()({"type": "websocket", "path": "/v2", "headers": []}, httpx.AsyncByteStream, send)  # type: ignore[arg-type]

    assert sent == [{"type": "websocket.close", "code": 1008}]
