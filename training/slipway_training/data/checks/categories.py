"""Categories of the held-out rows that no row to learn from has, where the config refuses unseen ones."""

from collections.abc import Iterator

from slipway_ml.contract.signature import Kind
from slipway_training.data.findings import Finding, error
from slipway_training.data.table import Table


def check_categories(train: Table, held_out: Table) -> Iterator[Finding]:
    """One finding per column."""
    for name in train.columns(Kind.CATEGORY):
        cells = held_out.frame[name]
        unseen = int((~cells.isin({*train.frame[name], ""})).sum())
        if unseen:
            yield error(
                "unseen_category",
                f"column {name!r} has a category in the held-out rows only, in {unseen} of {len(cells)} of them",
                "set features.unseen_categories = 'allowed' or bring more rows",
                name,
                unseen,
                len(cells),
            )
