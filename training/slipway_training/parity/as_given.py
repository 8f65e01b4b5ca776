"""The second claim of parity: what the user's own pipeline predicts for the very rows given, beside the graph.

The first claim, in `parity`, is about what HTTP carries: float64 numbers and text. A notebook may send float32 or
integers, which its pipeline computes with; this asks that pipeline itself, with nothing of ours in between.
"""

import warnings
from copy import copy
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from slipway_ml.contract.parity import GivenRows
from slipway_ml.contract.signature import Signature
from slipway_ml.runtime.session import OnnxSession
from slipway_training.config.proof import ParityConfig
from slipway_training.data.tensors import to_tensors
from slipway_training.errors import DataCheckFailed, DtypeDifference
from slipway_training.evaluation.predictions import (
    Predictions,
    compare,
    predict_with_pipeline,
    predict_with_session,
    spread_of,
)

_SHOWN = 3
_ASKED = {"predict", "predict_proba"}


@dataclass(frozen=True, slots=True)
class AsUsed:
    """A user's rows in our conventions, the predictions of the user's own pipeline for them, and their data types."""

    frame: pd.DataFrame
    predictions: Predictions
    dtypes: dict[str, str]


class OnCopies:
    """A pipeline that is given copies: with `copy=False` a scaler changes the very rows that it is asked about."""

    def __init__(self, pipeline: Any) -> None:
        self._pipeline = pipeline

    def __getattr__(self, name: str) -> Any:
        asked = getattr(self._pipeline, name)
        return (lambda rows: asked(copy(rows))) if name in _ASKED else asked


def ask_own(pipeline: Any, rows: Any, frame: pd.DataFrame, signature: Signature) -> AsUsed:
    """Ask with the rows as they are; raises DataCheckFailed where the pipeline cannot predict its own rows."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            predictions = predict_with_pipeline(OnCopies(pipeline), rows, signature.task)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError) as error:
        raise DataCheckFailed(
            f"the pipeline cannot predict the rows that were given ({type(error).__name__}); give rows that it can "
            "predict"
        ) from error
    return AsUsed(frame, predictions, _dtypes(rows, list(frame.columns)))


def compare_own(model: bytes, used: AsUsed, signature: Signature, config: ParityConfig) -> GivenRows:
    """The certificate of these rows; raises DtypeDifference where they differ and nobody has accepted that."""
    graph = predict_with_session(OnnxSession(model), to_tensors(used.frame, signature), signature.task)
    found = compare(used.predictions, graph, spread_of(used.predictions))
    differs = found.flips | (found.change > config.tolerance)
    rows, differing, flips = len(differs), int(differs.sum()), int(found.flips.sum())
    largest = min(found.largest, float(np.finfo(np.float64).max))  # JSON has no infinity
    if not differing:
        return GivenRows(rows=rows, differing=0, label_flips=0, largest_difference=largest)
    cause = _cause(used.dtypes)
    what = f"{differing} of {rows} rows given get another prediction from the graph than from the pipeline: {cause}"
    if not config.accept_dtype_difference:
        raise DtypeDifference(
            f"step parity: {what}; fit and predict with float64 columns, or publish what HTTP predicts with "
            "accept_dtype_difference=True (slipway export --accept-dtype-difference)"
        )
    reason = f"{cause}; accepted with accept_dtype_difference"
    return GivenRows(rows=rows, differing=differing, label_flips=flips, largest_difference=largest, reason=reason)


def _dtypes(rows: Any, names: list[str]) -> dict[str, str]:
    """The data types of columns whose values HTTP carries in another."""
    if isinstance(rows, pd.DataFrame):
        found = {str(name): str(dtype) for name, dtype in rows.dtypes.items()}
    else:
        found = dict.fromkeys(names, str(getattr(rows, "dtype", "object")))
    return {name: dtype for name, dtype in found.items() if dtype not in {"float64", "object"} and name in names}


def _cause(dtypes: dict[str, str]) -> str:
    """A clause that names the columns that are most likely the reason: floats of another width before all else."""
    floats = {name: dtype for name, dtype in dtypes.items() if dtype.lower().startswith("float")}
    named = floats or dtypes
    if not named:
        return "the pipeline computes otherwise from these rows than from the numbers and texts that HTTP carries"
    shown = ", ".join(f"{name!r}" for name in list(named)[:_SHOWN]) + (", …" if len(named) > _SHOWN else "")
    kinds = " and ".join(sorted(set(named.values())))
    return f"{shown} {'is' if len(named) == 1 else 'are'} {kinds} in X and float64 over HTTP"
