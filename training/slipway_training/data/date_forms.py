"""Which order of year, month and day the dates of a column have."""

from collections.abc import Sequence

from slipway_ml.contract.csv_format import KNOWN_MISSING
from slipway_ml.contract.dates import EXAMPLES, DateOrder, is_date

_SHARE = 0.9


def order_of(cells: Sequence[str]) -> DateOrder | None:
    """The order in which nearly all cells are dates, None where they are none; of two that fit, the first."""
    present = [cell for cell in cells if cell and cell not in KNOWN_MISSING]
    if not present:
        return None
    counts = {order: sum(is_date(cell, order) for cell in present) for order in EXAMPLES}
    best = max(counts, key=lambda order: counts[order])
    return best if counts[best] >= _SHARE * len(present) else None
