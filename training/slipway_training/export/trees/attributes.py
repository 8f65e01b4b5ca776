"""Ensembles as the attributes of TreeEnsembleClassifier and TreeEnsembleRegressor, and back again."""

from typing import Any

import numpy as np
from onnx import NodeProto, helper, numpy_helper

from slipway_training.export.trees.ensemble import LEAF, Ensemble, Floats, Ints

DOMAIN = "ai.onnx.ml"
PREFIXES = {"TreeEnsembleClassifier": "class", "TreeEnsembleRegressor": "target"}
_MODES = {False: "BRANCH_LEQ", True: "BRANCH_LT"}


def attributes(ensemble: Ensemble, prefix: str, dtype: Any = np.float64) -> dict[str, Any]:
    """The trees for a node whose input is of `dtype`; `prefix` is `class` or `target`."""
    first = ensemble.starts[ensemble.tree]
    number = np.arange(len(ensemble)) - first
    is_leaf = ensemble.left == LEAF
    modes = np.where(is_leaf, "LEAF", _MODES[ensemble.is_strict])
    found: dict[str, Any] = {
        "nodes_treeids": ensemble.tree.tolist(),
        "nodes_nodeids": number.tolist(),
        "nodes_featureids": ensemble.feature.tolist(),
        "nodes_modes": modes.tolist(),
        "nodes_truenodeids": np.where(is_leaf, 0, ensemble.left - first).tolist(),
        "nodes_falsenodeids": np.where(is_leaf, 0, ensemble.right - first).tolist(),
        "nodes_values_as_tensor": numpy_helper.from_array(ensemble.threshold.astype(dtype)),
        f"{prefix}_treeids": ensemble.tree[ensemble.leaf].tolist(),
        f"{prefix}_nodeids": number[ensemble.leaf].tolist(),
        f"{prefix}_ids": ensemble.target.tolist(),
        f"{prefix}_weights_as_tensor": numpy_helper.from_array(ensemble.weight.astype(dtype)),
    }
    if ensemble.missing_left.any():
        found["nodes_missing_value_tracks_true"] = ensemble.missing_left.astype(np.int64).tolist()
    return found


def read(node: NodeProto) -> Ensemble | None:
    """The trees of a node, whoever wrote it; None where they have a form that an Ensemble has not."""
    given = {attribute.name: helper.get_attribute_value(attribute) for attribute in node.attribute}
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
    missing = np.array(given.get("nodes_missing_value_tracks_true", [0] * len(owners)), dtype=bool)
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
