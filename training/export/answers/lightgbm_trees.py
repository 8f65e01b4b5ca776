"""LightGBM's classifier and regressor: float64 thresholds, `at most` goes left, missing goes where it learnt to.

The model is read from LightGBM's own dump, so nothing is guessed; splits on categories are refused.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import numpy_helper

from training.errors import ConversionError
from training.export.answers.linear import sided_label
from training.export.blocks import Answer, Block, join
from training.export.translation import Translation

_TREES_DOMAIN = "ai.onnx.ml"
_LINKS = {
    "regression": "",
    "regression_l1": "",
    "huber": "",
    "fair": "",
    "quantile": "",
    "poisson": "Exp",
    "gamma": "Exp",
}
_MODES = {"<=": "BRANCH_LEQ"}


def lightgbm_model(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> Answer:
    """The sum of the trees, through the objective's link."""
    name = type(fitted).__name__
    what = f"step {path or name}: {name}"
    assembly = translation.assembly
    add, constant = assembly.add, assembly.constant
    block = translation.numbers(join(assembly, blocks, what), fitted, path)
    model = fitted.booster_.dump_model()
    objective = str(model["objective"]).split(" ", maxsplit=1)[0]
    if (
        objective not in {*_LINKS, "binary", "multiclass"}
        or model["average_output"]
        or "sigmoid:1" not in _sigmoid(model)
    ):
        raise ConversionError(
            f"{what} has a form with boosting_type='gbdt' and a usual objective only; use one of these"
        )
    targets = int(model["num_tree_per_iteration"])
    attributes = _attributes(model["tree_info"], targets, what)
    summed = add("TreeEnsembleRegressor", [block.wire], domain=_TREES_DOMAIN, n_targets=targets, **attributes)
    raw = translation.double(summed)
    if not hasattr(fitted, "classes_"):
        return Answer(None, add(_LINKS[objective], [raw]) if _LINKS[objective] else raw)
    label = sided_label(translation, raw, fitted.classes_)
    if objective == "multiclass":
        return Answer(label, add("Softmax", [raw], axis=1))
    second = add("Sigmoid", [raw])
    return Answer(label, add("Concat", [add("Sub", [constant(np.array([1.0])), second]), second], axis=1))


def _sigmoid(model: dict[str, Any]) -> str:
    return str(model["objective"]) if "sigmoid:" in str(model["objective"]) else "sigmoid:1"


def _attributes(trees: Sequence[dict[str, Any]], targets: int, what: str) -> dict[str, Any]:
    nodes: dict[str, list[Any]] = {name: [] for name in _NODES}
    leaves: dict[str, list[Any]] = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}

    def place(tree: int, node: dict[str, Any]) -> int:
        number = counts[tree]
        counts[tree] += 1
        position = len(nodes["treeids"])
        is_leaf = "leaf_value" in node
        row: tuple[Any, ...] = (tree, number, 0, "LEAF", 0, 0, 0, 0.0)
        if not is_leaf:
            row = _split(node, tree, number, what)
        for name, cell in zip(_NODES, row, strict=True):
            nodes[name].append(cell)
        if is_leaf:
            for name, cell in zip(leaves, (tree, number, tree % targets, node["leaf_value"]), strict=True):
                leaves[name].append(cell)
        else:
            nodes["truenodeids"][position] = place(tree, node["left_child"])
            nodes["falsenodeids"][position] = place(tree, node["right_child"])
        return number

    counts: dict[int, int] = {}
    for tree, info in enumerate(trees):
        counts[tree] = 0
        place(tree, info["tree_structure"])
    attributes: dict[str, Any] = {f"nodes_{name}": cells for name, cells in nodes.items() if name != "values"}
    attributes |= {f"target_{name}": cells for name, cells in leaves.items() if name != "weights"}
    attributes["nodes_values_as_tensor"] = numpy_helper.from_array(np.array(nodes["values"], dtype=np.float64))
    attributes["target_weights_as_tensor"] = numpy_helper.from_array(np.array(leaves["weights"], dtype=np.float64))
    return attributes


def _split(node: dict[str, Any], tree: int, number: int, what: str) -> tuple[Any, ...]:
    if node["decision_type"] not in _MODES:
        raise ConversionError(f"{what} with categories has no exact form; encode them with OneHotEncoder")
    if node["missing_type"] == "Zero":
        raise ConversionError(f"{what} with zero_as_missing has no exact form; leave it off")
    # Without missing values in training LightGBM takes NaN for zero.
    is_left = node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
    mode = _MODES[node["decision_type"]]
    return (tree, number, node["split_feature"], mode, 0, 0, int(is_left), node["threshold"])


_NODES = (
    "treeids",
    "nodeids",
    "featureids",
    "modes",
    "truenodeids",
    "falsenodeids",
    "missing_value_tracks_true",
    "values",
)
