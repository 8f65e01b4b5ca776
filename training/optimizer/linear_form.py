"""Linear classifiers in the form that onnxruntime computes fastest; weights stay as they are.

`cast_inside` leaves out a cast that LinearClassifier makes itself. `softmax_apart` has probabilities of many classes
computed by Softmax, whose sums need no Normalizer.
"""

from onnx import ModelProto, NodeProto, TensorProto

from training.optimizer.affine import widths
from training.optimizer.passes import Family, Material, NothingToDo, Pass, Rewritten
from training.optimizer.wiring import Wiring, attribute, set_attribute


def cast_inside(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """LinearClassifier reads float64, which it casts to float32 as the node before it did."""
    wiring = Wiring(model)
    in_float64 = widths(wiring)
    has_changed = False
    for node in wiring.graph.node:
        maker = wiring.maker(node.input[0]) if node.op_type == "LinearClassifier" else None
        if maker is not None and _is_to_float(maker) and maker.input[0] in in_float64:
            node.input[0] = maker.input[0]
            has_changed = True
    if not has_changed:
        raise NothingToDo("nothing is cast just before it")
    return Rewritten(wiring.finish(), 0.0)


def softmax_apart(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """Softmax as a node of its own, and no Normalizer behind it; probabilities move by a rounding."""
    wiring = Wiring(model)
    has_changed = False
    for node in list(wiring.graph.node):
        transform = attribute(node, "post_transform")
        if node.op_type == "LinearClassifier" and transform is not None and transform.s == b"SOFTMAX":
            _take_apart(wiring, node)
            has_changed = True
    if not has_changed:
        raise NothingToDo("it makes no probabilities by softmax")
    return Rewritten(wiring.finish(), 0.0)


def _take_apart(wiring: Wiring, node: NodeProto) -> None:
    set_attribute(node, "post_transform", "NONE")
    probabilities, last = node.output[1], node
    readers = wiring.readers(probabilities)
    if len(readers) == 1 and _is_share(readers[0]) and not wiring.is_output(probabilities):
        last = readers[0]
        probabilities = last.output[0]
    node.output[1] = f"{node.output[1]}/scores"
    wiring.put_after(last, "Softmax", [node.output[1]], probabilities, axis=1)
    if last is not node:
        wiring.graph.node.remove(last)


def _is_to_float(node: NodeProto | None) -> bool:
    to = attribute(node, "to") if node is not None and node.op_type == "Cast" else None
    return to is not None and to.i == TensorProto.FLOAT


def _is_share(node: NodeProto) -> bool:
    """Whether each row is divided by its sum."""
    norm = attribute(node, "norm")
    return node.op_type == "Normalizer" and norm is not None and norm.s == b"L1"


_FAMILY: frozenset[Family] = frozenset({"linear models"})
PASSES = (
    Pass("cast_inside", "exact", _FAMILY, cast_inside),
    Pass("softmax_apart", "exact", _FAMILY, softmax_apart),
)
