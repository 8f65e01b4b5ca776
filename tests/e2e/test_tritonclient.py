"""The best known client of the protocol, unchanged, against a real server process."""

from collections.abc import Iterator
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

triton, utils = later("tritonclient.http"), later("tritonclient.utils")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with triton_server(tmp_path_factory.mktemp("models")) as server:
        client = triton.InferenceServerClient(server.address)
        yield client
        client.close()


def test_server_and_models_are_live_and_ready(client: Any) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("sign")
    assert client.is_model_ready("sign", "1")
    assert not client.is_model_ready("nobody")


def test_metadata_of_server_and_model(client: Any) -> None:
    server, model = client.get_server_metadata(), client.get_model_metadata("sign", "1")

    assert server["name"] == "slipway"
    assert {"binary_tensor_data", "statistics"} <= set(server["extensions"])
    assert model["inputs"] == [{"name": "X", "datatype": "FP64", "shape": [-1, 2]}]


@pytest.mark.parametrize(("model", "version"), [("sign", ""), ("sign", "1")])
def test_configuration(client: Any, model: str, version: str) -> None:
    config = client.get_model_config(model, version)

    assert config["name"] == model
    assert config["input"][0]["data_type"] == "TYPE_FP64"


@pytest.mark.parametrize(("model", "version"), [("", ""), ("sparse", ""), ("sparse", "1")])
def test_statistics_grow_with_inference(client: Any, model: str, version: str) -> None:
    def count() -> Any:
        found = client.get_inference_statistics(model, version)["model_stats"]
        return next(entry["inference_count"] for entry in found if entry["name"] == "sparse")

    before = count()
    client.infer("sparse", [infer_input(triton, "X", ROWS, "FP64")])

    assert count() == before + 2


def test_repository_index_load_and_unload(client: Any) -> None:
    client.unload_model("spare")
    gone = client.is_model_ready("spare"), client.get_model_repository_index()
    client.load_model("spare")
    back = client.is_model_ready("spare"), client.get_model_repository_index()

    assert (gone[0], back[0]) == (False, True)
    assert {"name": "spare", "state": "UNAVAILABLE", "reason": "unloaded"} in gone[1]
    assert {"name": "spare", "version": "1", "state": "READY", "reason": ""} in back[1]


@pytest.mark.parametrize(("datatype", "dtype", "binary"), FLOATS)
@pytest.mark.parametrize("binary_output", [True, False])
def test_floats_both_ways(client: Any, datatype: str, dtype: type, binary: bool, binary_output: bool) -> None:
    inputs = [infer_input(triton, "X", ROWS.astype(dtype), datatype, binary=binary)]
    outputs = [triton.InferRequestedOutput(name, binary_output) for name in ("probabilities", "label")]
    answer = client.infer("sign", inputs, outputs=outputs)

    assert texts(answer.as_numpy("label")) == LABELS
    assert answer.as_numpy("probabilities").round(3).tolist() == [[1, 0], [0, 1]]
    assert [output["name"] for output in answer.get_response()["outputs"]] == ["probabilities", "label"]


@pytest.mark.parametrize(("binary", "binary_output"), BINARY)
@pytest.mark.parametrize("mixed", [True, False], ids=["mixed", "alike"])
def test_columns_of_every_datatype_both_ways(client: Any, binary: bool, binary_output: bool, mixed: bool) -> None:
    outputs = [triton.InferRequestedOutput("value", binary_output)]
    answer = client.infer("house", house_inputs(triton, binary, mixed=mixed), outputs=outputs, request_id="id-é")

    assert answer.as_numpy("value").tolist() == HOUSE_SUMS
    assert answer.get_response()["id"] == "id-é"


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize(("datatype", "dtype"), OTHER_DATATYPES)
def test_other_datatypes_are_read_and_taken_where_they_are_numbers(
    client: Any, datatype: str, dtype: type, binary: bool
) -> None:
    sent = infer_input(triton, "X", np.ones((1, 2), dtype), datatype, binary=binary)

    if datatype == "BOOL":
        with pytest.raises(utils.InferenceServerException, match="input 'X': datatype must be FP64"):
            client.infer("sign", [sent])
    else:
        assert client.infer("sign", [sent]).as_numpy("label") is not None


@pytest.mark.parametrize(("request_coding", "response_coding"), COMPRESSION)
def test_compression_both_ways(client: Any, request_coding: str | None, response_coding: str | None) -> None:
    answer = client.infer(
        "sign",
        [infer_input(triton, "X", MANY, "FP64")],
        request_compression_algorithm=request_coding,
        response_compression_algorithm=response_coding,
    )

    assert answer.as_numpy("probabilities").tolist() == [[0.5, 0.5]] * len(MANY)
    assert texts(answer.as_numpy("label")) == ["no"] * len(MANY)


@pytest.mark.parametrize("binary_output", [True, False])
def test_classes_with_labels(client: Any, binary_output: bool) -> None:
    wanted = [triton.InferRequestedOutput("probabilities", binary_output, class_count=2)]
    answer = client.infer("sign", [infer_input(triton, "X", ROWS, "FP64")], outputs=wanted)

    assert answer.as_numpy("probabilities").shape == (2, 2)
    assert texts(answer.as_numpy("probabilities")) == [
        "1.000000:0:no",
        "0.000000:1:jä",
        "1.000000:1:jä",
        "0.000000:0:no",
    ]


@pytest.mark.parametrize("binary", [True, False])
def test_nan_means_missing_as_bytes_and_as_this_client_writes_it(client: Any, binary: bool) -> None:
    sent = infer_input(triton, "X", np.array([[1.0, np.nan]]), "FP64", binary=binary)

    assert client.infer("sparse", [sent]).as_numpy("value").tolist() == [[1.0]]


def test_parameters_come_back_and_time_can_run_out(client: Any) -> None:
    inputs = [infer_input(triton, "X", ROWS, "FP64")]
    answer = client.infer("sign", inputs, parameters={"trace": "a-1"}, timeout=60_000_000, priority=1)

    assert answer.get_response()["parameters"] == {"trace": "a-1"}
    with pytest.raises(utils.InferenceServerException, match="within the deadline"):
        client.infer("sign", inputs, timeout=1)


def test_calls_may_overlap(client: Any) -> None:
    calls = [client.async_infer("sign", [infer_input(triton, "X", ROWS, "FP64")]) for _ in range(8)]

    assert [texts(call.get_result().as_numpy("label")) for call in calls] == [LABELS] * 8


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [("nobody", [1, 2], "no such model"), ("sign", [1, 3], "shape must be"), ("sign", [2, 1], "shape must be")],
)
@pytest.mark.parametrize("binary", [True, False])
def test_errors_reach_the_client_as_sentences(
    client: Any, model: str, shape: list[int], message: str, binary: bool
) -> None:
    with pytest.raises(utils.InferenceServerException, match=message):
        client.infer(model, [infer_input(triton, "X", np.zeros(shape), "FP64", binary=binary)])


def test_base_path_in_the_address(tmp_path_factory: pytest.TempPathFactory) -> None:
    with triton_server(tmp_path_factory.mktemp("models"), "--base-path", "/team/a") as server:
        client = triton.InferenceServerClient(f"{server.address}/team/a")
        answer = client.infer("sign", [infer_input(triton, "X", ROWS, "FP64")])
        client.close()

    assert texts(answer.as_numpy("label")) == LABELS
