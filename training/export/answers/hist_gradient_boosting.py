"""HistGradientBoosting in float64: its trees compare what they are given, without the cast that other trees make.

skl2onnx rounds thresholds to float32, so a float64 row between a threshold and its rounding takes the wrong branch.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from onnx import numpy_helper
from sklearn.ensemble import HistGradientBoostingClassifier

from training.errors import ConversionError
from training.export.answers.linear import sided_label
from training.export.blocks import Answer, Block, join
from training.export.translation import Translation

_LINKS = {"poisson": "Exp", "gamma": "Exp"}
_TREES_DOMAIN = "ai.onnx.ml"


def hist_gradient_boosting(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> Answer:
    """Raw scores from the trees, then the link of the loss."""
    raw = raw_scores(translation, fitted, blocks, path)
    assembly = translation.assembly
    if not isinstance(fitted, HistGradientBoostingClassifier):
        link = _LINKS.get(fitted.loss)
        return Answer(None, assembly.add(link, [raw]) if link else raw)
    label = sided_label(translation, raw, fitted.classes_)
    if len(fitted.classes_) > 2:  # noqa: PLR2004  # one tree per class and iteration
        return Answer(label, assembly.add("Softmax", [raw], axis=1))
    second = assembly.add("Sigmoid", [raw])
    first = assembly.add("Sub", [assembly.constant(np.array([1.0])), second])
    return Answer(label, assembly.add("Concat", [first, second], axis=1))


def raw_scores(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """The sum of the trees as [rows, trees per iteration]."""
    assembly = translation.assembly
    block = translation.numbers(join(assembly, blocks, f"step {path}: {type(fitted).__name__}"), fitted, path)
    if fitted.is_categorical_ is not None and np.any(fitted.is_categorical_):
        raise ConversionError(
            f"step {path}: {type(fitted).__name__} with categorical features has no exact form; "
            "encode them with OneHotEncoder or OrdinalEncoder and set categorical_features to None"
        )
    baseline = np.ravel(fitted._baseline_prediction).astype(np.float64)  # noqa: SLF001  # part of the fitted state
    summed = assembly.add(
        "TreeEnsembleRegressor",
        [block.wire],
        domain=_TREES_DOMAIN,
        n_targets=len(baseline),
        **_trees(fitted._predictors),  # noqa: SLF001  # the trees have no public name
    )
    return assembly.add("Add", [translation.double(summed), assembly.constant(baseline)])


def _trees(predictors: Sequence[Sequence[Any]]) -> dict[str, Any]:
    nodes: dict[str, list[Any]] = {name: [] for name in _NODE_ATTRIBUTES}
    leaves: dict[str, list[Any]] = {"treeids": [], "nodeids": [], "ids": [], "weights": []}
    count = 0
    for iteration in predictors:
        for target, predictor in enumerate(iteration):
            for number, node in enumerate(predictor.nodes):
                is_leaf = bool(node["is_leaf"])
                values = (
                    count, number, 0 if is_leaf else int(node["feature_idx"]), "LEAF" if is_leaf else "BRANCH_LEQ",
                    0 if is_leaf else int(node["left"]), 0 if is_leaf else int(node["right"]),
                    int(not is_leaf and bool(node["missing_go_to_left"])), 0.0 if is_leaf else node["num_threshold"],
                )  # fmt: skip
                for name, value in zip(_NODE_ATTRIBUTES, values, strict=True):
                    nodes[name].append(value)
                if is_leaf:
                    for name, value in zip(leaves, (count, number, target, node["value"]), strict=True):
                        leaves[name].append(value)
            count += 1
    attributes: dict[str, Any] = {f"nodes_{name}": values for name, values in nodes.items() if name != "values"}
    attributes["nodes_values_as_tensor"] = numpy_helper.from_array(np.array(nodes["values"], dtype=np.float64))
    attributes |= {f"target_{name}": values for name, values in leaves.items() if name != "weights"}
    attributes["target_weights_as_tensor"] = numpy_helper.from_array(np.array(leaves["weights"], dtype=np.float64))
    return attributes


_NODE_ATTRIBUTES = (
    "treeids",
    "nodeids",
    "featureids",
    "modes",
    "truenodeids",
    "falsenodeids",
    "missing_value_tracks_true",
    "values",
)
