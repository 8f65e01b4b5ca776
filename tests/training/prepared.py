"""The shipped models, trained once per test process and shared: tests read them, nobody writes."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from onnx import ModelProto
from sklearn.pipeline import Pipeline

from slipway_ml.contract.signature import Signature
from slipway_ml.registry.store import StoredVersion
from slipway_training.config import documents as configs
from slipway_training.config.model import TrainingConfig
from slipway_training.data.gathering import gather
from slipway_training.data.schema import describe
from slipway_training.data.splits import split
from slipway_training.data.table import Table
from slipway_training.export.onnx_export import export
from slipway_training.parity import parity
from slipway_training.parity.parity import Reference
from slipway_training.pipeline.build import fit
from tests.training.passengers import PASSENGERS
from tests.training.payments import PAYMENTS
from tests.training.shop import SHOP

REAL_TITANIC = Path(__file__).parents[3] / "shared" / "data" / "titanic.csv"
Published = Callable[[str], StoredVersion]
"""Gives the first version of a shipped model; see the fixture of that name."""
Copied = Callable[[str, Path], StoredVersion]
"""Gives it in a folder of its own; see the fixture of that name."""

MODELS = ("breast_cancer", "cancer_forest", "diabetes", "digits", "returns", "titanic")


@dataclass(frozen=True)
class Prepared:
    """A model with everything that the later steps of the workflow are given."""

    config: TrainingConfig
    learn: Table
    held_out: Table
    signature: Signature
    pipeline: Pipeline
    graph: ModelProto
    expected: Reference


@cache
def prepared(name: str, *changes: str) -> Prepared:
    """A shipped config, changed as `--set` does, through every step up to the exported graph."""
    config = shipped(name, *changes)
    table = gather(config, lambda _step, _result: None).table
    learn, held_out = split(table, config.split, config.task)
    signature = describe(table, learn, config)
    pipeline, _ = fit(config, signature, learn)
    graph = export(pipeline, signature)
    expected = parity.reference(pipeline, signature, parity.real_rows(held_out.frame), config.parity)
    return Prepared(config, learn, held_out, signature, pipeline, graph, expected)


def shipped(name: str, *changes: str) -> TrainingConfig:
    """A shipped config; those of files of their own read the committed ones."""
    return configs.load(name, {"fraud": PAYMENTS, "returns": SHOP, "titanic": PASSENGERS}.get(name), changes)


def real_titanic() -> Path:
    """The real passenger list, or a skip where this machine lacks it."""
    if not REAL_TITANIC.is_file():
        pytest.skip("the real titanic.csv is not beside the repository")
    return REAL_TITANIC
