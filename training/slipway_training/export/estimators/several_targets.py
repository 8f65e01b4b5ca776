"""Regressors of several targets: one estimator for each, a chain of them, and the linear ones that have a matrix."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.pipeline_walk import Translation


def each_for_itself(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """MultiOutputRegressor: the values of its members side by side."""
    values = [
        _value(translation, member, list(blocks), f"{path}.{number}")
        for number, member in enumerate(fitted.estimators_)
    ]
    return EstimatorOutput(None, translation.assembly.add("Concat", values, axis=1))


def chained(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """RegressorChain: each member also sees the values of those before it; predictions in the order of the targets."""
    found: list[str] = []
    for number, member in enumerate(fitted.estimators_):
        seen = [*blocks, *(Block(wire, 1) for wire in found)]
        found.append(_value(translation, member, seen, f"{path}.{number}"))
    order = np.argsort(fitted.order_)
    return EstimatorOutput(None, translation.assembly.add("Concat", [found[place] for place in order], axis=1))


def linear_values(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """(x - mean) @ coefficients + intercept, in float64: partial least squares and the MultiTask regressors."""
    assembly = translation.assembly
    block = translation.numbers(join(assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path)
    wire = block.wire
    if hasattr(fitted, "_x_mean"):
        wire = assembly.add("Sub", [wire, assembly.constant(np.asarray(fitted._x_mean))])  # noqa: SLF001  # as predict
    matrix = np.ascontiguousarray(np.atleast_2d(fitted.coef_).T.astype(np.float64))
    product = assembly.add("MatMul", [wire, assembly.constant(matrix)])
    bias = np.broadcast_to(np.asarray(fitted.intercept_, dtype=np.float64), matrix.shape[1:])
    return EstimatorOutput(None, assembly.add("Add", [product, assembly.constant(bias)]))


def _value(translation: Translation, member: Any, blocks: list[Block], path: str) -> str:
    output = translation.output(member, blocks, path)
    return translation.double(str(output.numbers), is_double=output.is_double)
