"""LightGBM's classifier and regressor: float64 thresholds, `at most` goes left, missing goes where it learned to.

The model is read from LightGBM's own dump, so nothing is guessed. Columns of categories come in pandas' type for them,
be they text or numbers, or as whole numbers; a split on a set of them compares a column of its own.
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block, EstimatorOutput, join, select
from slipway_training.export.estimators.raw_scores import linked, summed, summed_exactly
from slipway_training.export.pipeline_walk import Translation
from slipway_training.export.trees.building import Building
from slipway_training.export.trees.ensemble import Ensemble
from slipway_training.export.trees.memberships import HALF, Memberships, codes, matching, matching_codes

_LINKS = {
    "regression": "",
    "regression_l1": "",
    "huber": "",
    "fair": "",
    "quantile": "",
    "poisson": "Exp",
    "gamma": "Exp",
    "tweedie": "Exp",
    "mape": "",
}


def lightgbm_model(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The sum of the trees, through the objective's link."""
    raw, objective = _raw(translation, fitted, blocks, path, summed_by=partial(summed, is_single=False))
    return linked(translation, fitted, raw, _LINKS.get(objective, ""))


def lightgbm_scores(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> str:
    """The sum of the trees as [rows, trees per stage], to nearly the last place of float64."""
    return _raw(translation, fitted, blocks, path, summed_by=summed_exactly)[0]


def _raw(
    translation: Translation,
    fitted: Any,
    blocks: Sequence[Block],
    path: str,
    *,
    summed_by: Callable[[Translation, Ensemble, Block, int], str],
) -> tuple[str, str]:
    """The sum of the trees and the name of the objective."""
    name = type(fitted).__name__
    what = f"step {path or name}: {name}"
    model = fitted.booster_.dump_model()
    objective, *options = str(model.get("objective", "custom")).split(" ")
    _check(what, model, objective, options)
    targets = int(model["num_tree_per_iteration"])
    width = sum(block.width for block in blocks)
    memberships = Memberships(width)
    building = Building()
    for number, info in enumerate(model["tree_info"]):
        _grow(building, info["tree_structure"], number, targets, memberships, what)
    block = _columns(translation, blocks, fitted, model, memberships, what)
    return summed_by(translation, building.ensemble(), block, targets), objective


def _check(what: str, model: dict[str, Any], objective: str, options: Sequence[str]) -> None:
    """Raise ConversionError that names what the model was fitted with and has no exact form."""
    if objective not in {*_LINKS, "binary", "multiclass"}:
        named = "a function as objective" if objective in {"None", "custom"} else f"objective={objective!r}"
        raise ConversionError(f"{what} with {named} has no exact form; use 'binary', 'multiclass' or 'regression'")
    if model["average_output"]:
        raise ConversionError(f"{what} with boosting_type='rf' has no exact form; use RandomForestClassifier")
    if "sqrt" in options:
        raise ConversionError(f"{what} with reg_sqrt=True has no exact form; use TransformedTargetRegressor")
    if any(option.startswith("sigmoid:") and option != "sigmoid:1" for option in options):
        raise ConversionError(f"{what} with sigmoid other than 1 has no exact form; leave it at 1")


def _grow(
    building: Building, node: dict[str, Any], tree: int, targets: int, memberships: Memberships, what: str
) -> int:
    if node.get("leaf_features"):
        raise ConversionError(f"{what} with linear_tree=True has no exact form; leave it off")
    if "leaf_value" in node:
        return building.end(tree, (tree % targets, node["leaf_value"]))
    if node["missing_type"] == "Zero":
        raise ConversionError(f"{what} with zero_as_missing has no exact form; leave it off")
    if node["decision_type"] == "==":
        members = frozenset(int(code) for code in str(node["threshold"]).split("||"))
        column = memberships.column(node["split_feature"], members, takes_unknown=False)
        position = building.split(tree, column, HALF, missing_left=False)
    else:
        # Without missing values in training LightGBM takes NaN for zero.
        is_left = node["default_left"] if node["missing_type"] == "NaN" else node["threshold"] >= 0
        position = building.split(tree, node["split_feature"], node["threshold"], missing_left=bool(is_left))
    building.left[position] = _grow(building, node["left_child"], tree, targets, memberships, what)
    building.right[position] = _grow(building, node["right_child"], tree, targets, memberships, what)
    return position


def _columns(
    translation: Translation,
    blocks: Sequence[Block],
    fitted: Any,
    model: dict[str, Any],
    memberships: Memberships,
    what: str,
) -> Block:
    """The columns as the trees see them: numbers as they are, categories as the codes that LightGBM gives them, then
    one for each set of categories that is asked about.
    """
    assembly = translation.assembly
    texts = [number for block in blocks for number in [block.is_text] * block.width]
    categories = _categories(fitted, model, texts, what)
    matches, counts = {}, {}
    for column in {column for column, _, _ in memberships.keys} | categories.keys():
        (block,) = select(assembly, blocks, [column])
        if column in categories:
            matches[column] = matching(assembly, block.wire, categories[column])
            counts[column] = len(categories[column])
        else:
            counts[column] = _count(memberships, column)
            matches[column] = matching_codes(assembly, block.wire, counts[column])
    columns = list(blocks)
    if categories:
        columns = [
            Block(codes(assembly, matches[number], counts[number]), 1)
            if number in categories
            else select(assembly, blocks, [number])[0]
            for number in range(len(texts))
        ]
    sets = [Block(wire, 1) for wire in memberships.wires(assembly, matches, counts)]
    return join(assembly, [*columns, *sets], what)


def _categories(fitted: Any, model: dict[str, Any], texts: Sequence[bool], what: str) -> dict[int, list[Any]]:
    """The categories of each column that pandas had as such: all that are text, and numbers that LightGBM says are."""
    known = model["pandas_categorical"] or []
    by_number: set[int] = {
        *np.flatnonzero(texts).tolist(),
        *map(int, fitted.booster_.params.get("categorical_column", ())),
    }
    by_text = np.flatnonzero(texts).tolist()
    columns = next((sorted(own) for own in (by_number, set(by_text)) if len(own) == len(known)), None)
    if columns is None and not any(texts):
        raise ConversionError(
            f"{what} has ordered categories of numbers, whose order it does not record; give them as numbers and fit "
            "the pipeline again"
        )
    if columns is None:
        raise ConversionError(f"{what} gets text that it was not fitted on as categories; encode it with OneHotEncoder")
    found = {int(column): [*own] for column, own in zip(columns, known, strict=True)}
    if any(texts[column] != all(isinstance(one, str) for one in own) for column, own in found.items()):
        raise ConversionError(
            f"{what} gets text where its categories are numbers, or numbers where they are text; give the columns in "
            "the types that it was fitted on"
        )
    return found


def _count(memberships: Memberships, column: int) -> int:
    """How many codes there are to know: the largest that any set names, and one."""
    return 1 + max(max(members) for own, members, _ in memberships.keys if own == column)
