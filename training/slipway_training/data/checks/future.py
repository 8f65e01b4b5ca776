"""Dates among the features that lie after the time of their own row: nobody knew them when the row happened."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from slipway_ml.contract.signature import Kind
from slipway_training.config.model import TrainingConfig
from slipway_training.data.findings import Finding, drop_line, warning
from slipway_training.data.table import Table, missing


def check_future(table: Table, config: TrainingConfig) -> Iterator[Finding]:
    """Compare text columns of ISO 8601 dates with the column of times."""
    if table.times is None:
        return
    for name in table.columns(Kind.CATEGORY):
        column = table.frame[name]
        is_there = ~missing(column)
        moments = pd.to_datetime(column[is_there], format="ISO8601", utc=True, errors="coerce")
        if not len(moments) or moments.isna().any():
            continue
        seconds = moments.dt.as_unit("us").astype("int64").to_numpy() / 1e6
        late = int(np.sum(seconds > table.times[is_there]))
        if late:
            message = f"column {name!r} lies after the time of its row in {late} of {len(column)} rows"
            remedy = f"if it was not known by then, {drop_line(config.data.drop, name)}"
            yield warning("future_values", message, remedy, name, late, len(column))
