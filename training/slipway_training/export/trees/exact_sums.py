"""Sums of leaves in float64, for steps that are steep: tree operators add up in float64 and give float32.

Each weight is split into three parts on grids so coarse that a sum of the first or second parts has an exact float32;
what the third loses is far below the last places of the whole. The idea is that of Dekker, "A floating-point technique
for extending the available precision" (1971), with grids in place of halves.
"""

from dataclasses import replace

import numpy as np
from onnx import TensorProto

from slipway_training.export.assembly import Assembly
from slipway_training.export.trees.ensemble import Ensemble, Floats
from slipway_training.export.trees.writing import add_trees

_BITS = 23
_PARTS = 3
_SMALLEST = 1e-200


def exact_sums(assembly: Assembly, wire: str, ensemble: Ensemble, targets: int) -> str:
    """[rows, targets] in float64, from thresholds as `place` gives them."""
    parts = _parts(ensemble.weight, _largest_sum(ensemble), ensemble.trees)
    kept = [np.flatnonzero(part) for part in parts[1:]]
    whole = replace(
        ensemble,
        leaf=np.concatenate([ensemble.leaf, *(ensemble.leaf[own] for own in kept)]),
        target=np.concatenate([ensemble.target, *(ensemble.target[o] + targets * n for n, o in enumerate(kept, 1))]),
        weight=np.concatenate([parts[0], *(part[own] for part, own in zip(parts[1:], kept, strict=True))]),
    )
    (sums,) = add_trees(assembly, "TreeEnsembleRegressor", wire, whole, n_targets=_PARTS * targets)
    double = assembly.add("Cast", [sums], to=TensorProto.DOUBLE)
    columns = np.arange(_PARTS * targets).reshape(_PARTS, targets)
    first, *rest = (assembly.add("Gather", [double, assembly.constant(own)], axis=1) for own in columns)
    for part in rest:
        first = assembly.add("Add", [first, part])
    return first


def _largest_sum(ensemble: Ensemble) -> float:
    """The largest that the sum of one weight from each tree can be, in absolute value."""
    largest = np.zeros(ensemble.trees)
    np.maximum.at(largest, ensemble.tree[ensemble.leaf], np.abs(ensemble.weight))
    return float(largest.sum())


def _parts(weights: Floats, largest: float, trees: int) -> list[Floats]:
    """Weights as sums of three, each finer than the one before."""
    found: list[Floats] = []
    for _ in range(_PARTS - 1):
        grid = 2.0 ** (np.ceil(np.log2(max(largest, _SMALLEST))) - _BITS)
        found.append(np.round(weights / grid) * grid)
        weights = weights - found[-1]
        largest = grid * trees
    return [*found, weights]
