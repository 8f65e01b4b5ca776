"""Golden rows: a few synthetic rows with the published graph's predictions, which a server replays before it serves.

They are made from ranges and categories, never taken from the data, because the manifest is read by more people than
the data is.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from slipway_ml.contract.manifest import LARGEST_TOLERANCE, Cell, GoldenRow, GoldenRows
from slipway_ml.contract.signature import Feature, Kind, Signature
from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.schema import round_number
from slipway_training.data.tensors import take, to_frame, to_tensors
from slipway_training.errors import DataCheckFailed
from slipway_training.evaluation.predictions import predict_with_session
from slipway_training.parity.edge_rows import span, within

ROWS = 6
TOLERANCE = 1e-5

_CANDIDATES = 200
_CLEAR = 0.05
"""A label must win by this much, so that no rounding of another processor changes it."""


def golden_rows(session: OnnxSession, signature: Signature, tolerance: float = TOLERANCE) -> GoldenRows:
    """The examples of the features, a row with everything missing that may be, and seeded random rows."""
    random = np.random.default_rng(0)
    fixed = [{f.name: f.example for f in signature.features}]
    if any(f.nullable for f in signature.features):
        fixed.append({f.name: None if f.nullable else f.example for f in signature.features})
    rows = [*fixed, *({f.name: _cell(f, random) for f in signature.features} for _ in range(_CANDIDATES))]
    tensors = to_tensors(to_frame(rows, signature), signature)
    asked = ((row, take(tensors, slice(place, place + 1))) for place, row in enumerate(rows))
    answered = [output for row, inputs in asked if (output := _ask(session, signature, row, inputs)) is not None]
    if not answered:
        raise DataCheckFailed(
            "the model predicts no synthetic row with a finite number, so no golden rows can be recorded"
        )
    chosen = _choose(answered)
    # Probabilities are at most 1; values may be in the thousands, where float32 holds fewer decimals.
    numbers = [number for row in chosen for number in row.numbers]
    largest = max([1.0, *map(abs, numbers)])
    if signature.double_values:
        largest = max(numbers) - min(numbers) or largest
    return GoldenRows(rows=tuple(chosen), tolerance=min(tolerance, LARGEST_TOLERANCE) * largest)


def _cell(feature: Feature, random: np.random.Generator) -> Cell:
    if feature.kind is Kind.CATEGORY:
        return str(random.choice(feature.categories or (str(feature.example),)))
    share = round(float(random.random()), 2)
    low, high = span(feature)
    value = low + share * (high - low)
    if feature.kind is Kind.BOOLEAN:
        return share >= 0.5  # noqa: PLR2004  # heads or tails
    return (
        round(within(feature, round(value))) if feature.kind is Kind.INTEGER else within(feature, round_number(value))
    )


def _ask(
    session: OnnxSession, signature: Signature, row: dict[str, Cell], inputs: Mapping[str, Tensor]
) -> GoldenRow | None:
    predictions = predict_with_session(session, inputs, signature.task)
    if not np.isfinite(predictions.numbers).all():
        return None
    if predictions.labels is None:
        values = tuple(predictions.numbers[0].tolist())
        return GoldenRow(row=row, value=values if signature.targets is not None else values[0])
    label = predictions.labels[0]
    return GoldenRow(
        row=row,
        label=label.item() if isinstance(label, np.generic) else label,
        probabilities=tuple(float(number) for number in predictions.numbers[0])
        if signature.has_probabilities
        else None,
    )


def _choose(answered: Sequence[GoldenRow]) -> list[GoldenRow]:
    """Clear predictions only, and as many different labels as there is room for."""
    clear = [row for row in answered if _margin(row) >= _CLEAR] or list(answered[:1])
    chosen: list[GoldenRow] = []
    for wants_new_label in (True, False):
        for row in clear:
            is_new = row.label not in [other.label for other in chosen] or not chosen
            if row not in chosen and (is_new or not wants_new_label) and len(chosen) < ROWS:
                chosen.append(row)
    return chosen


def _margin(row: GoldenRow) -> float:
    if row.probabilities is None or len(row.probabilities) == 1:
        return 1.0
    second, first = sorted(row.probabilities)[-2:]
    return first - second
