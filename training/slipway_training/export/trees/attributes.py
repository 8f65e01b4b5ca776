"""Ensembles as the attributes of TreeEnsembleClassifier and TreeEnsembleRegressor, and back again."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import AttributeProto, NodeProto, helper, numpy_helper

from slipway_training.export.trees.ensemble import LEAF, Ensemble, Floats, Ints

DOMAIN = "ai.onnx.ml"
PREFIXES = {"TreeEnsembleClassifier": "class", "TreeEnsembleRegressor": "target"}
_MODES = {False: "BRANCH_LEQ", True: "BRANCH_LT"}


def attributes(ensemble: Ensemble, prefix: str, dtype: Any = np.float64) -> list[AttributeProto]:
    """The trees for a node whose input is of `dtype`, by name; `prefix` is `class` or `target`."""
    first = ensemble.starts[ensemble.tree]
    number = np.arange(len(ensemble)) - first
    is_leaf = ensemble.left == LEAF
    modes = np.array([_MODES[ensemble.is_strict].encode(), b"LEAF"], dtype=object)[is_leaf.astype(np.int8)]
    found = [
        whole_numbers("nodes_treeids", ensemble.tree),
        whole_numbers("nodes_nodeids", number),
        whole_numbers("nodes_featureids", ensemble.feature),
        AttributeProto(name="nodes_modes", type=AttributeProto.STRINGS, strings=modes.tolist()),
        whole_numbers("nodes_truenodeids", np.where(is_leaf, 0, ensemble.left - first)),
        whole_numbers("nodes_falsenodeids", np.where(is_leaf, 0, ensemble.right - first)),
        tensor("nodes_values_as_tensor", ensemble.threshold.astype(dtype)),
        whole_numbers(f"{prefix}_treeids", ensemble.tree[ensemble.leaf]),
        whole_numbers(f"{prefix}_nodeids", number[ensemble.leaf]),
        whole_numbers(f"{prefix}_ids", ensemble.target),
        tensor(f"{prefix}_weights_as_tensor", ensemble.weight.astype(dtype)),
    ]
    if ensemble.missing_left.any():
        found.append(whole_numbers("nodes_missing_value_tracks_true", ensemble.missing_left))
    return sorted(found, key=lambda attribute: attribute.name)


def whole_numbers(name: str, values: NDArray[Any]) -> AttributeProto:
    """An attribute with these numbers, without a list of Python's own on the way, of which each takes 40 bytes."""
    attribute = AttributeProto(name=name, type=AttributeProto.INTS)
    attribute.ints.extend(values.astype(np.int64))
    return attribute


def tensor(name: str, values: NDArray[Any]) -> AttributeProto:
    """An attribute that holds an array."""
    return helper.make_attribute(name, numpy_helper.from_array(values))


def read(node: NodeProto) -> Ensemble | None:
    """The trees of a node, whoever wrote it; None where they have a form that an Ensemble has not."""
    given = {
        one.name: np.fromiter(one.ints, dtype=np.int64, count=len(one.ints))
        if one.type == AttributeProto.INTS
        else helper.get_attribute_value(one)
        for one in node.attribute
    }
    modes = np.array(given["nodes_modes"], dtype=np.bytes_)
    is_leaf = modes == b"LEAF"
    kinds = {mode.decode() for mode in np.unique(modes[~is_leaf])}
    owners = np.array(given["nodes_treeids"], dtype=np.int64)
    if len(kinds) > 1 or not kinds <= set(_MODES.values()) or np.any(np.diff(owners) < 0):
        return None
    keys = _keys(owners, given["nodes_nodeids"])
    order = np.argsort(keys, kind="stable")

    def places(trees: Any, numbers: Any) -> Ints:
        wanted = _keys(trees, numbers)
        found = order[np.searchsorted(keys, wanted, sorter=order).clip(max=len(keys) - 1)]
        return np.where(keys[found] == wanted, found, LEAF)

    prefix = PREFIXES[node.op_type]
    leaf = places(given[f"{prefix}_treeids"], given[f"{prefix}_nodeids"])
    missing = np.array(given.get("nodes_missing_value_tracks_true", np.zeros(len(owners))), dtype=bool)
    if np.any(leaf == LEAF):
        return None
    return Ensemble(
        tree=np.unique(owners, return_inverse=True)[1].astype(np.int64),
        feature=np.where(is_leaf, 0, given["nodes_featureids"]),
        threshold=np.where(is_leaf, 0.0, _numbers(given, "nodes_values")),
        left=np.where(is_leaf, LEAF, places(owners, given["nodes_truenodeids"])),
        right=np.where(is_leaf, LEAF, places(owners, given["nodes_falsenodeids"])),
        missing_left=missing & ~is_leaf,
        leaf=leaf,
        target=np.array(given[f"{prefix}_ids"], dtype=np.int64),
        weight=_numbers(given, f"{prefix}_weights"),
        is_strict=kinds == {"BRANCH_LT"},
    )


def precision(node: NodeProto) -> Any:
    """The number type of a node's thresholds and weights."""
    tensors = [attribute.t for attribute in node.attribute if attribute.name == "nodes_values_as_tensor"]
    return numpy_helper.to_array(tensors[0]).dtype if tensors else np.dtype(np.float32)


def _keys(trees: Any, numbers: Any) -> Ints:
    return np.asarray(trees, dtype=np.int64) * 2**32 + np.asarray(numbers, dtype=np.int64)


def _numbers(given: dict[str, Any], name: str) -> Floats:
    tensor = given.get(f"{name}_as_tensor")
    found = numpy_helper.to_array(tensor) if tensor is not None else given[name]
    return np.asarray(found, dtype=np.float64)
