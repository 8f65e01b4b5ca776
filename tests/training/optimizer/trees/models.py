"""Small models of trees as exported graphs, with rows on both sides of every threshold."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from onnx import ModelProto
from sklearn.datasets import load_iris, make_classification
from sklearn.ensemble import (
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.export.onnx_export import export
from slipway_training.optimizer.passes import Material, NotApplicable, Pass
from slipway_training.workflows.signature_inference import infer
from tests.training.export.trees.graphs import hard_rows

TWO = make_classification(400, 6, flip_y=0.2, random_state=0)
THREE = load_iris(return_X_y=True)
VALUES = (TWO[0], TWO[0][:, 0] ** 2 + TWO[0][:, 1])
MODELS: dict[str, tuple[Any, Any]] = {
    "votes of two": (RandomForestClassifier(15, random_state=0), TWO),
    "votes of three": (ExtraTreesClassifier(15, random_state=0), THREE),
    "shares of two": (RandomForestClassifier(15, max_depth=3, random_state=0), TWO),
    "scaled votes": (make_pipeline(StandardScaler(), RandomForestClassifier(15, random_state=0)), TWO),
    "means": (RandomForestRegressor(9, random_state=0), VALUES),
    "boosted two": (GradientBoostingClassifier(n_estimators=30, random_state=0), TWO),
    "boosted three": (HistGradientBoostingClassifier(max_iter=15, random_state=0), THREE),
    "boosted values": (GradientBoostingRegressor(n_estimators=60, max_depth=4, random_state=0), VALUES),
}


@dataclass(frozen=True)
class Exported:
    """A graph, what passes may look at, and rows where it is easily wrong."""

    graph: ModelProto
    material: Material
    rows: dict[str, Tensor]

    def predictions(self, graph: ModelProto) -> list[Tensor]:
        """What a graph says of the rows."""
        return OnnxSession(graph.SerializeToString()).run(self.rows)


@cache
def exported(name: str) -> Exported:
    """One of MODELS."""
    estimator, (rows, target) = MODELS[name]
    return exported_from(estimator.fit(rows, target), rows, target)


def exported_from(fitted: Any, rows: NDArray[np.float64], target: Any) -> Exported:
    """Any fitted pipeline."""
    found = infer(fitted, rows, target, None, ())
    hard = pd.DataFrame(hard_rows(fitted, rows, target, 6000), columns=found.held_out.columns)
    material = Material(to_tensors(found.learn, found.signature), found.signature)
    return Exported(export(found.pipeline, found.signature), material, to_tensors(hard, found.signature))


def attempt(one: Pass, model: Exported) -> tuple[ModelProto, str]:
    """The graph after a pass, or as it was and why."""
    try:
        return one.apply(model.graph, model.material).model, ""
    except NotApplicable as reason:
        return model.graph, str(reason)
