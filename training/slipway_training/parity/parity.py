"""The proof that a graph says what the scikit-learn pipeline says, on real rows and on edge rows.

Same label in every row, numbers within the tolerance, and the same predictions one row at a time as all at once.
`measure` reports, `prove` raises.
"""

import warnings
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.certificate import NAMES
from slipway_ml.contract.parity import Parity, RowsCompared, RowsRefused
from slipway_ml.contract.signature import Signature
from slipway_ml.errors import InferenceError
from slipway_ml.runtime.session import OnnxSession, UnloadableModel
from slipway_training.config.proof import ParityConfig
from slipway_training.errors import DataCheckFailed, ParityError
from slipway_training.evaluation.predictions import Predictions, centre_of, predict_with_pipeline, some, spread_of
from slipway_training.parity.certificate import certify
from slipway_training.parity.edge_rows import edge_rows
from slipway_training.parity.probes import Probes, of_kind, together

_TRAINING_ROWS = 1000
_SMALLEST_PART = 32
_MOST_REFUSALS = 2000
_REFUSALS = (ValueError, IndexError, KeyError, TypeError)
"""What estimators raise at rows they cannot predict."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Rows with the expected predictions: first the `held_out` ones that are evaluated on, then training and edge rows.

    `name` says whose predictions they are, `refused` how many edge rows of each kind the pipeline cannot predict.
    `centre` is where differences of float64 values are measured from.
    """

    probes: Probes
    held_out: int
    predictions: Predictions
    spread: NDArray[np.float64]
    blind_steps: int = 0
    name: str = "scikit-learn"
    refused: tuple[RowsRefused, ...] = ()
    centre: NDArray[np.float64] | float = 0.0

    @property
    def frame(self) -> pd.DataFrame:
        """The rows."""
        return self.probes.frame


def real_rows(held_out: pd.DataFrame, learnt: pd.DataFrame | None = None) -> Probes:
    """The rows it is evaluated on, and a sample of those it trained on where these are others."""
    if learnt is None or learnt is held_out:
        return of_kind("held_out" if learnt is None else "given", held_out)
    sample = np.unique(np.linspace(0, len(learnt) - 1, _TRAINING_ROWS).astype(int))
    return together([of_kind("held_out", held_out), of_kind("training", learnt.iloc[sample])])


def reference(
    pipeline: Any, signature: Signature, real: Probes, config: ParityConfig, blind_steps: int = 0
) -> Reference:
    """Predict with the pipeline once; every graph is compared with these predictions."""
    judged = int((real.kinds == real.kinds[0]).sum())
    held_out = real.frame.iloc[:judged]
    edges = edge_rows(pipeline, signature, held_out, config.max_edge_rows, blind_steps)
    answered = predictable(pipeline, edges)
    if not len(answered):
        raise DataCheckFailed(
            f"the pipeline predicts none of {len(edges)} edge rows, so nothing is known beyond the rows given; "
            "give rows whose ranges and categories it can predict"
        )
    probes = together([real, answered])
    predictions = predict_without_warnings(pipeline, probes, signature)
    own = some(predictions, slice(judged))
    centre = centre_of(own) if signature.double_values else 0.0
    left_out = Counter(edges.kinds.tolist()) - Counter(answered.kinds.tolist())
    refused = tuple(RowsRefused(kind=kind, rows=rows) for kind, rows in left_out.items())
    return Reference(probes, judged, predictions, spread_of(own), blind_steps, refused=refused, centre=centre)


def predict_without_warnings(pipeline: Any, probes: Probes, signature: Signature) -> Predictions:
    """The pipeline's predictions without its warnings: unseen categories and far extremes are asked on purpose."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return predict_with_pipeline(pipeline, probes.frame, signature.task)


def predictable(pipeline: Any, rows: Probes) -> Probes:
    """The rows that the pipeline can predict at all: a logarithm refuses what lies below zero, and so may the graph.

    Halves are asked again down to single rows, so that a row is left out for itself alone; once that has taken very
    many refusals, what is left of it is left out in small parts.
    """
    return rows.take(_predictable(pipeline, rows, [_MOST_REFUSALS]))


def _predictable(pipeline: Any, rows: Probes, refusals_left: list[int]) -> NDArray[np.bool_]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipeline.predict(rows.frame)
    except _REFUSALS:
        refusals_left[0] -= 1
        if len(rows) <= (1 if refusals_left[0] > 0 else _SMALLEST_PART):
            return np.zeros(len(rows), dtype=np.bool_)
        middle = len(rows) // 2
        halves = (rows.take(half) for half in (slice(middle), slice(middle, None)))
        return np.concatenate([_predictable(pipeline, half, refusals_left) for half in halves])
    return np.ones(len(rows), dtype=np.bool_)


def measure(session: OnnxSession, expected: Reference, signature: Signature, tolerance: float) -> Parity:
    """Compare a graph with the reference; nothing is judged."""
    found = certify(
        session,
        expected.probes,
        expected.predictions,
        signature,
        spread=expected.spread,
        tolerance=tolerance,
        blind_steps=expected.blind_steps,
        centre=expected.centre,
    )
    return found.model_copy(update={"reference": expected.name, "refused": expected.refused})


def prove(model: bytes, expected: Reference, signature: Signature, config: ParityConfig) -> Parity:
    """The same, judged; raises ParityError with what to do."""
    try:
        session = OnnxSession(model)
        _check_declaration(session, signature)
        parity = measure(session, expected, signature, config.tolerance)
    except (UnloadableModel, InferenceError) as error:
        raise ParityError(f"step parity: onnxruntime cannot run the exported graph: {error}") from error
    problem = objection(parity)
    if problem:
        remedy = (
            "choose another estimator or other parameters, nothing was published"
            if parity.label_flips
            else "scale the columns, or the target with TransformedTargetRegressor and StandardScaler, or raise the "
            "tolerance if that is right"
        )
        raise ParityError(f"step parity: {problem}; {remedy}")
    return parity


def objection(found: Parity) -> str:
    """What speaks against a graph of this certificate, as a clause; empty where nothing does."""
    if found.label_flips:
        worst = max(found.kinds, key=lambda one: one.label_flips)
        get = "gets" if worst.label_flips == 1 else "get"
        return (
            f"{worst.label_flips} of {worst.rows} rows ({_name(worst)}) {get} another label from the graph than from "
            f"{found.reference}"
        )
    if found.largest_difference > found.tolerance:
        worst = max(found.kinds, key=lambda one: one.largest_difference)
        return (
            f"the graph is off by {worst.largest_difference:.2g} ({_name(worst)}), parity.tolerance is "
            f"{found.tolerance:.2g}"
        )
    return ""


def _name(found: RowsCompared) -> str:
    return NAMES.get(found.kind, found.kind)


def _check_declaration(session: OnnxSession, signature: Signature) -> None:
    if session.inputs != signature.inputs or session.outputs != signature.outputs:
        raise ParityError("step parity: the exported graph has other inputs or outputs than the signature says")
