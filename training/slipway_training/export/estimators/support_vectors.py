"""The decision function of SVC and NuSVC in float64: kernels with the support vectors, weighed for pairs of classes.

Two classes have one pair. Of more, each pair votes for one of its two classes, and what the pairs are sure of by breaks
ties: sum / (3 (|sum| + 1)), which scikit-learn adds to the votes.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block, join
from slipway_training.export.estimators.kernels import kernel_of
from slipway_training.export.pipeline_walk import Translation

_TWO = 2


def support_vector_decision(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """[rows, 1] for two classes, else [rows, classes], or [rows, pairs] where it is set to 'ovo'."""
    assembly = translation.assembly
    block = translation.numbers(join(assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path)
    parameters = {"gamma": fitted._gamma, "degree": fitted.degree, "coef0": fitted.coef0}  # noqa: SLF001  # as fitted
    kernel = kernel_of(assembly, block, fitted.support_vectors_, fitted.kernel, parameters, path)
    product = assembly.add("MatMul", [kernel, assembly.constant(_weights(fitted))])
    pairs = assembly.add("Add", [product, assembly.constant(np.asarray(fitted.intercept_, dtype=np.float64))])
    count = len(fitted.classes_)
    if count == _TWO or fitted.decision_function_shape == "ovo":
        return pairs
    return _one_against_the_rest(assembly, pairs, count)


def _weights(fitted: Any) -> NDArray[np.float64]:
    """[support vectors, pairs]: in each pair only the vectors of its two classes count."""
    coefficients = np.asarray(fitted.dual_coef_, dtype=np.float64)
    count = len(fitted.classes_)
    if count == _TWO:
        return np.ascontiguousarray(coefficients.T)
    ends = np.cumsum([0, *fitted.n_support_])
    pairs = list(combinations(range(count), 2))
    found = np.zeros((coefficients.shape[1], len(pairs)))
    for pair, (first, second) in enumerate(pairs):
        of_first, of_second = slice(ends[first], ends[first + 1]), slice(ends[second], ends[second + 1])
        found[of_first, pair] = coefficients[second - 1, of_first]
        found[of_second, pair] = coefficients[first, of_second]
    return found


def _one_against_the_rest(assembly: Assembly, pairs: str, count: int) -> str:
    add, constant = assembly.add, assembly.constant
    zero, one = constant(np.array(0.0)), constant(np.array([1.0]))
    signs = np.zeros((count * (count - 1) // 2, count))
    for pair, (first, second) in enumerate(combinations(range(count), 2)):
        signs[pair, first], signs[pair, second] = 1.0, -1.0
    for_second = add("Cast", [add("Less", [pairs, zero])], to=TensorProto.DOUBLE)
    for_first = add("Sub", [one, for_second])
    votes = add(
        "Add",
        [
            add("MatMul", [for_first, constant((signs > 0).astype(np.float64))]),
            add("MatMul", [for_second, constant((signs < 0).astype(np.float64))]),
        ],
    )
    sure = add("MatMul", [pairs, constant(signs)])
    bound = add("Mul", [add("Add", [add("Abs", [sure]), one]), constant(np.array([3.0]))])
    return add("Add", [votes, add("Div", [sure, bound])])
