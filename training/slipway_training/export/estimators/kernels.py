"""Kernel methods: KernelRidge, LabelPropagation and LabelSpreading, from the kernel of each row with the known ones."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.errors import ConversionError
from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.estimators.distances import manhattan, squared_euclidean
from slipway_training.export.pipeline_walk import Translation


def kernel_ridge(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """K(X, X_fit) @ dual coefficients."""
    assembly = translation.assembly
    block = translation.numbers(join(assembly, blocks, f"step {path}: KernelRidge"), fitted, path)
    names = ("gamma", "degree", "coef0")
    found = kernel_of(
        assembly, block, fitted.X_fit_, fitted.kernel, {name: getattr(fitted, name) for name in names}, path
    )
    weights = np.asarray(fitted.dual_coef_, dtype=np.float64).reshape(len(fitted.X_fit_), -1)
    return EstimatorOutput(None, assembly.add("MatMul", [found, assembly.constant(weights)]))


def label_propagation(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The label distributions of the known rows, weighed by the kernel."""
    assembly = translation.assembly
    add, constant = assembly.add, assembly.constant
    name = type(fitted).__name__
    block = translation.numbers(join(assembly, blocks, f"step {path}: {name}"), fitted, path)
    if fitted.kernel != "rbf":
        raise ConversionError(f"step {path}: {name} has no exact form with kernel 'knn'; use KNeighborsClassifier")
    kernel = kernel_of(assembly, block, fitted.X_, "rbf", {"gamma": fitted.gamma}, path)
    weighed = add("MatMul", [kernel, constant(np.asarray(fitted.label_distributions_, dtype=np.float64))])
    total = add("ReduceSum", [weighed, constant(np.array([1], dtype=np.int64))], keepdims=1)
    numbers = add("Div", [weighed, total])
    return EstimatorOutput(translation.pick_label(numbers, fitted.classes_), numbers)


def kernel_of(assembly: Assembly, block: Block, known: Any, kernel: Any, parameters: dict[str, Any], path: str) -> str:
    """[rows, known rows] in float64; raises ConversionError for a kernel that is a function or precomputed."""
    add, constant = assembly.add, assembly.constant
    points = np.asarray(known, dtype=np.float64)
    gamma = parameters.get("gamma") or 1.0 / points.shape[1]
    if kernel in {"rbf", "laplacian"}:
        distance = squared_euclidean if kernel == "rbf" else manhattan
        return add("Exp", [add("Mul", [distance(assembly, block.wire, points), constant(np.array([-float(gamma)]))])])
    product = add("MatMul", [block.wire, constant(np.ascontiguousarray(points.T))])
    if kernel == "linear":
        return product
    if kernel not in {"poly", "polynomial", "sigmoid"}:
        raise ConversionError(f"step {path}: the kernel has no exact form; use 'linear', 'rbf', 'laplacian' or 'poly'")
    shifted = add(
        "Add",
        [add("Mul", [product, constant(np.array([float(gamma)]))]), constant(np.array([float(parameters["coef0"])]))],
    )
    if kernel == "sigmoid":
        return add("Tanh", [shifted])
    return add("Pow", [shifted, constant(np.array([float(parameters["degree"])]))])
