"""The trees as `TreeEnsemble` of ai.onnx.ml 5, where the graph has them in the older operators."""

from onnx import ModelProto

from slipway_training.export.trees.attributes import PREFIXES, precision
from slipway_training.export.trees.one_operator import NotOneOperator, OneOperator, raise_versions
from slipway_training.optimizer.passes import Material, NotApplicable, Rewritten
from slipway_training.optimizer.trees.nodes import ensembles, opened


def tree_ensemble(model: ModelProto, _material: Material) -> Rewritten:
    """Every node of trees in the newer form."""
    own = opened(model)
    found = list(ensembles(own))
    if len(found) != sum(node.op_type in PREFIXES for node in own.graph.node):
        raise NotApplicable("the graph has trees in a form of their own")
    for node, ensemble in found:
        place = list(own.graph.node).index(node)
        try:
            written = OneOperator(own, node, ensemble, precision(node)).nodes
        except NotOneOperator as reason:
            raise NotApplicable(str(reason)) from None
        own.graph.node.remove(node)
        for number, one in enumerate(written):
            own.graph.node.insert(place + number, one)
    raise_versions(own)
    return Rewritten(own, 0.0)
