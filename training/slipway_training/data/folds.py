"""The rows to learn from, divided for tuning: folds of a cross-validation, or one validation part.

Held-out rows are never among them. Every fold is divided by the strategy that held the test rows out: where a customer
or the future may not be looked into there, it may not be here.
"""

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold, TimeSeriesSplit

from slipway_ml.contract.signature import Task
from slipway_training.config.split import SplitConfig
from slipway_training.data.splits import Rows, lacks_class, parts, strategy_for
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError

Fold = tuple[Rows, Rows]
"""Row numbers to fit on and to judge on."""


def folds(learn: Table, config: SplitConfig, task: Task) -> list[Fold]:
    """`config.folds` of them; by time each fits on all that came before it. Raises ConfigError where rows lack."""
    strategy = strategy_for(learn, config, task)
    rows = np.arange(len(learn.target))
    count, seed = config.folds, config.random_state
    classes = learn.target.astype(str) if task is Task.CLASSIFICATION else None
    fewest = len(rows) if classes is None else int(np.unique(classes, return_counts=True)[1].min())
    if fewest < count:
        raise _too_many(count)
    try:
        if strategy == "time":
            found = _by_time(learn, count)
        elif strategy == "group":
            make = GroupKFold(count, shuffle=True, random_state=seed)
            if classes is not None:
                make = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
            found = list(make.split(rows, classes, learn.groups))
        elif strategy == "stratified":
            found = list(StratifiedKFold(count, shuffle=True, random_state=seed).split(rows, classes))
        else:
            found = list(KFold(count, shuffle=True, random_state=seed).split(rows))
    except ValueError:
        raise _too_many(count) from None
    if any(not len(fit) or lacks_class(learn, fit, task) for fit, _ in found):
        raise _too_many(count)
    return found


def tuning_folds(learn: Table, config: SplitConfig, task: Task) -> list[Fold]:
    """Where a threshold or a calibration is tuned: the validation part where the config wants one, else the folds."""
    if config.validation_size:
        return [parts(learn, config.validation_size, config, task, "split.validation_size")]
    return folds(learn, config, task)


def _by_time(learn: Table, count: int) -> list[Fold]:
    """Folds over the distinct moments, so that rows of one moment are never on both sides."""
    moments, moment_of = np.unique(np.asarray(learn.times), return_inverse=True)
    return [
        (np.flatnonzero(moment_of <= before[-1]), np.flatnonzero((moment_of >= after[0]) & (moment_of <= after[-1])))
        for before, after in TimeSeriesSplit(count).split(moments)
    ]


def _too_many(count: int) -> ConfigError:
    return ConfigError(
        f"split.folds = {count} leaves a fold without rows of every class to learn from; "
        "choose fewer folds or another split.strategy"
    )
