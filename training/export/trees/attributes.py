"""Ensembles as the attributes of TreeEnsembleClassifier and TreeEnsembleRegressor, and back again."""

from typing import Any

import numpy as np
from onnx import NodeProto, helper, numpy_helper

from training.export.trees.ensemble import LEAF, Ensemble, Floats

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
    modes = np.array([mode.decode() for mode in given["nodes_modes"]])
    is_leaf = modes == "LEAF"
    kinds = set(modes[~is_leaf].tolist())
    tree = np.array(given["nodes_treeids"], dtype=np.int64)
    if len(kinds) > 1 or not kinds <= set(_MODES.values()) or np.any(np.diff(tree) < 0):
        return None
    tree = np.unique(tree, return_inverse=True)[1].astype(np.int64)
    place = _places(given["nodes_treeids"], given["nodes_nodeids"])
    missing = given.get("nodes_missing_value_tracks_true", [0] * len(tree))
    prefix = PREFIXES[node.op_type]
    owners = given["nodes_treeids"]
    try:
        return Ensemble(
            tree=tree,
            feature=np.where(is_leaf, 0, given["nodes_featureids"]),
            threshold=np.where(is_leaf, 0.0, _numbers(given, "nodes_values")),
            left=_children(place, owners, given["nodes_truenodeids"], is_leaf),
            right=_children(place, owners, given["nodes_falsenodeids"], is_leaf),
            missing_left=np.array(missing, dtype=bool) & ~is_leaf,
            leaf=_children(place, given[f"{prefix}_treeids"], given[f"{prefix}_nodeids"]),
            target=np.array(given[f"{prefix}_ids"], dtype=np.int64),
            weight=_numbers(given, f"{prefix}_weights"),
            is_strict=kinds == {"BRANCH_LT"},
        )
    except KeyError:
        return None


def _places(trees: Any, numbers: Any) -> dict[tuple[int, int], int]:
    return {key: position for position, key in enumerate(zip(trees, numbers, strict=True))}


def _children(place: dict[tuple[int, int], int], trees: Any, numbers: Any, is_leaf: Any = None) -> Any:
    leaves = np.zeros(len(numbers), dtype=bool) if is_leaf is None else is_leaf
    keys = zip(trees, numbers, leaves, strict=True)
    return np.array([LEAF if leaf else place[tree, number] for tree, number, leaf in keys], dtype=np.int64)


def _numbers(given: dict[str, Any], name: str) -> Floats:
    tensor = given.get(f"{name}_as_tensor")
    found = numpy_helper.to_array(tensor) if tensor is not None else given[name]
    return np.asarray(found, dtype=np.float64)
