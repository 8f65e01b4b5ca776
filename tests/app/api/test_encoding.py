"""Compression and the base path at every endpoint that gets a body."""

import gzip
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest

from tests.app.api.tensors import HEADER, binary, framed, tensor
from tests.factories import publish
from tests.service import service

pytestmark = pytest.mark.anyio

MANY_ROWS = orjson.dumps({"instances": [[1, 2, 3]] * 500})
ENDPOINTS: dict[str, tuple[str, bytes]] = {
    "rows": ("/predict/sum", MANY_ROWS),
    "tensors": ("/v2/models/sum/infer", orjson.dumps({"inputs": [tensor([[1, 2, 3]] * 500, [500, 3])]})),
}


@pytest.mark.parametrize(("path", "body"), ENDPOINTS.values(), ids=ENDPOINTS.keys())
@pytest.mark.parametrize(("coding", "compress"), [("gzip", gzip.compress), ("deflate", zlib.compress)])
async def test_both_directions_may_be_compressed(
    tmp_path: Path, path: str, body: bytes, coding: str, compress: Any
) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        plain = await client.post(path, content=body, headers={"X-Request-ID": "1", "Accept-Encoding": "identity"})
        headers = {"X-Request-ID": "1", "Content-Encoding": coding, "Accept-Encoding": coding}
        response = await client.post(path, content=compress(body), headers=headers)

    assert "content-encoding" not in plain.headers
    assert (response.headers["content-encoding"], response.headers["vary"]) == (coding, "accept-encoding")
    assert response.content == plain.content
    assert int(response.headers["content-length"]) < len(plain.content)


async def test_small_answer_is_never_compressed(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post(
            "/predict/sum", json={"instances": [[1, 2, 3]]}, headers={"Accept-Encoding": "gzip"}
        )

    assert "content-encoding" not in response.headers


async def test_length_of_the_json_is_that_before_compression(tmp_path: Path) -> None:
    publish(tmp_path)
    rows = np.ones((400, 3))
    request = framed([binary(rows.nbytes, [400, 3])], rows.tobytes(), parameters={"binary_data_output": True})
    async with service(tmp_path) as client:
        headers = {**request["headers"], "Content-Encoding": "gzip", "Accept-Encoding": "deflate"}
        response = await client.post("/v2/models/sum/infer", content=gzip.compress(request["content"]), headers=headers)

    assert response.headers["content-encoding"] == "deflate"
    assert orjson.loads(response.content[: int(response.headers[HEADER])])["outputs"][0]["shape"] == [400, 1]


REFUSED: dict[str, tuple[str, bytes, int]] = {
    "bomb": ("gzip", gzip.compress(b" " * 100_000), 413),
    "cut off": ("gzip", gzip.compress(MANY_ROWS)[:-3], 400),
    "unknown": ("br", MANY_ROWS, 415),
    "stacked": ("gzip, deflate", MANY_ROWS, 415),
}


@pytest.mark.parametrize(("coding", "body", "status"), REFUSED.values(), ids=REFUSED.keys())
async def test_compressed_body_that_cannot_be_read_is_refused(
    tmp_path: Path, coding: str, body: bytes, status: int
) -> None:
    publish(tmp_path)
    async with service(tmp_path, max_body_bytes=50_000) as client:
        response = await client.post("/predict/sum", content=body, headers={"Content-Encoding": coding})

    assert (response.status_code, set(response.json())) == (status, {"error"})
    assert response.headers.get("accept-encoding", "") == ("gzip, deflate" if status == 415 else "")


async def test_refusal_of_a_compressed_body_is_no_longer_than_that_and_1_kib(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        for row in (b"0", b"{}", b"[null]"):
            body = gzip.compress(b'{"instances":[' + b",".join([row] * 5000) + b"]}")
            response = await client.post("/predict/sum", content=body, headers={"Content-Encoding": "gzip"})
            told = response.json()

            assert response.status_code == 422
            assert len(response.content) <= len(body) + 1024
            assert told["problems"]
            assert len(told["problems"]) + told["problems_not_listed"] > 100


async def test_inflated_bodies_count_as_bytes_in_flight(tmp_path: Path) -> None:
    publish(tmp_path)
    body = gzip.compress(b" " * 40_000)
    async with service(tmp_path, max_body_bytes=50_000, max_bytes_in_flight=30_000) as client:
        response = await client.post("/predict/sum", content=body, headers={"Content-Encoding": "gzip"})
        after = await client.post("/predict/sum", json={"instances": [[1, 2, 3]]})

    assert (response.status_code, after.status_code) == (503, 200)


async def test_repeated_length_of_the_json_is_refused(tmp_path: Path) -> None:
    publish(tmp_path)
    async with service(tmp_path) as client:
        response = await client.post("/v2/models/sum/infer", content=b"{}", headers=[(HEADER, "2"), (HEADER, "2")])

    assert (response.status_code, response.json()) == (
        400,
        {"error": "Inference-Header-Content-Length must be given once"},
    )
