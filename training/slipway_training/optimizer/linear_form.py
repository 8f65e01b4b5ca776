"""Linear classifiers in the form that onnxruntime computes fastest; weights stay as they are.

`logistic_apart` writes label and probabilities of one score as plain operators, which take half as long as
LinearClassifier and need no second row where one comes alone. `cast_inside` leaves out a cast that LinearClassifier
makes itself. `softmax_apart` has probabilities of many classes computed by Softmax, whose sums need no Normalizer.
"""

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto

from slipway_training.optimizer.affine import widths
from slipway_training.optimizer.passes import Family, Material, NothingToChange, Pass, Rewritten
from slipway_training.optimizer.wiring import Wiring, attribute, floats, set_attribute


def logistic_apart(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """Bit-equal: the second label for a score above zero, and the logistic function of the score and its opposite."""
    wiring = Wiring(model)
    node = next((node for node in wiring.graph.node if _is_one_score(node)), None)
    if node is None:
        raise NothingToChange("it has no single score that is computed already")
    probabilities, score = node.output[1], node.input[0]
    zero = wiring.add_constant(np.array(0, dtype=np.float32), f"{score}/zero")
    flat = wiring.add_constant(np.array([-1]), f"{score}/flat")
    signs = wiring.add_constant(np.array([[-1, 1]], dtype=np.float32), f"{score}/signs")
    row = wiring.put_before(node, "Reshape", [score, flat], f"{score}/row")
    is_second = wiring.put_before(node, "Greater", [row, zero], f"{score}/above")
    _make_label(wiring, node, is_second)
    scores = wiring.put_before(node, "Gemm", [score, signs], f"{score}/both")
    _make(wiring, node, "Sigmoid", [scores], probabilities)
    wiring.graph.node.remove(node)
    return Rewritten(wiring.finish(), 0.0)


def _make_label(wiring: Wiring, node: NodeProto, is_second: str) -> None:
    label, labels = node.output[0], _labels(node)
    if labels == [0, 1]:
        _make(wiring, node, "Cast", [is_second], label, to=TensorProto.INT64)
        return
    first, second = (np.array(one, dtype=object if isinstance(one, str) else np.int64) for one in labels)
    both = [wiring.add_constant(second, f"{label}/second"), wiring.add_constant(first, f"{label}/first")]
    _make(wiring, node, "Where", [is_second, *both], label)


def _make(wiring: Wiring, node: NodeProto, kind: str, inputs: list[str], output: str, **attributes: int) -> None:
    """What a node made is made by another, whose name is its own."""
    place = list(node.output).index(output)
    node.output[place] = f"{output}/unused"
    wiring.put_before(node, kind, inputs, output, **attributes)


def _is_one_score(node: NodeProto) -> bool:
    transform = attribute(node, "post_transform")
    return (
        node.op_type == "LinearClassifier"
        and transform is not None
        and transform.s == b"LOGISTIC"
        and floats(node, "coefficients").tolist() == [-1.0, 1.0]
        and not floats(node, "intercepts").any()
        and len(_labels(node)) == 2  # noqa: PLR2004  # one of two classes
    )


def _labels(node: NodeProto) -> list[int] | list[str]:
    texts, numbers = attribute(node, "classlabels_strings"), attribute(node, "classlabels_ints")
    if texts is not None and len(texts.strings):
        return [text.decode() for text in texts.strings]
    return list(numbers.ints) if numbers is not None else []


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
        raise NothingToChange("nothing is cast just before it")
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
        raise NothingToChange("it makes no probabilities by softmax")
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
    Pass("logistic_apart", "exact", _FAMILY, logistic_apart, spreads_weights=True),
    Pass("cast_inside", "exact", _FAMILY, cast_inside),
    Pass("softmax_apart", "exact", _FAMILY, softmax_apart),
)
"""In this order: the first reads the cast that the second would take away."""
