"""XGBoost's classifier and regressor: float32 thresholds, `less than` goes left, missing goes where it learnt to.

The model is read from XGBoost's own JSON, so nothing is guessed; what it says and this does not know is refused.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import TensorProto

from training.errors import ConversionError
from training.export.answers.linear import sided_label
from training.export.blocks import Answer, Block, join
from training.export.translation import Translation

_TREES_DOMAIN = "ai.onnx.ml"
_SIGMOID = {"binary:logistic", "reg:logistic"}
_IDENTITY = {"reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror"}
_EXP = {"count:poisson", "reg:gamma", "reg:tweedie"}


def xgboost_model(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> Answer:
    """The sum of the trees and the base score, through the objective's link."""
    name = type(fitted).__name__
    assembly = translation.assembly
    add, constant = assembly.add, assembly.constant
    block = translation.numbers(join(assembly, blocks, f"step {path}: {name}"), fitted, path)
    learner = json.loads(fitted.get_booster().save_raw("json"))["learner"]
    booster, objective = learner["gradient_booster"], learner["objective"]["name"]
    known = {*_SIGMOID, *_IDENTITY, *_EXP, "multi:softprob", "multi:softmax"}
    if booster.get("name") != "gbtree" or objective not in known:
        raise ConversionError(
            f"step {path or name}: {name} has a form with booster='gbtree' and a usual objective only"
        )
    classes = max(1, int(learner["learner_model_param"]["num_class"]))
    single = add("Cast", [block.wire], to=TensorProto.FLOAT)
    summed = add(
        "TreeEnsembleRegressor",
        [single],
        domain=_TREES_DOMAIN,
        n_targets=classes,
        **_attributes(booster["model"], f"step {path or name}: {name}"),
    )
    raw = add("Add", [translation.double(summed), constant(_base(learner, objective, classes))])
    return _answer(translation, fitted, raw, objective)


def _answer(translation: Translation, fitted: Any, raw: str, objective: str) -> Answer:
    add, constant = translation.assembly.add, translation.assembly.constant
    if not hasattr(fitted, "classes_"):
        link = "Sigmoid" if objective in _SIGMOID else "Exp" if objective in _EXP else None
        return Answer(None, add(link, [raw]) if link else raw)
    label = sided_label(translation, raw, fitted.classes_)
    if objective.startswith("multi:"):
        return Answer(label, add("Softmax", [raw], axis=1))
    second = add("Sigmoid", [raw])
    return Answer(label, add("Concat", [add("Sub", [constant(np.array([1.0])), second]), second], axis=1))


def _base(learner: dict[str, Any], objective: str, classes: int) -> Any:
    found = np.atleast_1d(np.array(json.loads(learner["learner_model_param"]["base_score"]), dtype=np.float64))
    if objective in _SIGMOID:
        found = np.log(found / (1 - found))
    elif objective in _EXP:
        found = np.log(found)
    return np.broadcast_to(found, (classes,))


def _attributes(model: dict[str, Any], what: str) -> dict[str, Any]:
    nodes: dict[str, list[Any]] = {name: [] for name in _NODES}
    leaves: dict[str, list[Any]] = {name: [] for name in ("treeids", "nodeids", "ids", "weights")}
    for number, (tree, target) in enumerate(zip(model["trees"], model["tree_info"], strict=True)):
        if any(tree.get("split_type", ())) or int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
            raise ConversionError(
                f"{what} with categories or vector leaves has no exact form; encode with OneHotEncoder"
            )
        columns = ("left_children", "right_children", "split_indices", "split_conditions", "default_left")
        for node, (left, right, feature, value, is_left) in enumerate(zip(*(tree[c] for c in columns), strict=True)):
            is_leaf = left < 0
            row: tuple[Any, ...] = (
                number,
                node,
                feature,
                "LEAF" if is_leaf else "BRANCH_LT",
                max(left, 0),
                max(right, 0),
            )
            row += (int(bool(is_left) and not is_leaf), 0.0 if is_leaf else value)
            for name, cell in zip(_NODES, row, strict=True):
                nodes[name].append(cell)
            if is_leaf:
                for name, cell in zip(leaves, (number, node, target, value), strict=True):
                    leaves[name].append(cell)
    return {f"nodes_{name}": cells for name, cells in nodes.items()} | {
        f"target_{name}": cells for name, cells in leaves.items()
    }


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
