"""The asynchronous flavour of the best known client, unchanged, against a real server process."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from tests.e2e.triton_cases import (
    BINARY,
    COMPRESSION,
    FLOATS,
    HOUSE_SUMS,
    LABELS,
    MANY,
    OTHER_DATATYPES,
    ROWS,
    house_inputs,
    infer_input,
    texts,
    triton_server,
)
from tests.lazily import later

triton, utils = later("tritonclient.http.aio"), later("tritonclient.utils")

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with triton_server(tmp_path_factory.mktemp("models")) as server:
        yield server.address


@asynccontextmanager
async def connected(address: str) -> AsyncIterator[Any]:
    async with triton.InferenceServerClient(address) as client:
        yield client


async def test_server_and_models_are_live_and_ready(address: str) -> None:
    async with connected(address) as client:
        ready = [await client.is_server_live(), await client.is_server_ready(), await client.is_model_ready("sign")]
        absent = await client.is_model_ready("nobody")

    assert (ready, absent) == ([True] * 3, False)


async def test_metadata_and_configuration(address: str) -> None:
    async with connected(address) as client:
        server, model = await client.get_server_metadata(), await client.get_model_metadata("sign", "1")
        config = await client.get_model_config("sign")

    assert (server["name"], model["name"], config["name"]) == ("slipway", "sign", "sign")


async def test_statistics_grow_with_inference(address: str) -> None:
    async with connected(address) as client:
        before = (await client.get_inference_statistics("sparse"))["model_stats"][0]["inference_count"]
        await client.infer("sparse", [infer_input(triton, "X", ROWS, "FP64")])
        after = (await client.get_inference_statistics("sparse", "1"))["model_stats"][0]["inference_count"]

    assert after == before + 2


async def test_repository_index_load_and_unload(address: str) -> None:
    async with connected(address) as client:
        await client.unload_model("spare")
        gone = await client.is_model_ready("spare")
        await client.load_model("spare")
        index = await client.get_model_repository_index()

    assert not gone
    assert {"name": "spare", "version": "1", "state": "READY", "reason": ""} in index


@pytest.mark.parametrize(("datatype", "dtype", "binary"), FLOATS)
@pytest.mark.parametrize("binary_output", [True, False])
async def test_floats_both_ways(address: str, datatype: str, dtype: type, binary: bool, binary_output: bool) -> None:
    inputs = [infer_input(triton, "X", ROWS.astype(dtype), datatype, binary=binary)]
    outputs = [triton.InferRequestedOutput(name, binary_output) for name in ("probabilities", "label")]
    async with connected(address) as client:
        answer = await client.infer("sign", inputs, outputs=outputs)

    assert texts(answer.as_numpy("label")) == LABELS
    assert answer.as_numpy("probabilities").round(3).tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(("binary", "binary_output"), BINARY)
@pytest.mark.parametrize("mixed", [True, False], ids=["mixed", "alike"])
async def test_columns_of_every_datatype_both_ways(
    address: str, binary: bool, binary_output: bool, mixed: bool
) -> None:
    outputs = [triton.InferRequestedOutput("value", binary_output)]
    async with connected(address) as client:
        answer = await client.infer("house", house_inputs(triton, binary, mixed=mixed), outputs=outputs)

    assert answer.as_numpy("value").tolist() == HOUSE_SUMS


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize(("datatype", "dtype"), OTHER_DATATYPES)
async def test_other_datatypes_are_read_and_taken_where_they_are_numbers(
    address: str, datatype: str, dtype: type, binary: bool
) -> None:
    sent = infer_input(triton, "X", np.ones((1, 2), dtype), datatype, binary=binary)

    async with connected(address) as client:
        if datatype == "BOOL":
            with pytest.raises(utils.InferenceServerException, match="input 'X': datatype must be FP64"):
                await client.infer("sign", [sent])
        else:
            assert (await client.infer("sign", [sent])).as_numpy("label") is not None


@pytest.mark.parametrize(("request_coding", "response_coding"), COMPRESSION)
async def test_compression_both_ways(address: str, request_coding: str | None, response_coding: str | None) -> None:
    async with connected(address) as client:
        answer = await client.infer(
            "sign",
            [infer_input(triton, "X", MANY, "FP64")],
            request_compression_algorithm=request_coding,
            response_compression_algorithm=response_coding,
        )

    assert answer.as_numpy("probabilities").tolist() == [[0.5, 0.5]] * len(MANY)


@pytest.mark.parametrize("binary_output", [True, False])
async def test_classes_with_labels(address: str, binary_output: bool) -> None:
    wanted = [triton.InferRequestedOutput("probabilities", binary_output, class_count=1)]
    async with connected(address) as client:
        answer = await client.infer("sign", [infer_input(triton, "X", ROWS, "FP64")], outputs=wanted)

    assert texts(answer.as_numpy("probabilities")) == ["1.000000:0:no", "1.000000:1:jä"]


@pytest.mark.parametrize("binary", [True, False])
async def test_nan_means_missing(address: str, binary: bool) -> None:
    sent = infer_input(triton, "X", np.array([[1.0, np.nan]]), "FP64", binary=binary)
    async with connected(address) as client:
        answer = await client.infer("sparse", [sent])

    assert answer.as_numpy("value").tolist() == [[1.0]]


async def test_calls_may_overlap(address: str) -> None:
    async with connected(address) as client:
        calls = [client.infer("sign", [infer_input(triton, "X", ROWS, "FP64")]) for _ in range(8)]
        answers = await asyncio.gather(*calls)

    assert [texts(answer.as_numpy("label")) for answer in answers] == [LABELS] * 8


@pytest.mark.parametrize(
    ("model", "shape", "message"), [("nobody", [1, 2], "no such model"), ("sign", [1, 3], "shape must be")]
)
async def test_errors_reach_the_client_as_sentences(address: str, model: str, shape: list[int], message: str) -> None:
    async with connected(address) as client:
        with pytest.raises(utils.InferenceServerException, match=message):
            await client.infer(model, [infer_input(triton, "X", np.zeros(shape), "FP64")])
