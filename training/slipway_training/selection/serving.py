"""serve(model, …): what a fitted model costs to serve, measured on its own graph in onnxruntime.

The graph is asked one row at a time, distinct rows, and the median of the quickest round counts: a neighbour on the
machine makes a round slower, never quicker. It is the graph as exported; what the optimiser saves comes on top.
"""

import time
from statistics import median
from typing import Any

import pandas as pd

from slipway_ml.contract.signature import Signature
from slipway_ml.runtime.session import OnnxSession
from slipway_training.config.proof import ParityConfig
from slipway_training.data.schema import responded_by
from slipway_training.data.tensors import take, to_tensors
from slipway_training.errors import ParityError
from slipway_training.evaluation.predictions import compare, predict_with_pipeline, predict_with_session, spread_of
from slipway_training.export.onnx_export import forms
from slipway_training.parity.neighbor_ties import refuse_neighbor_ties
from slipway_training.selection.trials import Serving

_ROUNDS = 5
_ROWS = 60


def serve(model: Any, signature: Signature, rows: pd.DataFrame, config: ParityConfig) -> Serving:
    """Size and latency of the first form that agrees on the rows; raises ConversionError or ParityError."""
    refuse_neighbor_ties(model, rows)
    signature = responded_by(model, signature)
    tensors = to_tensors(rows, signature)
    expected = predict_with_pipeline(model, rows, signature.task)
    for graph in forms(model, signature):
        content = graph.SerializeToString()
        session = OnnxSession(content)
        differences = compare(expected, predict_with_session(session, tensors, signature.task), spread_of(expected))
        if not differences.flips.any() and differences.largest <= config.tolerance:
            singles = [take(tensors, slice(row, row + 1)) for row in range(min(_ROWS, len(rows)))]
            return Serving(min(_round(session, singles) for _ in range(_ROUNDS)), len(content))
    raise ParityError("step parity: the exported graph differs from scikit-learn")


def _round(session: OnnxSession, singles: list[dict[str, Any]]) -> float:
    taken = []
    for inputs in singles:
        start = time.perf_counter()
        session.run(inputs)
        taken.append(time.perf_counter() - start)
    return round(median(taken) * 1e6, 1)
