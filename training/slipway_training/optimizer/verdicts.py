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
    SCORE = "score"
    TRUE_TARGETS = "true_targets"
    SIZE = "size"
    SAVING = "saving"


@dataclass(frozen=True, slots=True)
class Violation:
    """A limit that is exceeded; both values are in its unit, 0 where it has none.

    Labels are counted; a prediction changes by a probability, or by a share of the spread of values; a score is in
    the unit of its metric; a size is a share of the exact one; a saving is in bytes, and its limit the size of a file
    from which savings count.
    """

    limit: Limit
    measured: float = 0.0
    allowed: float = 0.0


_CLAUSES = {
    Limit.HARDWARE: "is for a GPU, optimize.hardware says cpu",
    Limit.CHANGED_LABELS: "changes {measured:.0f} {labels}, {allowed:.0f} allowed",
    Limit.PREDICTION_CHANGE: "moves a {noun} by {measured:.3g}, {allowed:g} allowed",
    Limit.SCORE: "scores {measured:.4f}, worse than {allowed:.4f}, the limit of its interval",
    Limit.TRUE_TARGETS: "is a different model, which only its score can assess, and no true targets are known",
    Limit.SIZE: "is {measured:.2f} of the exact size, {allowed:.2f} allowed",
    Limit.SAVING: "saves {measured:.0f} bytes, too few to change predictions",
}


def in_words(violations: Sequence[Violation], task: Task) -> str:
    """The clauses of a verdict; empty where there is no violation."""
    noun = "probability" if task is Task.CLASSIFICATION else "value, by its spread,"
    return "; ".join(
        _CLAUSES[one.limit].format(
            measured=one.measured, allowed=one.allowed, noun=noun, labels="label" if one.measured == 1 else "labels"
        )
        for one in violations
    )
