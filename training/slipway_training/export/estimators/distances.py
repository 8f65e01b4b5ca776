"""Distances of every row to a few fixed points, [rows, points], in float64."""

from typing import Any

import numpy as np

from slipway_training.export.assembly import Assembly


def squared_euclidean(assembly: Assembly, rows: str, points: Any) -> str:
    """The sum of squared differences, without the cancellation of |x|^2 - 2xy + |y|^2."""
    apart = _apart(assembly, rows, points)
    return assembly.add("ReduceSum", [assembly.add("Mul", [apart, apart]), _last(assembly)], keepdims=0)


def manhattan(assembly: Assembly, rows: str, points: Any) -> str:
    """The sum of absolute differences."""
    return assembly.add(
        "ReduceSum", [assembly.add("Abs", [_apart(assembly, rows, points)]), _last(assembly)], keepdims=0
    )


def _apart(assembly: Assembly, rows: str, points: Any) -> str:
    wide = assembly.add("Unsqueeze", [rows, assembly.constant(np.array([1], dtype=np.int64))])
    return assembly.add("Sub", [wide, assembly.constant(np.asarray(points, dtype=np.float64)[np.newaxis])])


def _last(assembly: Assembly) -> str:
    return assembly.constant(np.array([2], dtype=np.int64))
