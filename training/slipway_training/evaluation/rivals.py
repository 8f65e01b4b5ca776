"""What a model is compared with: one that has learnt nothing but the target, and the champion that serves today.

The champion answers through its ONNX graph from the registry, about the rows held out for the new version. It may have
learnt from some of them, which flatters it; the comparison then says so.
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
from slipway_training.evaluation.answers import Answers, ask_pipeline, ask_session

_MAY_KNOW = "it was trained on another choice of rows and may know some of these, which flatters it"


@dataclass(frozen=True, slots=True)
class Rival:
    """A model with its answers to the held-out rows, or None and the reason in a sentence."""

    name: str
    answers: Answers | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Incumbent:
    """The champion as it lies in the registry; None with the reason where it cannot be read."""

    number: int
    stored: StoredVersion | None
    why_not: str = ""


def baseline(learnt: NDArray[Any], held_out: pd.DataFrame, task: Task) -> Rival:
    """Always the most frequent class with the shares of all, or always the mean."""
    if task is Task.REGRESSION:
        dummy, name = DummyRegressor(strategy="mean"), "always the mean"
    else:
        dummy, name = DummyClassifier(strategy="prior"), "always the most frequent class"
    dummy.fit(np.zeros((len(learnt), 1)), learnt)
    return Rival(name, ask_pipeline(dummy, pd.DataFrame({"nothing": np.zeros(len(held_out))}), task))


def current_champion(registry: Registry, model_name: str) -> Incumbent | None:
    """The version that answers today, if there is one; a damaged one must not keep its successor from being made."""
    number = registry.desired(model_name).aliases.get(CHAMPION)
    if number is None:
        return None
    try:
        return Incumbent(number, registry.read(model_name, number))
    except RegistryError as error:
        return Incumbent(number, None, f"it cannot be read: {error}")


def champion(incumbent: Incumbent, held_out: pd.DataFrame, signature: Signature, config: dict[str, Any]) -> Rival:
    """The champion's answers; `config` is the new version's, as it is saved."""
    name, stored = f"version {incumbent.number}, the champion", incumbent.stored
    if stored is None:
        return Rival(name, None, incumbent.why_not)
    manifest = stored.manifest
    why_not = _cannot_answer(manifest.signature, signature, held_out)
    if why_not:
        return Rival(name, None, why_not)
    try:
        session = OnnxSession(stored.read_model())
        answers = ask_session(session, to_tensors(held_out, manifest.signature), manifest.signature.task)
    except SlipwayError as error:
        return Rival(name, None, f"it has no answer to these rows: {error}")
    known = manifest.provenance.config
    is_same_split = all(known.get(section) == config.get(section) for section in ("data", "split"))
    return Rival(name, answers, "" if is_same_split else _MAY_KNOW)


def _cannot_answer(its: Signature, own: Signature, held_out: pd.DataFrame) -> str:
    if its.task is not own.task:
        return "it has another task"
    if its.labels is not None and its.labels != own.labels:
        return "it knows other labels"
    kinds = {feature.name: feature.kind for feature in own.features}
    for feature in its.features:
        if kinds.get(feature.name) is not feature.kind:
            return f"it needs a column {feature.name!r} of kind {feature.kind}, which these rows have not"
        if not feature.nullable and missing(held_out[feature.name]).any():
            return f"it does not take missing values in column {feature.name!r}"
    return ""
