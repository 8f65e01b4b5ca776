"""Tidying: nodes that do nothing, and the way to a label that is longer than it need be. Every bit stays as it was."""

from onnx import ModelProto, NodeProto, TensorProto

from slipway_training.optimizer.passes import Material, NothingToChange, Pass, Rewritten
from slipway_training.optimizer.wiring import Wiring, attribute, set_attribute


def drop_idle(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """Identities and casts of what was cast to the same type just before."""
    wiring = Wiring(model)
    before = len(wiring.graph.node)
    for node in list(wiring.graph.node):
        if node.op_type == "Identity" or _is_cast_again(wiring, node):
            _bypass(wiring, node)
    model = wiring.finish()
    if len(model.graph.node) == before:
        raise NothingToChange("no node is idle")
    return Rewritten(model, 0.0)


def _bypass(wiring: Wiring, node: NodeProto) -> None:
    source, target = node.input[0], node.output[0]
    maker = wiring.maker(source)
    if not wiring.is_output(target):
        _rename(wiring.readers(target), target, source)
    elif maker is not None and not wiring.is_output(source):
        # The name of an output must stay, so what was made under another is made under it.
        others = [own for own in wiring.readers(source) if own is not node]
        node.input[0] = ""
        maker.output[list(maker.output).index(source)] = target
        _rename(others, source, target)
    else:
        return
    wiring.graph.node.remove(node)


def _rename(readers: list[NodeProto], old: str, new: str) -> None:
    for reader in readers:
        for place, name in enumerate(reader.input):
            if name == old:
                reader.input[place] = new


def _is_cast_again(wiring: Wiring, node: NodeProto) -> bool:
    maker = wiring.maker(node.input[0]) if node.op_type == "Cast" else None
    while maker is not None and maker.op_type == "Identity":
        maker = wiring.maker(maker.input[0])
    return maker is not None and maker.op_type == "Cast" and _target(maker) == _target(node)


def _target(node: NodeProto) -> int:
    found = attribute(node, "to")
    return int(found.i) if found is not None else TensorProto.UNDEFINED


def shorten_label(model: ModelProto, _material: Material | None = None) -> Rewritten:
    """ArgMax, ArrayFeatureExtractor, Reshape and Cast, which skl2onnx writes, become ArgMax and Gather."""
    wiring = Wiring(model)
    extractor = next((node for node in wiring.graph.node if node.op_type == "ArrayFeatureExtractor"), None)
    if extractor is None:
        raise NothingToChange("the label is looked up in the shortest way")
    classes, best = wiring.constant(extractor.input[0]), wiring.maker(extractor.input[1])
    chain = _followers(wiring, extractor)
    if classes is None or best is None or best.op_type != "ArgMax" or len(wiring.readers(best.output[0])) != 1:
        raise NothingToChange("the label is looked up in a way of its own")
    last = chain[-1] if chain else extractor
    if [node.op_type for node in chain] not in (["Reshape"], ["Reshape", "Cast"]):
        raise NothingToChange("the label is looked up in a way of its own")
    if chain[-1].op_type == "Cast":
        if _target(chain[-1]) != TensorProto.INT64 or classes.dtype.kind not in "iu":
            raise NothingToChange("the label is cast to what its classes are not")
        classes = classes.astype("int64")
    set_attribute(best, "keepdims", 0)
    table = wiring.add_constant(classes.ravel(), "label/classes") if classes.dtype.kind in "iu" else extractor.input[0]
    wiring.put_before(extractor, "Gather", [table, best.output[0]], "label/gathered", axis=0)
    wiring.replace(last, "label/gathered")
    return Rewritten(wiring.finish(), 0.0)


def _followers(wiring: Wiring, node: NodeProto) -> list[NodeProto]:
    """The nodes that read it one after the other, as long as each is the only one."""
    found: list[NodeProto] = []
    while not wiring.is_output(node.output[0]) and len(readers := wiring.readers(node.output[0])) == 1:
        node = readers[0]
        found.append(node)
    return found


PASSES = (
    Pass("drop_idle", "exact", frozenset({"any"}), drop_idle),
    Pass("shorten_label", "exact", frozenset({"networks"}), shorten_label),
)
