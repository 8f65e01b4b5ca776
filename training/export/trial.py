"""try_export(pipeline, …): whether a pipeline that is not fitted yet will have an exact form, before long work begins.

A copy with few trees and few steps is fitted on a few rows and translated. What matters for that is which steps there
are and how they are set, not what they have learnt.
"""

import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from app.contract.signature import Signature
from training.export.answers.catalogue import ANSWERS
from training.export.assembly import Assembly
from training.export.onnx_export import inputs
from training.export.translation import Translation
from training.pipeline import refuses

_ROWS = 500
_SHORT = 3
_LENGTHS = ("estimator__n_estimators", "estimator__max_iter", "estimator__iterations")


def try_export(pipeline: Any, signature: Signature, rows: pd.DataFrame, target: NDArray[Any]) -> None:
    """Raises ConversionError that names the step without an exact form, and the nearest that has one.

    What cannot be fitted on a few rows is left to the fit itself, which says why.
    """
    chosen = np.unique(np.linspace(0, len(rows) - 1, _ROWS).astype(np.int64))
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
        return
    assembly = Assembly()
    Translation(assembly, ANSWERS).answer(trial, inputs(assembly, signature), "")
