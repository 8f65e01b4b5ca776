"""Rows and predictions as `/predict` has them in JSON."""

import json
import urllib.request
from typing import Any

import numpy as np
import pandas as pd

from slipway_training.evaluation.predictions import Predictions


def instances(rows: Any) -> list[Any]:
    """A user's frame, array or texts as a client would send them."""
    if isinstance(rows, pd.DataFrame):
        names = list(map(str, rows.columns))
        return [dict(zip(names, map(_plain, row), strict=True)) for row in rows.astype(object).to_numpy()]
    if np.ndim(rows) == 1:
        return [{"text": text} for text in rows]
    return [[_plain(value) for value in row] for row in np.asarray(rows).tolist()]


def _plain(value: Any) -> Any:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def post(url: str, rows: list[Any]) -> list[dict[str, Any]]:
    """The predictions for rows, from our own server."""
    request = urllib.request.Request(url, json.dumps({"instances": rows}).encode())
    with urllib.request.urlopen(request, timeout=60) as output:
        predictions: list[dict[str, Any]] = json.load(output)["predictions"]
    return predictions


def as_predictions(found: list[dict[str, Any]]) -> Predictions:
    """What a server has predicted, as the training has it; null is NaN."""
    if "value" in found[0]:
        values = [[*one["value"].values()] if isinstance(one["value"], dict) else [one["value"]] for one in found]
        return Predictions(None, np.array(values, dtype=np.float64))
    labels = np.array([one["label"] for one in found])
    numbers = [list(one.get("probabilities", {}).values()) for one in found]
    return Predictions(labels, np.array(numbers, dtype=np.float64))
