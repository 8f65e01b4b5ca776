"""The first half of the trees: another model, which is trained less and predicts in half the time.

Boosting stops at half of its stages. A forest's mean is over the trees that are left, so the division after its votes
changes with them. Nothing is guaranteed of predictions; the gates assess them and the score.
"""

import numpy as np
from onnx import ModelProto, NodeProto, numpy_helper

from slipway_training.export.trees.attributes import precision
from slipway_training.optimizer.passes import Material, NotApplicable, Rewritten
from slipway_training.optimizer.trees.nodes import ensembles, get, opened, put

_FEWEST = 4


def halve_trees(model: ModelProto, _material: Material) -> Rewritten:
    """Without the last trees of each ensemble; raises NotApplicable where votes are divided in an unknown way."""
    own = opened(model)
    found = list(ensembles(own))
    for node, ensemble in found:
        targets = int(ensemble.target.max()) + 1
        is_mean = get(node, "aggregate_function", b"SUM") == b"AVERAGE"
        is_vote = node.op_type == "TreeEnsembleClassifier" and get(node, "post_transform", b"NONE") == b"NONE"
        stage = 1 if is_mean or is_vote else targets
        kept = ensemble.trees // stage // 2 * stage
        if kept < _FEWEST * stage:
            raise NotApplicable(f"too few trees to halve: {ensemble.trees}")
        if is_vote:
            _divide(own, node, ensemble.trees, kept)
        put(node, ensemble.part(0, kept), precision(node))
    if not found:
        raise NotApplicable("the graph has no trees of the usual form")
    return Rewritten(own)


def _divide(model: ModelProto, node: NodeProto, before: int, after: int) -> None:
    """Let the votes of a forest be divided by the trees that are left."""
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    wires = {node.output[1]}
    for one in model.graph.node:
        if one.op_type == "Gather" and one.input[0] in wires:
            wires.add(one.output[0])
        divisor = constants.get(one.input[1]) if one.op_type == "Div" and one.input[0] in wires else None
        if divisor is not None and np.array_equal(numpy_helper.to_array(divisor), [before]):
            changed = numpy_helper.from_array(np.array([after], dtype=np.float32), divisor.name)
            divisor.CopyFrom(changed)
            return
    raise NotApplicable("its votes are not divided by the number of its trees")
