"""Trees as `TreeEnsemble` of ai.onnx.ml 5, whose file is a third of the size or less.

    splits and leaves in tables of their own -> sums -> the same labels and numbers, by a few more nodes

A leaf there has one target, so forests whose leaves add to several classes or targets stay as they are. The older
operators are deprecated in that version, so it is all of a graph or nothing. Sums are the older operators', in the type
of the input; what they did behind their sums is written out, which costs a few microseconds for each batch.

onnxruntime takes several times a node's memory while it reads it. A large forest is therefore written as several nodes
whose sums are added, where that changes no sum: each is read in the memory that the one before has let go, and with
many rows its trees stay in the processor's cache.
"""

from typing import Any

import numpy as np
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper

from slipway_training.export.trees.attributes import DOMAIN, tensor, whole_numbers
from slipway_training.export.trees.ensemble import LEAF, Ensemble, Ints
from slipway_training.export.trees.leaf_kinds import leaf_kinds

VERSION = 5
IR_VERSION = 10
"""What graphs with this operator ask of a runtime: onnxruntime 1.20 and newer."""

_BLOCK = 2**17
"""Nodes of trees that are read at once: 32 MiB while it lasts, and a microsecond for each block and run."""

_MODES = {False: 0, True: 1}
_AGGREGATES = {"AVERAGE": 0, "SUM": 1, "MIN": 2, "MAX": 3}
_TWO = 2
_UNIT = 2.0**-10
_EXACT = 2.0**24
"""float32 holds every whole number up to here."""


class NotOneOperator(Exception):
    """Trees have no form in the newer operator; the message is a clause that says why."""


def has_exact_sums(ensemble: Ensemble) -> bool:
    """Whether its sums are exact in float32 whatever their order: votes, or other multiples of a power of two."""
    units = ensemble.weight / _UNIT
    return bool(np.all(units == np.round(units)) and ensemble.trees * np.abs(units).max(initial=0.0) <= _EXACT)


def attribute_value(node: NodeProto, name: str, default: Any = None) -> Any:
    """The value of an attribute."""
    return next((helper.get_attribute_value(one) for one in node.attribute if one.name == name), default)


def raise_versions(model: ModelProto) -> None:
    """Let a model ask for the version that has the operator."""
    for entry in model.opset_import:
        entry.version = VERSION if entry.domain == DOMAIN else entry.version
    model.ir_version = max(model.ir_version, IR_VERSION)


