"""The usual export, as a negative control: what anybody gets from skl2onnx in one line, float32 from end to end.

It is never published. Comparing it with the same reference shows that the parity check can fail, and what the export of
this package is for.
"""

import warnings
from dataclasses import dataclass

import numpy as np
from onnx import ModelProto
from skl2onnx import to_onnx
from sklearn.pipeline import Pipeline

from slipway_ml.contract.signature import Signature
from slipway_ml.contract.tensors import NUMPY_DTYPES
from slipway_ml.runtime.session import OnnxSession
from slipway_training.evaluation.predictions import compare, predict_with_session
from slipway_training.export.assembly import TARGET
from slipway_training.parity.parity import Reference


@dataclass(frozen=True, slots=True)
class WrongRows:
    """How many rows of a reference a graph answers wrongly: real held-out rows, synthetic edge rows, other labels."""

    held_out: int
    edge: int
    label_flips: int
    largest_difference: float


def plain_export(pipeline: Pipeline, signature: Signature) -> ModelProto:
    """The one line, for a model whose columns are all numbers."""
    example = np.zeros((1, len(signature.features)), dtype=np.float32)
    options = {"zipmap": False} if signature.labels else None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the pipeline has seen column names, the example has none
        model: ModelProto = to_onnx(pipeline, example, target_opset=TARGET, options=options)
    return model


def wrong_rows(model: ModelProto, expected: Reference, signature: Signature, tolerance: float) -> WrongRows:
    """Compare any graph with one matrix input, of float32 or float64, with the pipeline's predictions."""
    session = OnnxSession(model.SerializeToString())
    (matrix,) = session.inputs
    rows = expected.frame.to_numpy().astype(NUMPY_DTYPES[matrix.datatype])
    given = predict_with_session(session, {matrix.name: rows}, signature.task)
    differences = compare(expected.predictions, given, expected.spread)
    wrong = (differences.change > tolerance) | differences.flips
    return WrongRows(
        held_out=int(wrong[: expected.held_out].sum()),
        edge=int(wrong[expected.held_out :].sum()),
        label_flips=int(differences.flips.sum()),
        largest_difference=differences.largest,
    )
