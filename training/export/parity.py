"""The proof that a graph says what the scikit-learn pipeline says, on held-out rows and on edge rows.

Same label in every row, numbers within the tolerance, and the same answers one row at a time as all at once. `measure`
reports, `prove` raises.
"""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from app.contract.manifest import Parity
from app.contract.signature import Signature
from app.errors import InferenceError
from app.runtime.session import OnnxSession, UnloadableModel
from training.config.proof import ParityConfig
from training.data.tensors import take, to_tensors
from training.errors import ParityError
from training.evaluation.answers import Answers, Differences, ask_pipeline, ask_session, compare, spread_of
from training.export.edges import edge_rows

_SINGLE_ROWS = 20
_SMALLEST_PART = 32
_REFUSALS = (ValueError, IndexError, KeyError, TypeError)
"""What estimators raise at rows they have no answer to."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Rows with the pipeline's answers: first the held-out ones, then the edge rows."""

    frame: pd.DataFrame
    held_out: int
    answers: Answers
    spread: float
    blind_steps: int = 0


def reference(
    pipeline: Any, signature: Signature, held_out: pd.DataFrame, config: ParityConfig, blind_steps: int = 0
) -> Reference:
    """Ask the pipeline once; every graph is then compared with these answers."""
    edges = edge_rows(pipeline, signature, held_out, config.max_edge_rows, blind_steps)
    edges = answerable(pipeline, edges)
    frame = pd.concat([held_out, edges], ignore_index=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # unseen categories and far extremes are asked on purpose
        answers = ask_pipeline(pipeline, frame, signature.task)
    own = answers.numbers[: len(held_out)]
    return Reference(frame, len(held_out), answers, spread_of(Answers(answers.labels, own)), blind_steps)


def answerable(pipeline: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that the pipeline answers at all: a logarithm refuses what lies below zero, and so may the graph."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipeline.predict(rows)
    except _REFUSALS:
        if len(rows) <= _SMALLEST_PART:
            return rows.iloc[:0]
        halves = (rows.iloc[: len(rows) // 2], rows.iloc[len(rows) // 2 :])
        return pd.concat([answerable(pipeline, half) for half in halves], ignore_index=True)
    return rows


def measure(session: OnnxSession, expected: Reference, signature: Signature, tolerance: float) -> Parity:
    """Compare a graph with the reference; nothing is judged."""
    tensors = to_tensors(expected.frame, signature)
    given = ask_session(session, tensors, signature.task)
    return _parity(compare(expected.answers, given, expected.spread), expected, tolerance)


def prove(model: bytes, expected: Reference, signature: Signature, config: ParityConfig) -> Parity:
    """The same, judged; raises ParityError with what to do."""
    try:
        session = OnnxSession(model)
        _check_declaration(session, signature)
        _check_single_rows(session, expected, signature, config.tolerance)
        parity = measure(session, expected, signature, config.tolerance)
    except (UnloadableModel, InferenceError) as error:
        raise ParityError(f"step parity: onnxruntime cannot run the exported graph: {error}") from error
    if parity.label_flips:
        raise ParityError(
            f"step parity: {parity.label_flips} of {len(expected.frame)} rows get another label from the exported "
            "graph than from scikit-learn; choose another estimator or other parameters, nothing was published"
        )
    if parity.largest_difference > config.tolerance:
        raise ParityError(
            f"step parity: the exported graph is off by {parity.largest_difference:.2g}, parity.tolerance is "
            f"{config.tolerance:.2g}; scale the columns, or raise the tolerance if that is acceptable"
        )
    return parity


def _parity(differences: Differences, expected: Reference, tolerance: float) -> Parity:
    largest = min(differences.largest, float(np.finfo(np.float64).max))
    return Parity(
        rows=expected.held_out,
        edge_rows=len(expected.frame) - expected.held_out,
        label_flips=int(differences.flips.sum()),
        largest_difference=largest,
        p999_difference=min(float(np.quantile(differences.change, 0.999, method="higher")), largest),
        tolerance=tolerance,
        blind_steps=expected.blind_steps,
    )


def _check_declaration(session: OnnxSession, signature: Signature) -> None:
    if session.inputs != signature.inputs or session.outputs != signature.outputs:
        raise ParityError("step parity: the exported graph has other inputs or outputs than the signature says")


def _check_single_rows(session: OnnxSession, expected: Reference, signature: Signature, tolerance: float) -> None:
    """One row at a time takes other code paths in onnxruntime than a batch does."""
    rows = np.linspace(0, len(expected.frame) - 1, _SINGLE_ROWS).astype(int)
    tensors = to_tensors(expected.frame, signature)
    for row in rows:
        single = ask_session(session, take(tensors, slice(row, row + 1)), signature.task)
        labels = expected.answers.labels
        own = Answers(None if labels is None else labels[row : row + 1], expected.answers.numbers[row : row + 1])
        differences = compare(own, single, expected.spread)
        if differences.flips.any() or differences.largest > tolerance:
            raise ParityError("step parity: a row asked alone gets another answer than scikit-learn gives")
