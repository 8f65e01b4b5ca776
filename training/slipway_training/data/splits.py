"""Two parts of a table: rows to learn from and rows that those are evaluated on, divided as `[split]` says.

The same division serves the held-out rows and, among the rows to learn from, a validation part.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from slipway_ml.contract.signature import Task
from slipway_training.config.split import SplitConfig, Strategy
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError

Rows = NDArray[np.int64]


def split(table: Table, config: SplitConfig, task: Task) -> tuple[Table, Table]:
    """Training rows and held-out rows; the same seed gives the same rows."""
    learn, held_out = parts(table, config.test_size, config, task, "split.test_size")
    return table.take(learn), table.take(held_out)


def parts(table: Table, size: float, config: SplitConfig, task: Task, key: str) -> tuple[Rows, Rows]:
    """Row numbers of both sides; `size` is the share of the second, `key` its name in a refusal (ConfigError)."""
    strategy = strategy_for(table, config, task)
    rows = np.arange(len(table.target))
    try:
        if strategy == "time":
            first, second = _by_time(table, size)
        elif strategy == "group":
            divide = GroupShuffleSplit(1, test_size=size, random_state=config.random_state)
            first, second = next(divide.split(rows, groups=table.groups))
        else:
            classes = table.target.astype(str) if strategy == "stratified" else None
            first, second = train_test_split(rows, test_size=size, random_state=config.random_state, stratify=classes)
    except ValueError:
        raise _lacking(key, size) from None
    if not len(first) or not len(second) or lacks_class(table, first, task):
        raise _lacking(key, size)
    return np.sort(first), np.sort(second)


def strategy_for(table: Table, config: SplitConfig, task: Task) -> Strategy:
    """The strategy of the config, else the one that the data asks for; raises ConfigError where it cannot be."""
    if config.strategy is None:
        if table.groups is not None:
            return "group"
        if table.times is not None:
            return "time"
        return "stratified" if task is Task.CLASSIFICATION else "random"
    if config.strategy == "group" and table.groups is None:
        raise ConfigError("split.strategy = 'group' needs data.group, the column that says which rows belong together")
    if config.strategy == "time" and table.times is None:
        raise ConfigError("split.strategy = 'time' needs data.time, the column that says when a row happened")
    if config.strategy == "stratified" and task is Task.REGRESSION:
        raise ConfigError("split.strategy = 'stratified' is for classes; take 'random' for values")
    return config.strategy


def _by_time(table: Table, size: float) -> tuple[Rows, Rows]:
    """What came first and what came last, cut between two moments where the share comes closest."""
    times = np.asarray(table.times)
    moments, counts = np.unique(times, return_counts=True)
    later = 1 - np.cumsum(counts)[:-1] / len(times)
    if not len(later):
        return np.empty(0, dtype=np.int64), np.arange(len(times))
    last = moments[np.argmin(np.abs(later - size))]
    return np.flatnonzero(times <= last), np.flatnonzero(times > last)


def lacks_class(table: Table, rows: Rows, task: Task) -> bool:
    """Whether a class of the table is not among the rows."""
    return task is Task.CLASSIFICATION and len(set(table.target[rows])) < len(set(table.target))


def _lacking(key: str, size: float) -> ConfigError:
    return ConfigError(f"{key} = {size} leaves a class without rows on one side; choose another share or strategy")
