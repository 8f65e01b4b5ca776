"""Support vectors: those that are equal become one, with the sum of their coefficients.

Nothing else is cheap and exact. The operators hold their vectors as lists of float32 among their attributes, five bytes
a number, and know no other form; what a vector may lose without changing a prediction depends on all the others.
"""

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto

from slipway_training.optimizer.passes import Material, NotApplicable, NothingToChange, Pass, Rewritten, copy
from slipway_training.optimizer.wiring import attribute, floats, set_attribute

_MACHINES = frozenset({"SVMClassifier", "SVMRegressor"})


def merge_vectors(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """Equal vectors of the same class as one; raises NotApplicable where no two are equal."""
    merged = copy(model)
    machines = [node for node in merged.graph.node if node.op_type in _MACHINES]
    if not machines:
        raise NothingToChange("there are no support vectors in it")
    counts = [_merge(node) for node in machines]
    if not any(before > after for before, after in counts):
        total = sum(before for before, _ in counts)
        raise NotApplicable(
            f"no two of the {total} support vectors are equal, and {machines[0].op_type} has no shorter form for them"
        )
    return Rewritten(merged)


def _merge(node: NodeProto) -> tuple[int, int]:
    """How many vectors there were and are."""
    per_class = attribute(node, "vectors_per_class")
    numbers = attribute(node, "n_supports")
    sizes = list(per_class.ints) if per_class is not None else [numbers.i if numbers is not None else 0]
    count = sum(sizes)
    vectors, coefficients = floats(node, "support_vectors"), floats(node, "coefficients")
    if not count or not len(vectors) or len(coefficients) % count:
        return 0, 0
    kept, sums = _sum_equal(vectors.reshape(count, -1), coefficients.reshape(-1, count), sizes)
    after = sum(map(len, kept))
    if after < count:
        set_attribute(node, "support_vectors", np.concatenate(kept).ravel().tolist())
        set_attribute(node, "coefficients", sums.ravel().tolist())
        if per_class is not None:
            set_attribute(node, "vectors_per_class", [len(own) for own in kept])
        else:
            set_attribute(node, "n_supports", after)
    return count, after


def _sum_equal(
    vectors: NDArray[np.float64], coefficients: NDArray[np.float64], sizes: list[int]
) -> tuple[list[NDArray[np.float64]], NDArray[np.float64]]:
    """The distinct vectors of each class in their order, and the sums of their columns of coefficients."""
    kept, sums, start = [], [], 0
    for size in sizes:
        own, weights = vectors[start : start + size], coefficients[:, start : start + size]
        _, first, which = np.unique(own, axis=0, return_index=True, return_inverse=True)
        order = np.argsort(first)
        total = np.zeros((len(weights), len(first)))
        for column, place in enumerate(np.argsort(order)[which.ravel()]):
            total[:, place] += weights[:, column]
        kept.append(own[first[order]])
        sums.append(total)
        start += size
    return kept, np.concatenate(sums, axis=1)


PASSES = (Pass("merge_vectors", "exact", frozenset({"support vectors"}), merge_vectors),)
