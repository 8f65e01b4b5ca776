"""Graphs of pipelines that end in trees, and rows that lie on both sides of every threshold."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from onnx import ModelProto

from slipway_ml.contract.signature import Signature
from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.export.onnx_export import export
from slipway_training.parity.edge_rows import edge_rows
from slipway_training.workflows.signature_inference import infer


def exported(fitted: Any, rows: NDArray[np.float64], target: Any) -> tuple[ModelProto, Signature]:
    """The graph and the signature of a pipeline that was fitted on a matrix."""
    found = infer(fitted, rows, target, None, ())
    return export(found.pipeline, found.signature), found.signature


def predictions(model: ModelProto, signature: Signature, rows: NDArray[np.float64]) -> list[Tensor]:
    """What onnxruntime says of a matrix."""
    frame = pd.DataFrame(rows, columns=[feature.name for feature in signature.features])
    return OnnxSession(model.SerializeToString()).run(to_tensors(frame, signature))


def hard_rows(fitted: Any, rows: NDArray[np.float64], target: Any, limit: int = 8000) -> NDArray[np.float64]:
    """The rows themselves, and synthetic ones around every threshold."""
    found = infer(fitted, rows, target, None, ())
    edges = edge_rows(found.pipeline, found.signature, found.held_out, limit)
    return np.concatenate([rows, edges.frame.to_numpy(dtype=np.float64)])
