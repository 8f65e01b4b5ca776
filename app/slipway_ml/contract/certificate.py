"""The certificate in words: the kinds of rows that were compared, and the lines of a table that people read.

Real rows come first, then synthetic ones, each made for one way in which a graph and its reference may part; the last
two kinds are rows of the others again, alone and in one large batch.
"""

from slipway_ml.contract.parity import Parity, RowsCompared

NAMES = {
    "given": "rows given",
    "held_out": "held-out rows",
    "training": "training rows",
    "calibration": "rows calibrated on",
    "made_up": "random rows",
    "threshold": "steps around thresholds and bins",
    "thresholds_together": "every column on a threshold",
    "extreme": "extremes and far beyond",
    "missing": "missing values",
    "category": "known categories",
    "unseen_category": "unseen category",
    "empty_text": "empty text",
    "gap_mark": "numbers that mark a gap",
    "domain_end": "ends of a function's domain",
    "fitted_category": "categories of a fitted encoder",
    "mixed": "cells of all these, mixed",
    "golden": "golden rows",
    "one_row": "one row at a time",
    "many_rows": "many rows at once",
}
"""What each kind is called; a manifest may hold kinds of a later release, which are shown by their own name."""

REAL = frozenset({"given", "held_out", "training", "calibration"})
AGAIN = frozenset({"one_row", "many_rows"})
"""Kinds that repeat rows of the others, so they add to no count of rows."""

HEADINGS = ("compared", "rows", "changed labels", "largest", "99.9 %")


def lines(parity: Parity) -> list[tuple[str, str, str, str, str]]:
    """One line for each kind of row, one for all, and one for each kind that the pipeline itself refuses."""
    found = [_line(NAMES.get(one.kind, one.kind), one) for one in parity.kinds]
    refused = [
        (f"{NAMES.get(one.kind, one.kind)}, refused by the pipeline", f"{one.rows:,}", "", "", "")
        for one in parity.refused
    ]
    return [*found, _line("all", _total(parity)), *refused]


def _line(name: str, found: RowsCompared) -> tuple[str, str, str, str, str]:
    differences = (f"{found.largest_difference:.1e}", f"{found.p999_difference:.1e}")
    return (name, f"{found.rows:,}", str(found.label_flips), *differences)


def _total(parity: Parity) -> RowsCompared:
    return RowsCompared(
        kind="all",
        rows=parity.rows + parity.edge_rows,
        label_flips=parity.label_flips,
        largest_difference=parity.largest_difference,
        p999_difference=parity.p999_difference,
    )
