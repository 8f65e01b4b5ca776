"""Linear classifiers in float64: X @ coef + intercept, and the class on whose side the row lies."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.pipeline_walk import Translation


def linear_decision(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """The decision function as [rows, classes], or [rows, 1] for two classes."""
    assembly = translation.assembly
    block = translation.numbers(join(assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path)
    weights = np.atleast_2d(np.asarray(fitted.coef_, dtype=np.float64)).T
    bias = np.broadcast_to(np.asarray(fitted.intercept_, dtype=np.float64), weights.shape[1:])
    product = assembly.add("MatMul", [block.wire, assembly.constant(np.ascontiguousarray(weights))])
    return assembly.add("Add", [product, assembly.constant(bias)])


def linear_labels(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """LinearSVC, RidgeClassifier, Perceptron and their like: a label and no probabilities."""
    decision = linear_decision(translation, fitted, blocks, path)
    return EstimatorOutput(sided_label(translation, decision, fitted.classes_), None)


def sided_label(translation: Translation, decision: str, classes: Any) -> str:
    """The second of two classes above zero, else the class with the largest decision."""
    assembly = translation.assembly
    if len(classes) == 2:  # noqa: PLR2004  # one column decides
        # Beside a column of zeros the first of equals wins, as "above zero" asks.
        zeros = assembly.add("Mul", [decision, assembly.constant(np.array([0.0]))])
        decision = assembly.add("Concat", [zeros, decision], axis=1)
    return translation.pick_label(decision, classes)
