"""The names of the models under attack, and what a good caller sends them; every process of the attack reads it."""

import json
from collections.abc import Iterable
from typing import Any

ROWS, MATRIX, WIDE, ENDLESS, TEXT = "houses", "cells", "wide", "endless", "mood"
FEATURES = 30
NEVER_DONE = 1e15
"""The row for which a run of the endless model counts on for ever."""

GOOD_ROW: dict[str, Any] = {
    "age": 30.5,
    "rooms": 3,
    "floors": 2,
    "garden": True,
    "city": "Ulm",
    "heating": "gas",
}


def instances(rows: Iterable[Any]) -> bytes:
    """The body of a prediction for rows."""
    return json.dumps({"instances": list(rows)}, separators=(",", ":")).encode()


def matrix_infer(rows: int) -> bytes:
    """The body of an inference for the matrix model."""
    data = [round(0.37 * number % 9, 3) for number in range(rows * FEATURES)]
    tensor = {"name": "X", "datatype": "FP64", "shape": [rows, FEATURES], "data": data}
    return json.dumps({"inputs": [tensor]}, separators=(",", ":")).encode()
