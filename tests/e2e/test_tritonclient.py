"""The best known client of the protocol, unchanged, against a real server process."""

from collections.abc import Iterator

import numpy as np
import pytest
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException

from tests.factories import matrix_signature, mixed_signature, publish, sign_graph, sum_graph
from tests.server import running_server


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[triton.InferenceServerClient]:
    models = tmp_path_factory.mktemp("models")
    sign, house, sparse = matrix_signature(2, ("no", "yes")), mixed_signature(), matrix_signature(2, nullable=True)
    publish(models, "sign", sign, sign_graph(sign))
    publish(models, "house", house, sum_graph(house))
    publish(models, "sparse", sparse, sum_graph(sparse))
    with running_server(models) as server:
        client = triton.InferenceServerClient(server.address)
        yield client
        client.close()


def json_input(name: str, values: np.ndarray, datatype: str) -> triton.InferInput:
    sent = triton.InferInput(name, list(values.shape), datatype)
    sent.set_data_from_numpy(values, binary_data=False)
    return sent


def json_output(name: str) -> triton.InferRequestedOutput:
    return triton.InferRequestedOutput(name, binary_data=False)


def test_server_and_models_are_live_and_ready(client: triton.InferenceServerClient) -> None:
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("sign")
    assert client.is_model_ready("sign", "1")
    assert not client.is_model_ready("nobody")


def test_metadata_of_server_and_model(client: triton.InferenceServerClient) -> None:
    server, model = client.get_server_metadata(), client.get_model_metadata("sign", "1")

    assert server["name"] == "slipway"
    assert model["inputs"] == [{"name": "X", "datatype": "FP64", "shape": [-1, 2]}]


@pytest.mark.parametrize(("dtype", "datatype"), [(np.float64, "FP64"), (np.float32, "FP32")])
def test_json_inference_on_a_matrix(client: triton.InferenceServerClient, dtype: type, datatype: str) -> None:
    rows: np.ndarray = np.array([[-30, -1], [30, 1]], dtype)

    answer = client.infer(
        "sign", [json_input("X", rows, datatype)], outputs=[json_output("label"), json_output("probabilities")]
    )

    assert answer.as_numpy("label").tolist() == ["no", "yes"]
    assert answer.as_numpy("probabilities").round(3).tolist() == [[1, 0], [0, 1]]


def test_json_inference_on_columns_of_every_datatype(client: triton.InferenceServerClient) -> None:
    inputs = [
        json_input("age", np.array([[10.5]]), "FP64"),
        json_input("rooms", np.array([[3]], np.int64), "INT64"),
        json_input("floors", np.array([[2.0]]), "FP64"),
        json_input("garden", np.array([[True]]), "BOOL"),
        json_input("city", np.array([["Ulm"]], np.object_), "BYTES"),
        json_input("heating", np.array([["gas"]], np.object_), "BYTES"),
    ]

    answer = client.infer("house", inputs, outputs=[json_output("value")], request_id="id-é")

    assert answer.as_numpy("value").tolist() == [[16.5]]
    assert answer.get_response()["id"] == "id-é"


def test_bare_nan_as_this_client_writes_it_means_missing(client: triton.InferenceServerClient) -> None:
    rows = np.array([[1.0, np.nan]])

    answer = client.infer("sparse", [json_input("X", rows, "FP64")], outputs=[json_output("value")])

    assert answer.as_numpy("value").tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("model", "shape", "message"),
    [("nobody", [1, 2], "no such model"), ("sign", [1, 3], "shape must be"), ("sign", [2, 1], "shape must be")],
)
def test_errors_reach_the_client_as_sentences(
    client: triton.InferenceServerClient, model: str, shape: list[int], message: str
) -> None:
    rows: np.ndarray = np.zeros(shape)

    with pytest.raises(InferenceServerException, match=message):
        client.infer(model, [json_input("X", rows, "FP64")], outputs=[json_output("label")])
