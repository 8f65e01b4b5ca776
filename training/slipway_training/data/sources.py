"""load(config) -> Table: the rows of a CSV or of a data set that comes with scikit-learn, dropped columns left out."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import datasets

from slipway_ml.contract.signature import Kind, Task
from slipway_training.config.data import DataConfig
from slipway_training.data.csv_file import other_delimiter, read_csv
from slipway_training.data.kinds import guess_kind, parse_column, parse_target
from slipway_training.data.table import Table
from slipway_training.data.times import parse_times
from slipway_training.errors import ConfigError, DataCheckFailed, closest

_LOADERS: dict[str, Any] = {
    "breast_cancer": datasets.load_breast_cancer,
    "diabetes": datasets.load_diabetes,
    "digits": datasets.load_digits,
    "iris": datasets.load_iris,
    "wine": datasets.load_wine,
}


def load(config: DataConfig, task: Task) -> Table:
    """Read everything; raises DataCheckFailed or ConfigError in one sentence."""
    return _from_csv(config, task) if config.source == "csv" else _from_sklearn(config, task)


def in_words(config: DataConfig) -> str:
    """Where the rows came from, for people."""
    source = config.path.name if config.path else f"scikit-learn's {config.source}"
    if config.source == "sources":
        source = " joined to ".join(source.name for source in config.sources)
    return source + (f" without the columns {', '.join(config.drop)}" if config.drop else "")


def _from_csv(config: DataConfig, task: Task) -> Table:
    content = read_csv(config.path, config)
    source = config.path.name if config.path else "the data"
    target_name = str(config.target)
    if target_name not in content.columns:
        near = other_delimiter(list(content.columns), config) or closest(target_name, content.columns)
        raise DataCheckFailed(f"{source} has no target column {target_name!r}{near}")
    if config.empty_targets == "drop":
        content = content.having(target_name)
        if not content.lines:
            raise DataCheckFailed(f"{source} has no row with a value for the target {target_name!r}")
    target = parse_target(target_name, content.columns[target_name], task, content.line, config)
    features = {name: cells for name, cells in content.columns.items() if name != target_name}
    _check_names(config, list(features), source)
    kept = {name: cells for name, cells in features.items() if name not in (*config.drop, *config.asides)}
    if not kept:
        raise DataCheckFailed(f"{source} has no column left beside the target; drop fewer columns")
    kinds = {name: config.kinds.get(name) or guess_kind(cells, config) for name, cells in kept.items()}
    if set(kinds.values()) <= {Kind.NUMBER, Kind.INTEGER}:
        # An all-numeric model has one input matrix, where integers are numbers too, unless the config insists.
        kinds = {name: config.kinds.get(name, Kind.NUMBER) for name in kinds}
    values = {name: parse_column(name, cells, kinds[name], content.line, config) for name, cells in kept.items()}
    groups = np.array(features[config.group], dtype=object) if config.group else None
    times = parse_times(config.time, features[config.time], content.line, config) if config.time else None
    return Table(_frame(values), target, kinds, content.line, groups, times)


def _from_sklearn(config: DataConfig, task: Task) -> Table:
    bunch = _LOADERS[config.source]()
    if task is Task.REGRESSION:
        target: NDArray[Any] = bunch.target.astype(np.float64)
    elif config.labels == "names":
        target = np.array([str(bunch.target_names[index]) for index in bunch.target], dtype=object)
    else:
        target = bunch.target.astype(np.int64)
    names = [str(name) for name in bunch.feature_names]
    _check_names(config, names, config.source)
    columns = {name: bunch.data[:, position].astype(np.float64) for position, name in enumerate(names)}
    groups = columns[config.group].astype(str).astype(object) if config.group else None
    times = columns[config.time] if config.time else None
    values = {n: c for n, c in columns.items() if n not in (*config.drop, *config.asides)}
    kinds = dict.fromkeys(values, Kind.NUMBER)
    return Table(_frame(values), target, kinds, "row {}".format, groups, times)


def _frame(values: dict[str, NDArray[Any]]) -> pd.DataFrame:
    return pd.DataFrame({name: pd.Series(column, dtype=column.dtype) for name, column in values.items()})


def _check_names(config: DataConfig, known: list[str], source: str) -> None:
    asides = {"group": config.group, "time": config.time}
    named = {"drop": config.drop, "kinds": config.kinds, "nullable": config.nullable}
    for key, names in (*named.items(), *((key, (name,)) for key, name in asides.items() if name is not None)):
        for name in names:
            if name not in known:
                raise ConfigError(f"data.{key} names the column {name!r}, which {source} has not{closest(name, known)}")
