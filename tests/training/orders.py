"""Two small tables that belong together: orders, each of one customer, and customers, each with some orders."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from slipway_training.config.documents import parse
from slipway_training.config.model import TrainingConfig

ORDERS = 120
CUSTOMERS = 30


def orders() -> pd.DataFrame:
    """Whether an order came back depends on its price and on the customer's age."""
    random = np.random.default_rng(3)
    customer = random.integers(0, CUSTOMERS, ORDERS)
    price = random.lognormal(3, 1, ORDERS).round(2)
    returned = price * (1 + 0.02 * customer) + random.normal(0, 5, ORDERS) > 25
    days = pd.date_range("2026-01-01", periods=ORDERS, freq="D").strftime("%Y-%m-%d")
    return pd.DataFrame({"customer": customer, "ordered": days, "price": price, "returned": returned.astype(int)})


def customers() -> pd.DataFrame:
    """One row each, in no order."""
    random = np.random.default_rng(4)
    number = random.permutation(CUSTOMERS)
    towns = np.array(["Bern", "Köln", "Linz"])[number % 3]
    return pd.DataFrame({"id": number, "age": 18.0 + number, "town": towns})


def write_tables(
    folder: Path, left: pd.DataFrame | None = None, right: pd.DataFrame | None = None, **how: Any
) -> TrainingConfig:
    """Orders as two CSV files and customers as Parquet, and a config that joins them; `how` changes the join."""
    left, right = orders() if left is None else left, customers() if right is None else right
    (folder / "orders").mkdir(exist_ok=True)
    half = len(left) // 2
    left.iloc[:half].to_csv(folder / "orders" / "1.csv", index=False)
    left.iloc[half:].to_csv(folder / "orders" / "2.csv", index=False)
    right.to_parquet(folder / "customers.parquet")
    second = {"name": "customers", "path": "customers.parquet", "on": {"customer": "id"}, **how}
    return config_of(folder, {"name": "orders", "path": "orders/*.csv"}, second)


def config_of(folder: Path, *sources: dict[str, Any], **data: Any) -> TrainingConfig:
    """A config of these sources below a folder."""
    config = parse(
        {
            "name": "returns",
            "task": "classification",
            "data": {"target": "returned", "sources": list(sources), "time": "ordered", "drop": ["customer"], **data},
            "estimator": {"type": "LogisticRegression"},
            "features": {"scale": "standard"},
        }
    )
    return config.model_copy(update={"data": config.data.below(folder)})


def changed(config: TrainingConfig, **data: Any) -> TrainingConfig:
    """The config with other values in its section data."""
    return config.model_copy(update={"data": config.data.model_copy(update=data)})
