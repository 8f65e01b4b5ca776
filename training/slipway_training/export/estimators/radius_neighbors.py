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
    """The shares of the classes among the neighbours; without any, all for the label of outliers."""
    labels = fitted.outlier_label_
    step = f"step {path or type(fitted).__name__}"
    if labels is None:
        raise ConversionError(
            f"{step}: RadiusNeighborsClassifier has no prediction for a row without a neighbour in its radius; set "
            "outlier_label='most_frequent', or use KNeighborsClassifier"
        )
    (outlier,) = np.flatnonzero(fitted.classes_ == labels[0]) if labels[0] in fitted.classes_ else (None,)
    if outlier is None:
        raise ConversionError(f"{step}: outlier_label must be one of the labels, or 'most_frequent'")
    known = np.eye(len(fitted.classes_))
    own = known[np.ravel(fitted._y)]  # noqa: SLF001  # the labels it remembers
    sums, total = _sums(translation, fitted, blocks, own, path)
    add, constant = translation.assembly.add, translation.assembly.constant
    is_alone = add("Equal", [total, constant(np.array(0.0))])
    numbers = add("Where", [is_alone, constant(known[[outlier]]), add("Div", [sums, total])])
    return EstimatorOutput(translation.pick_label(numbers, fitted.classes_), numbers)


def radius_neighbors_regressor(
    translation: Translation, fitted: Any, blocks: Sequence[Block], path: str
) -> EstimatorOutput:
    """The mean of the neighbours; NaN without any, as in scikit-learn."""
    known = np.asarray(fitted._y, dtype=np.float64).reshape(-1, 1)  # noqa: SLF001  # the values it remembers
    sums, total = _sums(translation, fitted, blocks, known, path)
    return EstimatorOutput(None, translation.assembly.add("Div", [sums, total]))


def _sums(translation: Translation, fitted: Any, blocks: Sequence[Block], known: Any, path: str) -> tuple[str, str]:
    """What is known of the neighbours added up, [rows, columns of `known`], and their number, [rows, 1]."""
    assembly = translation.assembly
    name = type(fitted).__name__
    block = translation.numbers(join(assembly, blocks, f"step {path}: {name}"), fitted, path)
    if fitted.effective_metric_ != "euclidean" or fitted.weights != "uniform":
        raise ConversionError(
            f"step {path or name}: {name} has an exact form with uniform weights and euclidean distance only; set "
            "these, or use KNeighbors"
        )
    add, constant = assembly.add, assembly.constant
    rows = fitted._fit_X  # noqa: SLF001  # what it remembers
    distance = add("Sqrt", [squared_euclidean(assembly, block.wire, rows)])
    is_near = add("LessOrEqual", [distance, constant(np.array(float(fitted.radius)))])
    weights = add("Cast", [is_near], to=TensorProto.DOUBLE)
    total = add("ReduceSum", [weights, constant(np.array([1]))], keepdims=1)
    return add("MatMul", [weights, constant(known)]), total
