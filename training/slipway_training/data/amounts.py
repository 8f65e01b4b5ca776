"""with_amounts(table, …): the columns by which predictions cost more or less, kept row by row beside the features."""

from dataclasses import replace

import numpy as np

from slipway_ml.contract.signature import Kind
from slipway_training.config.cost import CostConfig
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError, DataCheckFailed, closest


def with_amounts(table: Table, config: CostConfig | None) -> Table:
    """The table with `amounts`; raises ConfigError for an unknown column, DataCheckFailed where an amount lacks."""
    if config is None or not config.columns:
        return table
    for name in config.columns:
        if name not in table.kinds:
            raise ConfigError(f"config: [cost] names the column {name!r}{closest(name, table.kinds)}")
        if table.kinds[name] not in {Kind.NUMBER, Kind.INTEGER}:
            raise ConfigError(f"config: [cost] names the column {name!r}, which holds no numbers")
        lacking = np.flatnonzero(np.isnan(table.frame[name].to_numpy()))
        if len(lacking):
            raise DataCheckFailed(
                f"{table.line(int(lacking[0]))} has no amount in {name!r}, which [cost] names; fill it in"
            )
    amounts = {name: table.frame[name].to_numpy(dtype=np.float64) for name in config.columns}
    if config.amounts_are_features:
        return replace(table, amounts=amounts)
    frame = table.frame.drop(columns=list(amounts))
    kinds = {name: kind for name, kind in table.kinds.items() if name not in amounts}
    if not kinds:
        raise ConfigError("config: [cost] takes the last column away; set cost.amounts_are_features = true")
    return replace(table, frame=frame, kinds=kinds, amounts=amounts)
