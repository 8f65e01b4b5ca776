"""Two parts of a table: rows to learn from and rows held out, the classes in equal shares."""

import numpy as np
from sklearn.model_selection import train_test_split

from app.contract.signature import Task
from training.config.data import SplitConfig
from training.data.table import Table
from training.errors import ConfigError


def split(table: Table, config: SplitConfig, task: Task) -> tuple[Table, Table]:
    """Training rows and held-out rows; the same seed gives the same rows."""
    rows = np.arange(len(table.target))
    try:
        train, held_out = train_test_split(
            rows,
            test_size=config.test_size,
            random_state=config.random_state,
            stratify=table.target.astype(str) if task is Task.CLASSIFICATION else None,
        )
    except ValueError:
        raise ConfigError(
            f"split.test_size = {config.test_size} leaves a class without rows on one side; choose another share"
        ) from None
    return table.take(np.sort(train)), table.take(np.sort(held_out))
