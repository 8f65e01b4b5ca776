"""Valid requests for a model, all different: rows drawn within what the model publishes, and their bodies.

Different bodies matter: a single row sent again and again flatters every cache on the way. Drawing is seeded, so two
runs send the same requests.
"""

import json
import sys
from array import array
from collections.abc import Iterable
from random import Random
from typing import Any

from slipway_loadtests.errors import CannotRun
from slipway_loadtests.published import Field, PublishedModel, Row, TensorInput, Value

ENOUGH_ROWS = 10_000

_SHARE_MISSING = 0.1
_DRAWS_PER_ROW = 5


def distinct_rows(model: PublishedModel, count: int = ENOUGH_ROWS, seed: int = 0) -> list[Row]:
    """`count` different rows; fewer when a model of few categories does not have so many."""
    random = Random(seed)  # noqa: S311 - test data
    rows: dict[tuple[Value, ...], Row] = {}
    for _ in range(count * _DRAWS_PER_ROW):
        row = {field.name: _draw(field, random) for field in model.fields}
        rows.setdefault(tuple(row.values()), row)
        if len(rows) == count:
            break
    return list(rows.values())


def _draw(field: Field, random: Random) -> Value:
    if field.nullable and random.random() < _SHARE_MISSING:
        return None
    if field.kind == "boolean":
        return random.random() < 0.5  # noqa: PLR2004 - a coin
    if field.kind == "string":
        return random.choice(field.choices)
    drawn = random.uniform(field.low, field.high)
    return round(drawn) if field.kind == "integer" else float(f"{drawn:.6g}")


def row_body(_model: PublishedModel, rows: list[Row]) -> bytes:
    """The body for `/predict/{model}`."""
    return _encode({"instances": rows})


def tensor_body(model: PublishedModel, rows: list[Row]) -> bytes:
    """The body for `/v2/models/{model}/infer`: the fields of a row, in order, shared out to the inputs."""
    names = iter([field.name for field in model.fields])
    inputs = [_tensor(tensor, [next(names) for _ in range(tensor.width)], rows) for tensor in model.inputs]
    return _encode({"inputs": inputs})


def binary_body(model: PublishedModel, rows: list[Row]) -> bytes:
    """The same with the numbers as bytes after the JSON, with a response in bytes; for models of numbers only."""
    (tensor,) = model.inputs
    numbers = array("d", [float(row[field.name] or 0) for row in rows for field in model.fields])
    if sys.byteorder == "big":
        numbers.byteswap()
    return _binary_head(tensor, len(rows)) + numbers.tobytes()


def binary_headers(model: PublishedModel, rows: list[Row]) -> dict[str, str]:
    """Where the bytes of such a body begin."""
    return {"Inference-Header-Content-Length": str(len(_binary_head(model.inputs[0], len(rows))))}


def _binary_head(tensor: TensorInput, rows: int) -> bytes:
    size = rows * tensor.width * array("d").itemsize
    described = {"name": tensor.name, "datatype": "FP64", "shape": [rows, tensor.width]}
    inputs = [{**described, "parameters": {"binary_data_size": size}}]
    return _encode({"parameters": {"binary_data_output": True}, "inputs": inputs})


def _tensor(tensor: TensorInput, names: list[str], rows: list[Row]) -> dict[str, Any]:
    data = [_as_element(row[name], tensor.datatype) for row in rows for name in names]
    return {"name": tensor.name, "datatype": tensor.datatype, "shape": [len(rows), tensor.width], "data": data}


def _as_element(value: Value, datatype: str) -> Value:
    # A nullable integer or boolean travels as FP64, the only numeric type that can say "missing".
    return float(value) if datatype == "FP64" and value is not None else value


def chunks(rows: list[Row], size: int) -> Iterable[list[Row]]:
    """The rows in groups of exactly `size`; what is left over is dropped."""
    if len(rows) < size:
        raise CannotRun(f"{size} different rows are needed, the model has {len(rows)}; choose another with --model")
    return (rows[start : start + size] for start in range(0, len(rows) - size + 1, size))


def _encode(document: Any) -> bytes:
    return json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
