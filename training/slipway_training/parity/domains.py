"""with_limits(pipeline, signature, rows): where the numbers end that a pipeline can predict, found by asking it.

A logarithm has no value below zero, an exponential none far above; scikit-learn raises an error there, while a graph
predicts from what is no number. The ends are those of the whole pipeline: an imputer after a logarithm takes its NaN,
a scaler before it moves them. An encoder of numbers may know no others than its categories. Only pipelines with such
steps are asked.
"""

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from sklearn.naive_bayes import CategoricalNB
from sklearn.preprocessing import FunctionTransformer, PowerTransformer

from slipway_ml.contract.signature import Feature, Kind, Signature
from slipway_training.data.table import missing, with_columns
from slipway_training.errors import ConversionError
from slipway_training.export.bisection import last_that_holds, number, ordinal
from slipway_training.parity.edge_rows import within
from slipway_training.parity.known_values import closed_numbers, known_numbers, steps

_MOST = 1000
_FAR = 1e30
_FAR_INTEGER = float(2**53 - 1)
_REFUSALS = (ValueError, IndexError, KeyError, TypeError, AttributeError)


def with_limits(pipeline: Any, signature: Signature, rows: pd.DataFrame) -> Signature:
    """The signature with `at_least` and `at_most` where the pipeline has no prediction beyond them.

    Raises ConversionError for a gap amid the numbers of a column, such as a reciprocal has at zero.
    """
    closed = closed_numbers(pipeline)
    if not closed and not any(map(_may_end, steps(pipeline))):
        return signature
    inner = known_numbers(pipeline).get("domain_end", ())
    base = rows.iloc[:1]
    features = []
    for feature in signature.features:
        if feature.kind not in {Kind.CATEGORY, Kind.BOOLEAN}:
            known = _known(closed, rows[feature.name])
            feature = _limited(feature, inner, known, partial(_predicts, pipeline, base, feature.name))  # noqa: PLW2901
        features.append(feature)
    return signature.model_copy(update={"features": tuple(features)})


def _may_end(step: Any) -> bool:
    match step:
        case FunctionTransformer():
            return step.func is not None
        case PowerTransformer():
            return bool(step.method == "box-cox")
    return isinstance(step, CategoricalNB)


def _known(closed: list[frozenset[float]], column: "pd.Series[Any]") -> frozenset[float]:
    """The numbers of the encoders that know all of a column."""
    own = set(column[~missing(column)]) if closed else set()
    return frozenset[float]().union(*(one for one in closed if own <= one)) if len(own) <= _MOST else frozenset()


def _limited(
    feature: Feature, inner: tuple[float, ...], closed: frozenset[float], is_predicted: Callable[[float], bool]
) -> Feature:
    low, high = float(feature.minimum or 0.0), float(feature.maximum or 0.0)
    far = _FAR_INTEGER if feature.kind is Kind.INTEGER else _FAR
    if not (is_predicted(low) and is_predicted(high)):
        return feature  # the cells of a row decide together, and nothing can be said of one column
    if closed and not is_predicted(max(high, *closed) + 1):
        return _with(feature, accepted=tuple(sorted(filter(is_predicted, closed))))
    found: dict[str, float] = {}
    for name, start, outward in (("at_least", low, -1.0), ("at_most", high, 1.0)):
        beyond = sorted(outward * one for one in {*inner, outward * far} if outward * one > outward * start)
        refused = next((outward * one for one in beyond if not is_predicted(outward * one)), None)
        if refused is not None:
            found[name] = _last(start, refused, is_predicted, is_whole=feature.kind is Kind.INTEGER) + 0.0  # no -0
    for one in inner:
        if low < one < high and not is_predicted(one):
            raise ConversionError(
                f"the pipeline has no prediction where column {feature.name!r} is {one:g}, amid its numbers; apply the "
                "function to columns of one sign, or leave it out"
            )
    return _with(feature, **found)


def _with(feature: Feature, **limits: Any) -> Feature:
    """The feature with limits, and an example that is accepted."""
    limited = feature.model_copy(update=limits)
    example = within(limited, float(feature.example or 0))
    return limited.model_copy(update={"example": int(example) if feature.kind is Kind.INTEGER else example})


def _last(start: float, refused: float, is_predicted: Callable[[float], bool], *, is_whole: bool) -> float:
    """The last number on the way from `start` to `refused` that is predicted."""
    side = 1.0 if refused > start else -1.0
    if is_whole:
        near, far = int(start), int(np.ceil(refused) if refused > start else np.floor(refused))
        while abs(far - near) > 1:
            middle = (near + far) // 2
            near, far = (middle, far) if is_predicted(float(middle)) else (near, middle)
        return float(near)
    low, high = ordinal([side * start]), ordinal([side * refused])
    return side * float(number(last_that_holds(low, high, lambda asked: np.array([is_predicted(side * asked[0])])))[0])


def _predicts(pipeline: Any, base: pd.DataFrame, name: str, value: float) -> bool:
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            found = np.asarray(pipeline.predict(with_columns(base, {name: value})))
    except _REFUSALS:
        return False
    return found.dtype.kind != "f" or bool(np.isfinite(found).all())
