"""Is this response right? Not whether the model is: whether the body says what such a response has to say.

One prediction per row; a label that the model knows, in the type it knows it in; probabilities for every label that
add up to one; numbers that are finite. Each check returns what is wrong in a few words without values, so that equal
faults are counted together, or None.
"""

import json
from math import isfinite, prod
from typing import Any

from slipway_loadtests.http import OK
from slipway_loadtests.published import PublishedModel, Value

_TOLERANCE = 1e-4  # float32 probabilities of many classes


def row_problem(model: PublishedModel, rows: int, status: int, body: bytes) -> str | None:
    """What is wrong with a response of `/predict/{model}`."""
    try:
        predictions = _document(status, body)["predictions"]
        if len(predictions) != rows:
            return "wrong number of predictions"
        return _first(_prediction_problem(model, prediction) for prediction in predictions)
    except _Refused as refused:
        return str(refused)
    except (KeyError, TypeError, AttributeError):
        return "not the shape of a row response"


def tensor_problem(model: PublishedModel, rows: int, status: int, body: bytes) -> str | None:
    """What is wrong with a response of `/v2/models/{model}/infer`."""
    try:
        outputs = {output["name"]: output for output in _document(status, body)["outputs"]}
        if outputs.keys() != _wanted(model):
            return "wrong outputs"
        wrong_shapes = (_shape_problem(output, rows) for output in outputs.values())
        return _first(wrong_shapes) or _values_problem(model, outputs)
    except _Refused as refused:
        return str(refused)
    except (KeyError, TypeError, IndexError):
        return "not the shape of a tensor response"


def binary_problem(_model: PublishedModel, rows: int, status: int, body: bytes) -> str | None:
    """What is wrong with a response of the same whose outputs are bytes: their sizes must fit, and nothing be left."""
    if status != OK:
        return f"status {status}" if status else "no prediction"
    try:
        document, end = json.JSONDecoder().raw_decode(body.decode("latin-1"))
        sizes = [output["parameters"]["binary_data_size"] for output in document["outputs"]]
        counts = {output["shape"][0] for output in document["outputs"]}
    except (ValueError, KeyError, TypeError):
        return "not the shape of a binary response"
    if counts != {rows}:
        return "wrong number of predictions"
    return None if end + sum(sizes) == len(body) else "outputs are not as long as they say"


def _wanted(model: PublishedModel) -> set[str]:
    if model.labels is None:
        return {"value"}
    return {"label", "probabilities"} if model.has_probabilities else {"label"}


class _Refused(Exception):
    """No response to check: a status, an error, or no JSON."""


def _document(status: int, body: bytes) -> Any:
    if status == 0:
        raise _Refused("no prediction")
    if status != OK:
        raise _Refused(f"status {status}")
    try:
        document = json.loads(body)
    except ValueError:
        raise _Refused("not JSON") from None
    if "error" in document:
        raise _Refused("an error under status 200")
    return document


def _first(problems: Any) -> str | None:
    return next((problem for problem in problems if problem), None)


def _prediction_problem(model: PublishedModel, prediction: dict[str, Any]) -> str | None:
    if model.labels is None:
        return _value_problem(prediction["value"])
    if not model.has_probabilities:
        return _label_problem(model, prediction["label"])
    probabilities = prediction["probabilities"]
    if probabilities.keys() != {_key(label) for label in model.labels}:
        return "probabilities of other labels"
    return _label_problem(model, prediction["label"]) or _probability_problem(list(probabilities.values()))


def _shape_problem(output: dict[str, Any], rows: int) -> str | None:
    shape = output["shape"]
    return None if shape[0] == rows and len(output["data"]) == prod(shape) else "wrong number of predictions"


def _values_problem(model: PublishedModel, outputs: dict[str, Any]) -> str | None:
    if model.labels is None:
        return _first(_value_problem(value) for value in outputs["value"]["data"])
    labelled = _first(_label_problem(model, label) for label in outputs["label"]["data"])
    if labelled or not model.has_probabilities:
        return labelled
    width, flat = len(model.labels), outputs["probabilities"]["data"]
    if outputs["probabilities"]["shape"][1:] != [width]:
        return "probabilities of other labels"
    per_row = (flat[start : start + width] for start in range(0, len(flat), width))
    return _first(_probability_problem(probabilities) for probabilities in per_row)


def _value_problem(value: Any) -> str | None:
    return None if isinstance(value, int | float) and isfinite(value) else "a value that is no finite number"


def _label_problem(model: PublishedModel, label: Any) -> str | None:
    labels = model.labels or ()
    is_known = any(label == known and type(label) is type(known) for known in labels)
    return None if is_known else "a label the model does not have"


def _probability_problem(probabilities: list[float]) -> str | None:
    if not all(-_TOLERANCE <= p <= 1 + _TOLERANCE for p in probabilities):
        return "a probability outside 0 to 1"
    return None if abs(sum(probabilities) - 1) <= _TOLERANCE else "probabilities that do not add up to 1"


def _key(label: Value) -> str:
    """A label as the key of a JSON object: text as it is, anything else as JSON writes it."""
    return label if isinstance(label, str) else json.dumps(label)
