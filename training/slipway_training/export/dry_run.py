"""try_export(pipeline, …): whether a pipeline that is not fitted yet will have an exact form, before long work begins.

A copy with few trees and few steps is fitted on a few rows and translated. What matters for that is which steps there
are and how they are set, not what they have learned. Some rows of every class are among them, however rare it is.
"""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from slipway_ml.contract.signature import Signature
from slipway_training.export.assembly import Assembly
from slipway_training.export.estimators.catalogue import EXPORTERS
from slipway_training.export.onnx_export import inputs
from slipway_training.export.pipeline_walk import Translation
from slipway_training.pipeline.build import refuses

_ROWS = 500
_OF_EACH_CLASS = 5
_SHORT = 3
_LENGTHS = ("estimator__n_estimators", "estimator__max_iter", "estimator__iterations")


def try_export(pipeline: Any, signature: Signature, rows: pd.DataFrame, target: NDArray[Any]) -> bool:
    """Whether it could be tried; raises ConversionError that names the step without an exact form, and the nearest.

    What cannot be fitted on a few rows is left to the fit itself, which says why.
    """
    chosen = few_rows(target, has_classes=signature.labels is not None)
    trial = clone(pipeline)
    known = trial.get_params()
    lengths = {name: known[name] for name in _LENGTHS if isinstance(known.get(name), int)}
    trial.set_params(**{name: min(length, _SHORT) for name, length in lengths.items() if length > 0})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a few rows warn of what all of them do not
            trial.fit(rows.iloc[chosen], target[chosen])
    except Exception as error:
        if not refuses(error):
            raise
        return False
    assembly = Assembly()
    Translation(assembly, EXPORTERS).output(trial, inputs(assembly, signature), "")
    return True


def few_rows(target: NDArray[Any], *, has_classes: bool) -> NDArray[np.int64]:
    """Row numbers, in order: evenly from all rows, and the first of each class."""
    even = np.linspace(0, len(target) - 1, _ROWS).astype(np.int64)
    if not has_classes:
        return np.unique(even)
    firsts = [np.flatnonzero(target == label)[:_OF_EACH_CLASS] for label in dict.fromkeys(target.tolist())]
    return np.unique(np.concatenate([even, *firsts]))
