"""Transformers that are one shift and one product with a matrix, in float64: discriminants and partial squares."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.cross_decomposition import CCA, PLSCanonical, PLSRegression
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from training.export.assembly import Assembly
from training.export.blocks import Block

Floats = NDArray[np.float64]


def is_linear_map(fitted: Any) -> bool:
    """Whether `apply` knows it."""
    return isinstance(fitted, CCA | LinearDiscriminantAnalysis | PLSCanonical | PLSRegression)


def apply(assembly: Assembly, fitted: Any, block: Block) -> Block:
    """(x - center) / scale @ matrix, in scikit-learn's order."""
    add, constant = assembly.add, assembly.constant
    center, scale, matrix = _parts(fitted)
    wire = block.wire
    if center is not None:
        wire = add("Sub", [wire, constant(center)])
    if scale is not None:
        wire = add("Div", [wire, constant(scale)])
    return Block(add("MatMul", [wire, constant(np.ascontiguousarray(matrix))]), matrix.shape[1])


def _parts(fitted: Any) -> tuple[Floats | None, Floats | None, Floats]:
    if isinstance(fitted, LinearDiscriminantAnalysis):
        width = fitted._max_components  # noqa: SLF001  # the columns that its own transform keeps
        center = fitted.xbar_ if fitted.solver == "svd" else None
        return center, None, fitted.scalings_[:, :width]
    return fitted._x_mean, fitted._x_std, fitted.x_rotations_  # noqa: SLF001  # part of the fitted state
