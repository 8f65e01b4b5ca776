"""Dates in another form than the config says, and text that is most likely dates."""

from collections.abc import Iterator

import numpy as np

from slipway_ml.contract.dates import EXAMPLES, is_date
from slipway_ml.contract.signature import Kind
from slipway_training.config.model import TrainingConfig
from slipway_training.data.date_forms import order_of
from slipway_training.data.findings import Finding, error, warning
from slipway_training.data.table import Table


def check_dates(table: Table, config: TrainingConfig) -> Iterator[Finding]:
    """One finding per column of text."""
    for name in table.columns(Kind.CATEGORY):
        options = config.features.options(name)
        cells = table.frame[name]
        distinct = [cell for cell in cells.unique() if cell]
        if options.encode == "date":
            odd = [cell for cell in distinct if not is_date(cell, options.order)]
            if odd:
                is_odd = cells.isin(odd).to_numpy()
                first = table.line(int(np.flatnonzero(is_odd)[0]))
                found = order_of(odd)
                other = found is not None and found != options.order
                remedy = f"write features.columns.{name}.order = {found!r}" if other else "correct them at their source"
                message = (
                    f"column {name!r}: {int(is_odd.sum())} of {len(cells)} cells, the first in {first}, are no dates "
                    f"such as {EXAMPLES[options.order]}"
                )
                yield error("date_form", message, remedy, name, int(is_odd.sum()), len(cells))
        elif options.encode is None and not options.steps and name not in config.data.kinds:
            order = order_of(distinct)
            if order is not None:
                written = "" if order == "ymd" else f", order = {order!r}"
                message = f"column {name!r} is taken for categories, but its values are dates such as {EXAMPLES[order]}"
                remedy = f"write features.columns.{name} = {{ encode = 'date'{written} }}"
                yield warning("date_form", message, remedy, name, int((cells != "").sum()), len(cells))