class OneOperator:
    """The nodes that stand for one older node, with its outputs; raises NotOneOperator.

    The node may lack its trees, which are given; constants go into the model.
    """

    def __init__(self, model: ModelProto, node: NodeProto, ensemble: Ensemble, dtype: Any = np.float64) -> None:
        if _weights_per_leaf(ensemble) > 1:
            raise NotOneOperator("a leaf adds to several classes or targets, and has one target in a TreeEnsemble")
        self.nodes: list[NodeProto] = []
        self._model = model
        self._old = node
        self._dtype = dtype
        if node.op_type == "TreeEnsembleClassifier":
            self._classify(ensemble)
        else:
            sums = self._sums(ensemble, attribute_value(node, "n_targets", 1))
            self._to_float(sums, node.output[0])

    def _sums(self, ensemble: Ensemble, targets: int) -> str:
        how = attribute_value(self._old, "aggregate_function", b"SUM").decode()
        base = attribute_value(self._old, "base_values_as_tensor")
        plain = attribute_value(self._old, "base_values")
        blocks = _blocks(ensemble) if self._may_be_in_blocks(ensemble, how) else [(0, ensemble.trees)]
        if len(blocks) == 1:
            sums = self._trees(ensemble, targets, _AGGREGATES[how])
        else:
            sums = self._add(
                "Sum", [self._trees(ensemble.part(*block), targets, _AGGREGATES["SUM"]) for block in blocks]
            )
            if how == "AVERAGE":
                sums = self._add("Div", [sums, self._constant(np.array([ensemble.trees], dtype=self._dtype))])
        if base is None and plain is None:
            return sums
        values = numpy_helper.to_array(base) if base is not None else np.array(plain)
        return self._add("Add", [sums, self._constant(values.astype(self._dtype))])

    def _trees(self, ensemble: Ensemble, targets: int, aggregate: int) -> str:
        tables = _tables(ensemble, self._dtype)
        wire = self._add(
            "TreeEnsemble", [self._old.input[0]], domain=DOMAIN, n_targets=targets, aggregate_function=aggregate
        )
        self.nodes[-1].attribute.extend(tables)
        return wire

    def _may_be_in_blocks(self, ensemble: Ensemble, how: str) -> bool:
        """Where the order of a sum cannot be seen: in votes, which are exact, and in the last bit of a mean."""
        if self._old.op_type == "TreeEnsembleRegressor":
            return bool(how == "AVERAGE")
        is_plain = attribute_value(self._old, "post_transform", b"NONE") == b"NONE"
        return is_plain and has_exact_sums(ensemble)

    def _classify(self, ensemble: Ensemble) -> None:
        texts = attribute_value(self._old, "classlabels_strings")
        labels = np.array(texts or attribute_value(self._old, "classlabels_int64s"))
        label, numbers = self._old.output
        if len(labels) == _TWO:
            sums = self._sums(ensemble, 1)
            if attribute_value(self._old, "post_transform", b"NONE") != b"LOGISTIC":
                raise NotOneOperator("two classes are told apart by 0.5, which is for the older form alone")
            self._pick(self._add("Greater", [sums, self._constant(np.zeros(1, dtype=self._dtype))]), labels, label)
            second = self._add("Sigmoid", [self._to_float(sums)])
            first = self._add("Sub", [self._constant(np.ones(1, dtype=np.float32)), second])
            self._add("Concat", [first, second], numbers, axis=1)
            return
        sums = self._sums(ensemble, len(labels))
        best = self._add("ArgMax", [sums], axis=1, keepdims=0)
        self._add("Gather", [self._labels(labels), best], label)
        if attribute_value(self._old, "post_transform", b"NONE") == b"SOFTMAX":
            self._add("Softmax", [self._to_float(sums)], numbers, axis=1)
        else:
            self._to_float(sums, numbers)

    def _pick(self, is_second: str, labels: Any, label: str) -> None:
        flat = self._add("Reshape", [is_second, self._constant(np.array([-1]))])
        self._add("Where", [flat, self._labels(labels[1:]), self._labels(labels[:1])], label)

    def _to_float(self, wire: str, output: str = "") -> str:
        if self._dtype == np.float32:
            return self._add("Identity", [wire], output) if output else wire
        return self._add("Cast", [wire], output, to=TensorProto.FLOAT)

    def _labels(self, labels: Any) -> str:
        return self._constant(labels.astype(object) if labels.dtype.kind == "S" else labels.astype(np.int64))

    def _constant(self, values: Any) -> str:
        name = f"{self._old.name}/constant/{len(self._model.graph.initializer)}"
        self._model.graph.initializer.append(numpy_helper.from_array(values, name))
        return name

    def _add(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        name = output or f"{self._old.name}/{kind.lower()}/{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name


def _tables(ensemble: Ensemble, dtype: Any) -> list[AttributeProto]:
    """Splits by their order, leaves by their kind; a tree of one leaf becomes a split whose sides are alike."""
    kinds = _frequent_first(leaf_kinds(ensemble), ensemble)
    _, rows = np.unique(kinds[ensemble.leaf], return_index=True)
    is_split = ensemble.left != LEAF
    roots = ensemble.starts[:-1]
    is_alone = np.zeros(len(ensemble), dtype=bool)
    is_alone[roots] = ~is_split[roots]
    kept = np.flatnonzero(is_split | is_alone)
    place = np.full(len(ensemble), LEAF, dtype=np.int64)
    place[kept] = np.arange(len(kept))

    def sides(children: Ints) -> tuple[Ints, Ints]:
        own = np.where(is_alone[kept], kept, children[kept])
        leads_to_leaf = ~is_split[own]
        return np.where(leads_to_leaf, kinds[own], place[own]), leads_to_leaf.astype(np.int64)

    true, true_leaf = sides(ensemble.left)
    false, false_leaf = sides(ensemble.right)
    modes = np.full(len(kept), _MODES[ensemble.is_strict], dtype=np.uint8)
    found = [
        whole_numbers("nodes_featureids", ensemble.feature[kept]),
        tensor("nodes_splits", ensemble.threshold[kept].astype(dtype)),
        tensor("nodes_modes", modes),
        whole_numbers("nodes_truenodeids", true),
        whole_numbers("nodes_trueleafs", true_leaf),
        whole_numbers("nodes_falsenodeids", false),
        whole_numbers("nodes_falseleafs", false_leaf),
        whole_numbers("tree_roots", place[roots]),
        whole_numbers("leaf_targetids", ensemble.target[rows]),
        tensor("leaf_weights", ensemble.weight[rows].astype(dtype)),
    ]
    if ensemble.missing_left.any():
        found.append(whole_numbers("nodes_missing_value_tracks_true", ensemble.missing_left[kept]))
    return found


def _blocks(ensemble: Ensemble) -> list[tuple[int, int]]:
    """From which tree to before which, of about so many nodes each."""
    ends = ensemble.starts
    count = -(-len(ensemble) // _BLOCK)
    cuts = np.unique(np.searchsorted(ends, np.linspace(0, len(ensemble), count + 1)))
    return list(zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True))


def _weights_per_leaf(ensemble: Ensemble) -> int:
    return int(np.bincount(ensemble.leaf).max(initial=0))


def _frequent_first(kinds: Ints, ensemble: Ensemble) -> Ints:
    """The leaves that most branches lead to get the small numbers, which take less room in a file."""
    children = np.concatenate([ensemble.left, ensemble.right])
    children = children[children != LEAF]
    leaves = children[ensemble.left[children] == LEAF]
    counts = np.bincount(kinds[leaves], minlength=int(kinds.max()) + 1)
    return np.argsort(np.argsort(-counts, kind="stable"))[kinds]
