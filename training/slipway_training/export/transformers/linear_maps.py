"""Transformers that are one shift and one product with a matrix, in float64: discriminant analysis."""

from typing import Any

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block


def is_linear_map(fitted: Any) -> bool:
    """Whether `apply` knows it."""
    return isinstance(fitted, LinearDiscriminantAnalysis)


def apply(assembly: Assembly, fitted: Any, block: Block) -> Block:
    """(x - center) @ matrix, in scikit-learn's order; only the columns that its own transform keeps."""
    add, constant = assembly.add, assembly.constant
    matrix = np.ascontiguousarray(fitted.scalings_[:, : fitted._max_components])  # noqa: SLF001  # what it keeps
    wire = add("Sub", [block.wire, constant(fitted.xbar_)]) if fitted.solver == "svd" else block.wire
    return Block(add("MatMul", [wire, constant(matrix)]), matrix.shape[1])
