"""Trees whose values are large beside their spread, as the distance from a constant.

onnxruntime adds leaves up in float64 and returns the sum in float32. Of a sum around a million that leaves a sixteenth;
of its distance from the first tree's mean it leaves seven digits. The constant is added behind, in float64.
"""

from dataclasses import replace

import numpy as np
from onnx import TensorProto

from slipway_training.export.assembly import Assembly
from slipway_training.export.trees.ensemble import Ensemble, Floats


def centred(ensemble: Ensemble, targets: int, *, is_mean: bool = False) -> tuple[Ensemble, Floats]:
    """The trees without a constant for each target, and the constants; where trees are averaged, each is without it."""
    owner = ensemble.tree[ensemble.leaf]
    constants = np.zeros(targets)
    for target in range(targets):
        own = ensemble.target == target
        first = own & (owner == owner[own].min(initial=ensemble.trees))
        constants[target] = ensemble.weight[own if is_mean else first].mean() if own.any() else 0.0
    if is_mean:
        return replace(ensemble, weight=ensemble.weight - constants[ensemble.target]), constants
    return ensemble.with_first_tree_raised(-constants), constants


def with_constants(assembly: Assembly, value: str, constants: Floats) -> str:
    """A float32 sum with the constants, in float64."""
    return assembly.add("Add", [assembly.add("Cast", [value], to=TensorProto.DOUBLE), assembly.constant(constants)])
