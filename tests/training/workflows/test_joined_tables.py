"""From two raw tables to a published version: what is recorded, what is refused, and that it can be repeated."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from slipway_ml.registry.store import Registry
from slipway_training.errors import DataCheckFailed
from slipway_training.workflows.train import run
from tests.training.orders import changed, customers, orders, write_tables

CONFIG = """
name = "returns"
task = "classification"
[[data.sources]]
name = "orders"
path = "orders/*.csv"
[[data.sources]]
name = "customers"
path = "customers.parquet"
on = { customer = "id" }
[data]
target = "returned"
time = "ordered"
drop = ["customer"]
sample = 100
[estimator]
type = "RandomForestClassifier"
parameters = { n_estimators = 5, random_state = 0 }
[optimize]
candidates = []
"""


def silent(_step: str, _result: str) -> None:
    """A progress report that nobody reads."""


def test_lineage_is_in_the_manifest(tmp_path: Path) -> None:
    config = changed(write_tables(tmp_path), sample=100)

    provenance = run(config, Registry(tmp_path / "models"), silent, report=False).version.manifest.provenance

    counts = {"orders": 120, "customers": 30, "customers_unmatched": 0, "joined": 120, "loaded": 100}
    assert provenance.rows == {**counts, "train": 70, "held_out": 30}
    assert [source.name for source in provenance.sources] == ["orders", "customers"]
    assert provenance.seed == 0
    assert str(tmp_path) not in json.dumps(provenance.config)


def test_leak_from_a_joined_table_is_refused_by_name(tmp_path: Path) -> None:
    predictions = orders()[["ordered", "returned"]].rename(columns={"returned": "refunded"})
    config = write_tables(tmp_path, right=predictions, on=["ordered"], cardinality="one_to_one")

    with pytest.raises(DataCheckFailed, match="column 'refunded' alone predicts the held-out rows"):
        run(changed(config, drop=()), Registry(tmp_path / "models"), silent)


def test_drift_over_time_is_warned_of(tmp_path: Path) -> None:
    dearer = orders().assign(price=lambda rows: rows["price"] + (rows.index >= 84) * 500.0)

    outcome = run(write_tables(tmp_path, dearer), Registry(tmp_path / "models"), silent, report=False)

    findings = outcome.version.manifest.findings
    assert [(finding.check, finding.column) for finding in findings] == [("drift", "price")]


def trained_by_another_process(folder: Path, models: str, hash_seed: str) -> bytes:
    command = [
        sys.executable,
        "-m",
        "slipway_training",
        str(folder / "returns.toml"),
        "--models",
        str(folder / models),
        "--no-report",
    ]
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return (folder / models / "returns" / "1" / "model.onnx").read_bytes()


def test_two_processes_make_the_same_bytes_of_the_same_tables(tmp_path: Path) -> None:
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        write_tables(tmp_path / name, pd.DataFrame(orders()), customers())
        (tmp_path / name / "returns.toml").write_text(CONFIG)

    first = trained_by_another_process(tmp_path / "here", "models", "1")
    elsewhere = trained_by_another_process(tmp_path / "there", "models", "2")

    assert first == elsewhere
