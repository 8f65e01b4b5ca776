"""What a queue has to know of its model's runs: whether they can be predicted, what rows count for, when one is stuck.

A model that cuts text into words takes time by the characters, so rows alone say nothing of how long a batch takes:
there longer texts count as more rows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from math import inf

from slipway_ml.protocol.parts import Part, PendingRows, Tensors
from slipway_ml.protocol.unusual_values import UnusualRun
from slipway_ml.serving.stuck_runs import StuckRuns

CHARACTERS_PER_ROW = 64
"""About so many characters take as long as the rest of a row."""


@dataclass(frozen=True, slots=True)
class RunTraits:
    """What is to be known of a model's runs.

    `weigh` says what a request of so many rows counts for, in rows; None where rows are what counts. `stuck_seconds`
    is how long a run in a thread may take before its thread is given up, and `stuck` where that is told. `look` finds
    what is unlike training in the rows of a run; None where nobody wants to know.
    """

    is_unpredictable: bool = False
    weigh: Callable[[Part, int], int] | None = None
    stuck_seconds: float = inf
    stuck: StuckRuns | None = None
    look: Callable[[Tensors], UnusualRun | None] | None = None


PREDICTABLE = RunTraits()
"""Those of a model whose cost line tells what the next run takes."""


def weigh_text(part: Part, rows: int) -> int:
    """Rows, and one more for every so many characters."""
    return rows + _characters(part) // CHARACTERS_PER_ROW


def _characters(part: Part) -> int:
    if isinstance(part, PendingRows):
        values = chain.from_iterable(row.values() if isinstance(row, dict) else row for row in part.rows)
        return sum(len(value) for value in values if isinstance(value, str))
    return sum(sum(map(len, tensor.ravel().tolist())) for tensor in part.values() if tensor.dtype.hasobject)
