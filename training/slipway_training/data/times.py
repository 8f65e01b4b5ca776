"""When a row happened: the column named by `data.time` as one float64 per row, so that rows can be put in order.

Numbers are taken as they are; dates and times of ISO 8601 become seconds since 1970, in UTC where no zone is given.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from slipway_ml.contract.csv_format import CsvFormat
from slipway_ml.contract.signature import Kind
from slipway_training.data.kinds import Line, guess_kind, parse_column
from slipway_training.errors import DataCheckFailed

_NUMBERS = {Kind.NUMBER, Kind.INTEGER}


def parse_times(
    name: str, cells: Sequence[str], line: Line, csv_format: CsvFormat | None = None
) -> NDArray[np.float64]:
    """The times of a column of text; raises DataCheckFailed that names the first cell that is none."""
    for row, cell in enumerate(cells):
        if not cell:
            raise DataCheckFailed(f"{line(row)} has no time in {name!r}; fill it in or remove the row")
    csv_format = csv_format or CsvFormat()
    if guess_kind(cells, csv_format) in _NUMBERS:
        return parse_column(name, cells, Kind.NUMBER, line, csv_format)
    moments = pd.to_datetime(pd.Series(list(cells)), format="ISO8601", utc=True, errors="coerce")
    odd = np.flatnonzero(moments.isna().to_numpy())
    if len(odd):
        raise DataCheckFailed(
            f"{line(int(odd[0]))}, column {name!r}: neither a number nor a date of ISO 8601, such as 2026-01-31"
        )
    seconds: NDArray[np.float64] = moments.dt.as_unit("us").astype("int64").to_numpy() / 1e6
    return seconds
