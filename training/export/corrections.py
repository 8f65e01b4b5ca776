"""What the usual exporter gets wrong in a converted estimator, put right in place."""

import numpy as np
from onnx import AttributeProto, ModelProto, NodeProto

_GRID = 2.0**24
_LARGEST_FOREST = 4096


def make_ties_exact(model: ModelProto) -> bool:
    """Let exact ties between trees stay ties, so that the label is the one scikit-learn's argmax gives.

    A forest's leaf weights are p/n in float32, and 50 times 0.01 is not 0.5 there: the label of a tied row depends on
    rounding. Rounded down to multiples of 2**-24, every partial sum is exact in float32, whatever its order. A
    probability moves by at most n * 2**-24. Returns whether there was anything to correct.
    """
    forests = [node for node in model.graph.node if node.op_type == "TreeEnsembleClassifier" and _is_average(node)]
    for node in forests:
        weights = _attribute(node, "class_weights")
        exact = np.floor(np.asarray(weights.floats, dtype=np.float64) * _GRID) / _GRID
        del weights.floats[:]
        weights.floats.extend(exact.tolist())
    return bool(forests)


def _is_average(node: NodeProto) -> bool:
    # Boosted trees add up scores of any sign and have no ties to keep; past this size the grid would break labels.
    transform = [attribute.s for attribute in node.attribute if attribute.name == "post_transform"]
    trees = set(_attribute(node, "nodes_treeids").ints)
    lowest = min(_attribute(node, "class_weights").floats)
    return transform in ([], [b"NONE"]) and len(trees) < _LARGEST_FOREST and lowest >= 0


def _attribute(node: NodeProto, name: str) -> AttributeProto:
    found: AttributeProto = next(attribute for attribute in node.attribute if attribute.name == name)
    return found
