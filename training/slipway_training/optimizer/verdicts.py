"""What a gate holds against a variant, as data: the kind of limit, the measured value and the limit; and its wording.

The gates in gates.py decide and return data; `in_words` makes the sentence that manifest, report and command line show.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from slipway_ml.contract.signature import Task


class Limit(StrEnum):
    """The limits that a variant may exceed."""

    HARDWARE = "hardware"
    CHANGED_LABELS = "changed_labels"
    PREDICTION_CHANGE = "prediction_change"
    MEAN_SHIFT = "mean_shift"
    RELATIVE_CHANGE = "relative_change"
    SCORE = "score"
    TRUE_TARGETS = "true_targets"
    SIZE = "size"
    SAVING = "saving"


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that is exceeded; both values are in its unit, 0 where it has none.

    Labels are counted; a prediction changes by a probability, or by a share of the spread of values; a score is in
    the unit of its metric; a size is a share of the exact one; a saving is in bytes, and its limit the size of a file
    from which savings count. `value` is the change of a value in the target's unit, where it is one.
    """

    limit: Limit
    measured: float = 0.0
    allowed: float = 0.0
    value: float | None = None


_CLAUSES = {
    Limit.HARDWARE: "is for a GPU, optimize.hardware says cpu",
    Limit.CHANGED_LABELS: "changes {measured:.0f} {labels}, {allowed:.0f} allowed",
    Limit.PREDICTION_CHANGE: "moves a {noun} by {measured:.3g}, {allowed:g} allowed",
    Limit.MEAN_SHIFT: "shifts values by {value} on average, {measured:+.2g} of their spread, {allowed:g} allowed",
    Limit.RELATIVE_CHANGE: "changes a value by {measured:.3g} of itself, {allowed:g} allowed",
    Limit.SCORE: "scores {measured:.4f}, worse than {allowed:.4f}, the limit of its interval",
    Limit.TRUE_TARGETS: "is a different model, which only its score can assess, and no true targets are known",
    Limit.SIZE: "is {measured:.2f} of the exact size, {allowed:.2f} allowed",
    Limit.SAVING: "saves {measured:.0f} bytes, too few to change predictions",
}


def in_words(violations: Sequence[Violation], task: Task, unit: str = "") -> str:
    """The clauses of a verdict; empty where there is no violation. `unit` is the target's."""
    return "; ".join(
        _CLAUSES[one.limit].format(
            measured=one.measured,
            allowed=one.allowed,
            noun=_noun(one, task, unit),
            value=with_unit(one.value, unit),
            labels="label" if one.measured == 1 else "labels",
        )
        for one in violations
    )


def with_unit(value: float | None, unit: str) -> str:
    """A number of values, with their unit where it is known."""
    return "" if value is None else f"{value:.3g} {unit}".rstrip()


def _noun(one: Violation, task: Task, unit: str) -> str:
    if task is Task.CLASSIFICATION:
        return "probability"
    return "value, by its spread," if one.value is None else f"value by {with_unit(one.value, unit)}, by its spread"
