"""What a model is compared with: one that has learned nothing but the target, and the champion that serves today.

The champion predicts with its ONNX graph from the registry for the rows held out for the new version. It may have
trained on some of them, which flatters it; the comparison then says so.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.dummy import DummyClassifier, DummyRegressor

from slipway_ml.contract.signature import Signature, Task
from slipway_ml.errors import RegistryError, SlipwayError
from slipway_ml.registry.desired_state import CHAMPION
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.table import missing
from slipway_training.data.tensors import to_tensors
from slipway_training.evaluation.predictions import Predictions, predict_with_pipeline, predict_with_session

_MAY_KNOW = "it was trained on a different selection of rows and may have seen some of these, which favours it"


@dataclass(frozen=True, slots=True)
class ComparedModel:
    """A model with its predictions for the held-out rows, or None and the reason in a sentence."""

    name: str
    predictions: Predictions | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The champion as it lies in the registry; None with the reason where it cannot be read."""

    number: int
    stored: StoredVersion | None
    why_not: str = ""


def baseline(learnt: NDArray[Any], held_out: pd.DataFrame, task: Task) -> ComparedModel:
    """Always the most frequent class with the shares of all, or always the mean."""
    if task is Task.REGRESSION:
        dummy, name = DummyRegressor(strategy="mean"), "always the mean"
    else:
        dummy, name = DummyClassifier(strategy="prior"), "baseline (most frequent class)"
    dummy.fit(np.zeros((len(learnt), 1)), learnt)
    return ComparedModel(name, predict_with_pipeline(dummy, pd.DataFrame({"nothing": np.zeros(len(held_out))}), task))


def current_champion(registry: Registry, model_name: str) -> Incumbent | None:
    """The current champion, if there is one; a damaged one must not keep its successor from being made."""
    number = registry.desired(model_name).aliases.get(CHAMPION)
    if number is None:
        return None
    try:
        return Incumbent(number, registry.read(model_name, number))
    except RegistryError as error:
        return Incumbent(number, None, f"it cannot be read: {error}")


def champion(
    incumbent: Incumbent, held_out: pd.DataFrame, signature: Signature, config: dict[str, Any]
) -> ComparedModel:
    """The champion's predictions; `config` is the new version's, as it is saved."""
    name, stored = f"version {incumbent.number}, the champion", incumbent.stored
    if stored is None:
        return ComparedModel(name, None, incumbent.why_not)
    manifest = stored.manifest
    why_not = _cannot_predict(manifest.signature, signature, held_out)
    if why_not:
        return ComparedModel(name, None, why_not)
    try:
        session = OnnxSession(stored.read_model())
        predictions = predict_with_session(session, to_tensors(held_out, manifest.signature), manifest.signature.task)
    except SlipwayError as error:
        return ComparedModel(name, None, f"it cannot predict these rows: {error}")
    known = manifest.provenance.config
    is_same_split = all(known.get(section) == config.get(section) for section in ("data", "split"))
    return ComparedModel(name, predictions, "" if is_same_split else _MAY_KNOW)


def _cannot_predict(its: Signature, own: Signature, held_out: pd.DataFrame) -> str:
    if its.task is not own.task:
        return "it has another task"
    if its.labels is not None and its.labels != own.labels:
        return "it has other labels"
    kinds = {feature.name: feature.kind for feature in own.features}
    for feature in its.features:
        if kinds.get(feature.name) is not feature.kind:
            return f"it needs a column {feature.name!r} of kind {feature.kind}, which these rows have not"
        if not feature.nullable and missing(held_out[feature.name]).any():
            return f"it does not take missing values in column {feature.name!r}"
    return ""
