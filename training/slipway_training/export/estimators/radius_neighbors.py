"""RadiusNeighbors: the known rows within a radius, by distances written out in float64; all of them count alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.estimators.distances import squared_euclidean
from slipway_training.export.pipeline_walk import Translation


def radius_neighbors_classifier(
    translation: Translation, fitted: Any, blocks: Sequence[Block], path: str
) -> EstimatorOutput:
    """The shares of the classes among the neighbours; scikit-learn refuses a row that has none."""
    known = np.eye(len(fitted.classes_))[np.ravel(fitted._y)]  # noqa: SLF001  # the labels it remembers
    numbers = _mean(translation, fitted, blocks, known, path)
    return EstimatorOutput(translation.pick_label(numbers, fitted.classes_), numbers)


def radius_neighbors_regressor(
    translation: Translation, fitted: Any, blocks: Sequence[Block], path: str
) -> EstimatorOutput:
    """The mean of the neighbours; NaN without any, as in scikit-learn."""
    known = np.asarray(fitted._y, dtype=np.float64).reshape(-1, 1)  # noqa: SLF001  # the values it remembers
    return EstimatorOutput(None, _mean(translation, fitted, blocks, known, path))


def _mean(translation: Translation, fitted: Any, blocks: Sequence[Block], known: Any, path: str) -> str:
    assembly = translation.assembly
    name = type(fitted).__name__
    block = translation.numbers(join(assembly, blocks, f"step {path}: {name}"), fitted, path)
    is_plain = fitted.effective_metric_ == "euclidean" and fitted.weights == "uniform"
    if not is_plain or getattr(fitted, "outlier_label", None) is not None:
        raise ConversionError(
            f"step {path or name}: {name} has an exact form with uniform weights, euclidean distance and no "
            "outlier_label only; set these, or use KNeighbors"
        )
    add, constant = assembly.add, assembly.constant
    rows = fitted._fit_X  # noqa: SLF001  # what it remembers
    distance = add("Sqrt", [squared_euclidean(assembly, block.wire, rows)])
    is_near = add("LessOrEqual", [distance, constant(np.array(float(fitted.radius)))])
    weights = add("Cast", [is_near], to=TensorProto.DOUBLE)
    total = add("ReduceSum", [weights, constant(np.array([1]))], keepdims=1)
    return add("Div", [add("MatMul", [weights, constant(known)]), total])
