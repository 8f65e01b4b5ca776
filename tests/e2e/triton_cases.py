"""What both flavours of the best known client are tried with: the models they meet and the requests they make."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from slipway_ml.contract.tensors import Tensor
from tests.factories import matrix_signature, mixed_signature, publish
from tests.graphs import sign_graph, sum_graph
from tests.server import Server, running_server

ROWS: Tensor = np.array([[-30.0, -1.0], [30.0, 1.0]])
LABELS = ["no", "jä"]
HOUSE: dict[str, tuple[str, Tensor]] = {
    "age": ("FP64", np.array([[10.5], [np.nan]])),
    "rooms": ("INT64", np.array([[3], [4]], np.int64)),
    "floors": ("FP64", np.array([[2.0], [np.nan]])),
    "garden": ("BOOL", np.array([[True], [False]])),
    "city": ("BYTES", np.array([["Köln"], ["東京 😀"]], np.object_)),
    "heating": ("BYTES", np.array([["gas"], ["oil"]], np.object_)),
}
HOUSE_SUMS = [[16.5], [4.0]]

FLOATS: list[tuple[str, type, bool]] = [
    ("FP64", np.float64, True),
    ("FP64", np.float64, False),
    ("FP32", np.float32, True),
    ("FP32", np.float32, False),
    ("FP16", np.float16, True),  # this client has no JSON for it
]
OTHER_DATATYPES: list[tuple[str, type]] = [
    ("BOOL", np.bool_),
    ("UINT8", np.uint8),
    ("UINT16", np.uint16),
    ("UINT32", np.uint32),
    ("UINT64", np.uint64),
    ("INT8", np.int8),
    ("INT16", np.int16),
    ("INT32", np.int32),
    ("INT64", np.int64),
]
COMPRESSION = list(product([None, "gzip", "deflate"], repeat=2))
BINARY = list(product([True, False], repeat=2))
MANY: Tensor = np.zeros((400, 2))
"""Rows whose answer is large enough to be compressed."""


def publish_models(models: Path) -> None:
    """One of numbers with labels, one of columns of every kind, and two that may miss values."""
    sign, house, sparse = matrix_signature(2, tuple(LABELS)), mixed_signature(), matrix_signature(2, nullable=True)
    publish(models, "sign", sign, sign_graph(sign))
    publish(models, "house", house, sum_graph(house))
    publish(models, "sparse", sparse, sum_graph(sparse))
    publish(models, "spare", sparse, sum_graph(sparse))


@contextmanager
def triton_server(models: Path, *options: str) -> Iterator[Server]:
    """A server of these models that allows load and unload."""
    publish_models(models)
    with running_server(models, "--model-control", "explicit", *options) as server:
        yield server


def infer_input(client: Any, name: str, values: Tensor, datatype: str, *, binary: bool = True) -> Any:
    """An input of either flavour of the client."""
    sent = client.InferInput(name, list(values.shape), datatype)
    sent.set_data_from_numpy(values, binary_data=binary)
    return sent


def house_inputs(client: Any, binary: bool, *, mixed: bool = False) -> list[Any]:
    """The columns of a house; with `mixed` every other one travels the other way."""
    return [
        infer_input(client, name, values, datatype, binary=binary ^ (mixed and number % 2 == 1))
        for number, (name, (datatype, values)) in enumerate(HOUSE.items())
    ]


def texts(values: Tensor) -> Any:
    """BYTES as text; the client gives bytes for binary outputs and text for those in JSON."""
    return [text.decode() if isinstance(text, bytes) else text for text in values.ravel().tolist()]
