"""What both sides of the split share: equal rows, groups that were torn apart, and the future.

Rows that were learned by heart, other rows of the same customer, and rows that happened later all make a score better
than what the model will do on new rows.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from slipway_training.data.findings import Finding, warning
from slipway_training.data.table import Table


def check_overlap(train: Table, held_out: Table) -> Iterator[Finding]:
    """Findings on each kind of sharing that the columns of the config make visible."""
    rows = len(held_out.target)
    shared = int(np.isin(_digests(held_out), _digests(train)).sum())
    if shared:
        message = f"{shared} of {rows} held-out rows are also among the rows to learn from"
        yield warning("shared_rows", message, "remove the duplicates, or split by a group", rows=shared, of=rows)
    if train.groups is not None and held_out.groups is not None:
        torn = int(np.isin(held_out.groups.astype(str), np.unique(train.groups.astype(str))).sum())
        if torn:
            message = f"{torn} of {rows} held-out rows belong to a group of the training rows"
            yield warning(
                "shared_groups", message, "set split.strategy = 'group', which keeps it together", rows=torn, of=rows
            )
    if train.times is not None and held_out.times is not None:
        late = int((train.times > held_out.times.min()).sum())
        if late:
            message = f"{late} of {len(train.times)} rows to learn from happened after the first held-out row"
            remedy = "set split.strategy = 'time', so that the model is evaluated on later rows"
            yield warning("future_rows", message, remedy, rows=late, of=len(train.times))


def _digests(table: Table) -> "pd.Series[int]":
    return pd.util.hash_pandas_object(table.frame.assign(**{"": table.target.astype(str)}), index=False)
