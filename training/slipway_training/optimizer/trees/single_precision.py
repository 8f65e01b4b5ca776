"""Trees in float32 where that gives the same predictions to the last bit, for a quarter less memory.

Thresholds must part float64 exactly where a cast to float32 parts them, as those of scikit-learn's trees do as long as
no scaler is folded into them. Sums must be exact in float32 whatever their order: votes, or other multiples of a power
of two that stay small enough.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper

from slipway_training.export.trees.attributes import precision
from slipway_training.export.trees.ensemble import Ensemble, Floats
from slipway_training.export.trees.one_operator import has_exact_sums
from slipway_training.export.trees.thresholds import last_at_or_below
from slipway_training.optimizer.passes import Material, NotApplicable, NothingToChange, Rewritten
from slipway_training.optimizer.trees.nodes import ensembles, opened, put


def narrow(model: ModelProto, _material: Material) -> Rewritten:
    """A Cast, and the trees in float32."""
    own = opened(model)
    reasons: list[NotApplicable] = []
    for node, ensemble in list(ensembles(own)):
        if precision(node) != np.float64:
            reasons.append(NothingToChange("the trees are in float32 already"))
        elif why_not := _objection(node, ensemble):
            reasons.append(NotApplicable(why_not))
        else:
            _narrow(own, node, ensemble)
            return narrow_rest(own, _material)
    raise reasons[0] if reasons else NothingToChange("the graph has no trees of the usual form")


def narrow_rest(model: ModelProto, material: Material) -> Rewritten:
    """The other ensembles of the graph, as far as they allow it."""
    try:
        return narrow(model, material)
    except NotApplicable:
        return Rewritten(model, 0.0)


def _objection(node: NodeProto, ensemble: Ensemble) -> str:
    if node.op_type != "TreeEnsembleClassifier" or any(one.name == "base_values_as_tensor" for one in node.attribute):
        return "its sums would round otherwise in float32"
    if ensemble.is_strict:
        return "its trees go left below a threshold, where float32 would part at the threshold itself"
    if not has_exact_sums(ensemble):
        return "its leaves hold shares whose sums are not exact in float32"
    thresholds = ensemble.threshold[ensemble.splits]
    if np.any(last_at_or_below(_single(thresholds).astype(np.float64)) != thresholds):
        return "its thresholds hold a scaler, so they part float64 in finer steps than float32 has"
    return ""


def _narrow(model: ModelProto, node: NodeProto, ensemble: Ensemble) -> None:
    wire = node.input[0]
    name = f"{wire}/float32/{node.name}"
    ensemble.threshold[ensemble.splits] = _single(ensemble.threshold[ensemble.splits])
    put(node, ensemble, np.float32)
    node.input[0] = name
    place = list(model.graph.node).index(node)
    model.graph.node.insert(place, helper.make_node("Cast", [wire], [name], name=name, to=TensorProto.FLOAT))


def _single(thresholds: Floats) -> Floats:
    with np.errstate(over="ignore"):
        single = thresholds.astype(np.float32)
    # The middle of two float32 belongs to the lower one here, wherever rounding took it.
    before = np.nextafter(single, np.float32(-np.inf))
    return np.where(single.astype(np.float64) > thresholds, before, single)
