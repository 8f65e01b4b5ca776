"""Inference bodies for the tests of the protocol's endpoints."""

from typing import Any

import orjson

HEADER = "Inference-Header-Content-Length"


def tensor(data: Any, shape: list[int], *, name: str = "X", datatype: str = "FP64") -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def binary(size: int, shape: list[int], *, name: str = "X", datatype: str = "FP64") -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": size}}


def framed(inputs: list[dict[str, Any]], tail: bytes = b"", **more: Any) -> dict[str, Any]:
    """Body and headers of a request with bytes after its JSON, as arguments of a client's `post`."""
    head = orjson.dumps({"inputs": inputs, **more})
    return {"content": head + tail, "headers": {HEADER: str(len(head))}}
