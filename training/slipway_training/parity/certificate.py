"""certify(…) -> Parity: a session asked about probes in three ways, and the differences of every kind of row.

In batches as servers see them, a sample one row at a time, and a sample as one large batch: onnxruntime takes other
code paths in each, and a graph that scales a batch by its own range predicts otherwise in each.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from slipway_ml.contract.certificate import AGAIN, REAL
from slipway_ml.contract.parity import Parity, RowsCompared
from slipway_ml.contract.signature import Signature
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import take, to_tensors
from slipway_training.evaluation.predictions import Differences, Predictions, compare, predict_with_session, some
from slipway_training.parity.probes import Probes

BATCH = 1000
_SINGLE_ROWS = 64
_MANY_ROWS = 5000
_QUANTILE = 0.999


def certify(
    session: OnnxSession,
    probes: Probes,
    expected: Predictions,
    signature: Signature,
    *,
    spread: NDArray[np.float64],
    tolerance: float,
    blind_steps: int = 0,
    centre: NDArray[np.float64] | float = 0.0,
) -> Parity:
    """Compare a graph with the expected predictions for the same rows; no verdict is given. Raises InferenceError."""
    tensors = to_tensors(probes.frame, signature)

    def differences(rows: Sequence[slice]) -> Differences:
        found = [
            compare(
                some(expected, part),
                predict_with_session(session, take(tensors, part), signature.task),
                spread,
                centre,
            )
            for part in rows
        ]
        return Differences(np.concatenate([f.flips for f in found]), np.concatenate([f.change for f in found]))

    count = len(probes)
    whole = differences(_batches(probes))
    found = {kind: _some(whole, probes.kinds == kind) for kind in dict.fromkeys(probes.kinds)}
    singles = np.unique(np.linspace(0, count - 1, _SINGLE_ROWS).astype(int))
    found["one_row"] = differences([slice(row, row + 1) for row in singles])
    found["many_rows"] = differences([slice(0, count, -(-count // _MANY_ROWS))])
    return summary(found, tolerance=tolerance, blind_steps=blind_steps)


def summary(found: dict[str, Differences], *, tolerance: float, blind_steps: int = 0) -> Parity:
    """The certificate of the differences by kind, those of the rows that are judged first.

    Rows that were asked again add to no count: of the three ways of asking, the one with the most flips counts.
    """
    kinds = {kind: _compared(kind, own.flips, own.change) for kind, own in found.items()}
    once = [own for kind, own in found.items() if kind not in AGAIN]
    flips = np.concatenate([own.flips for own in once])
    whole = _compared("all", flips, np.concatenate([own.change for own in once]))
    again = [kinds[kind].label_flips for kind in AGAIN & kinds.keys()]
    real = sum(one.rows for kind, one in kinds.items() if kind in REAL)
    return Parity(
        rows=real,
        edge_rows=whole.rows - real,
        label_flips=max([whole.label_flips, *again]),
        largest_difference=max(one.largest_difference for one in kinds.values()),
        p999_difference=whole.p999_difference,
        tolerance=tolerance,
        blind_steps=blind_steps,
        kinds=tuple(kinds.values()),
    )


def _batches(probes: Probes) -> list[slice]:
    """Real rows come first and keep to themselves: a synthetic extreme would change what a batch is scaled by."""
    real, count = int(np.isin(probes.kinds, list(REAL)).argmin()), len(probes)
    ends = [0, real, count] if real else [0, count]
    return [slice(s, min(s + BATCH, end)) for first, end in pairwise(ends) for s in range(first, end, BATCH)]


def _some(whole: Differences, rows: NDArray[np.bool_]) -> Differences:
    return Differences(whole.flips[rows], whole.change[rows])


def _compared(kind: str, flips: NDArray[np.bool_], change: NDArray[np.float64]) -> RowsCompared:
    finite = np.minimum(change, np.finfo(np.float64).max)  # JSON has no infinity
    return RowsCompared(
        kind=kind,
        rows=len(flips),
        label_flips=int(flips.sum()),
        largest_difference=float(finite.max(initial=0.0)),
        p999_difference=float(np.quantile(finite, _QUANTILE, method="higher")) if len(finite) else 0.0,
    )
