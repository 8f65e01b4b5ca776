"""The trees as `TreeEnsemble` of ai.onnx.ml 5, whose file is a third of the size or less.

    splits and leaves in tables of their own -> sums -> the same labels and numbers, by a few more nodes

A leaf there has one target, so forests whose leaves add to several classes or targets stay as they are. The older
operators are deprecated in that version, so it is all of a graph or nothing. Sums are the older operators', in the type
of the input; what they did behind their sums is written out, which costs a few microseconds for each batch.
"""

from typing import Any

import numpy as np
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

from slipway_training.export.trees.attributes import DOMAIN, PREFIXES, precision
from slipway_training.export.trees.ensemble import LEAF, Ensemble, Ints
from slipway_training.optimizer.passes import Material, NotApplicable, Rewritten
from slipway_training.optimizer.trees.nodes import ensembles, get, opened, weights_per_leaf
from slipway_training.optimizer.trees.shared_leaves import leaf_kinds

VERSION = 5
IR_VERSION = 10
_MODES = {False: 0, True: 1}
_AGGREGATES = {"AVERAGE": 0, "SUM": 1, "MIN": 2, "MAX": 3}
_TWO = 2


def tree_ensemble(model: ModelProto, _material: Material) -> Rewritten:
    """Every node of trees in the newer form."""
    own = opened(model)
    found = list(ensembles(own))
    if len(found) != sum(node.op_type in PREFIXES for node in own.graph.node) or not found:
        raise NotApplicable("the graph has trees in a form of their own")
    for node, ensemble in found:
        if weights_per_leaf(ensemble).max() > 1:
            raise NotApplicable("a leaf adds to several classes or targets, and has one target in a TreeEnsemble")
        place = list(own.graph.node).index(node)
        written = _Written(own, node, ensemble).nodes
        own.graph.node.remove(node)
        for number, one in enumerate(written):
            own.graph.node.insert(place + number, one)
    for entry in own.opset_import:
        entry.version = VERSION if entry.domain == DOMAIN else entry.version
    own.ir_version = max(own.ir_version, IR_VERSION)
    return Rewritten(own, 0.0)


class _Written:
    """The nodes that stand for one older node, with its outputs."""

    def __init__(self, model: ModelProto, node: NodeProto, ensemble: Ensemble) -> None:
        self.nodes: list[NodeProto] = []
        self._model = model
        self._old = node
        self._dtype = precision(node)
        if node.op_type == "TreeEnsembleClassifier":
            self._classify(ensemble)
        else:
            sums = self._sums(ensemble, get(node, "n_targets", 1), get(node, "aggregate_function", b"SUM").decode())
            self._to_float(sums, node.output[0])

    def _sums(self, ensemble: Ensemble, targets: int, aggregate: str = "SUM") -> str:
        tables = _tables(ensemble, self._dtype)
        how = _AGGREGATES[aggregate]
        base = get(self._old, "base_values_as_tensor")
        sums = self._add(
            "TreeEnsemble", [self._old.input[0]], domain=DOMAIN, n_targets=targets, aggregate_function=how, **tables
        )
        plain = get(self._old, "base_values")
        if base is None and plain is None:
            return sums
        values = numpy_helper.to_array(base) if base is not None else np.array(plain)
        return self._add("Add", [sums, self._constant(values.astype(self._dtype))])

    def _classify(self, ensemble: Ensemble) -> None:
        texts = get(self._old, "classlabels_strings")
        labels = np.array(texts or get(self._old, "classlabels_int64s"))
        label, numbers = self._old.output
        if len(labels) == _TWO:
            sums = self._sums(ensemble, 1)
            if get(self._old, "post_transform", b"NONE") != b"LOGISTIC":
                raise NotApplicable("two classes are told apart by 0.5, which is for the older form alone")
            self._pick(self._add("Greater", [sums, self._constant(np.zeros(1, dtype=self._dtype))]), labels, label)
            second = self._add("Sigmoid", [self._to_float(sums)])
            first = self._add("Sub", [self._constant(np.ones(1, dtype=np.float32)), second])
            self._add("Concat", [first, second], numbers, axis=1)
            return
        sums = self._sums(ensemble, len(labels))
        best = self._add("ArgMax", [sums], axis=1, keepdims=0)
        self._add("Gather", [self._labels(labels), best], label)
        if get(self._old, "post_transform", b"NONE") == b"SOFTMAX":
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


def _tables(ensemble: Ensemble, dtype: Any) -> dict[str, Any]:
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

    def sides(children: Ints) -> tuple[list[int], list[int]]:
        own = np.where(is_alone[kept], kept, children[kept])
        leads_to_leaf = ~is_split[own]
        return np.where(leads_to_leaf, kinds[own], place[own]).tolist(), leads_to_leaf.astype(int).tolist()

    true, true_leaf = sides(ensemble.left)
    false, false_leaf = sides(ensemble.right)
    modes = np.full(len(kept), _MODES[ensemble.is_strict], dtype=np.uint8)
    found = {
        "nodes_featureids": ensemble.feature[kept].tolist(),
        "nodes_splits": numpy_helper.from_array(ensemble.threshold[kept].astype(dtype)),
        "nodes_modes": numpy_helper.from_array(modes),
        "nodes_truenodeids": true,
        "nodes_trueleafs": true_leaf,
        "nodes_falsenodeids": false,
        "nodes_falseleafs": false_leaf,
        "tree_roots": place[roots].tolist(),
        "leaf_targetids": ensemble.target[rows].tolist(),
        "leaf_weights": numpy_helper.from_array(ensemble.weight[rows].astype(dtype)),
    }
    if ensemble.missing_left.any():
        found["nodes_missing_value_tracks_true"] = ensemble.missing_left[kept].astype(int).tolist()
    return found


def _frequent_first(kinds: Ints, ensemble: Ensemble) -> Ints:
    """The leaves that most branches lead to get the small numbers, which take less room in a file."""
    children = np.concatenate([ensemble.left, ensemble.right])
    children = children[children != LEAF]
    leaves = children[ensemble.left[children] == LEAF]
    counts = np.bincount(kinds[leaves], minlength=int(kinds.max()) + 1)
    return np.argsort(np.argsort(-counts, kind="stable"))[kinds]
