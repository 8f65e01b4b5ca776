"""Models on columns that lie far from zero beside their spread: 1,000,000 give or take 1."""

import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from slipway_ml.contract.signature import Signature
from slipway_training.candidate import Fitted, check_parity
from slipway_training.config.proof import ParityConfig
from slipway_training.parity.parity import Reference
from slipway_training.workflows.signature_inference import infer

_ROWS = 600
_ESTIMATORS: dict[str, Any] = {
    "LogisticRegression": LogisticRegression(),
    "LogisticRegression of three classes": LogisticRegression(),
    "MLPClassifier": MLPClassifier((16,), max_iter=20),
    "Ridge": Ridge(),
}
NAMES = tuple(_ESTIMATORS)


@dataclass(frozen=True)
class Offset:
    """A fitted pipeline with its exported graph and the rows it was compared on."""

    signature: Signature
    graph: ModelProto
    expected: Reference


@cache
def offset(name: str) -> Offset:
    """A scaler and an estimator, through everything up to the parity check."""
    random = np.random.default_rng(0)
    X = 1e6 + random.normal(size=(2 * _ROWS, 10))  # noqa: N806  # scikit-learn's own name
    y = _target(name, X.sum(axis=1) - 1e7 + random.normal(size=len(X)))
    pipeline = make_pipeline(StandardScaler(), _ESTIMATORS[name])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the network stops early on purpose
        pipeline.fit(X[:_ROWS], y[:_ROWS])
    fitted: Fitted = infer(pipeline, X[:_ROWS], y[:_ROWS], (X[_ROWS:], y[_ROWS:]), ())
    graph, expected, _ = check_parity(fitted, ParityConfig(max_edge_rows=5000))
    return Offset(fitted.signature, graph, expected)


def _target(name: str, score: NDArray[np.float64]) -> NDArray[Any]:
    match name:
        case "Ridge":
            return score
        case "LogisticRegression of three classes":
            return np.digitize(score, [-2, 2])
    return (score > 0).astype(np.int64)
