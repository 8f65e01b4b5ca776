"""XGBoost's classifier and regressor: float32 thresholds, `less than` goes left, missing goes where it learned to.

The model is read from XGBoost's own JSON, so nothing is guessed; what it says and this does not know is refused.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from onnx import TensorProto

from slipway_training.errors import ConversionError
from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.estimators.raw_scores import linked, summed
from slipway_training.export.pipeline_walk import Translation
from slipway_training.export.trees.building import Building
from slipway_training.export.trees.ensemble import Ensemble

BOOSTERS = {"gbtree", "dart"}
_SIGMOID = {"binary:logistic", "reg:logistic"}
_IDENTITY = {"reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror"}
_EXP = {"count:poisson", "reg:gamma", "reg:tweedie"}
_MULTI = {"multi:softprob", "multi:softmax"}
_COLUMNS = ("left_children", "right_children", "split_indices", "split_conditions", "default_left")


def xgboost_model(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The sum of the trees that `predict` uses and the base score, through the objective's link."""
    name = type(fitted).__name__
    what = f"step {path or name}: {name}"
    learner = json.loads(fitted.get_booster().save_raw("json"))["learner"]
    booster, objective = str(learner["gradient_booster"].get("name")), learner["objective"]["name"]
    if callable(fitted.objective):
        raise ConversionError(f"{what} with a function as objective has no exact form; name one of XGBoost's own")
    if booster not in BOOSTERS:
        raise ConversionError(f"{what} with booster={booster!r} has no exact form; use booster='gbtree' or 'dart'")
    if objective not in {*_SIGMOID, *_IDENTITY, *_EXP, *_MULTI}:
        raise ConversionError(
            f"{what} with objective={objective!r} has no exact form; use 'binary:logistic', 'multi:softprob' or "
            "'reg:squarederror'"
        )
    assembly = translation.assembly
    block = _with_gaps(assembly, fitted, translation.numbers(join(assembly, blocks, what), fitted, path))
    stated = learner["learner_model_param"]
    targets = max(1, int(stated["num_class"]), int(stated.get("num_target", 1)))
    raw = summed(translation, _ensemble(used_trees(fitted, learner), what), block, targets, is_single=True)
    raw = assembly.add("Add", [raw, assembly.constant(_base(stated, objective, targets))])
    return linked(translation, fitted, raw, "Sigmoid" if objective in _SIGMOID else "Exp" if objective in _EXP else "")


@dataclass(frozen=True, slots=True)
class Used:
    """One tree as XGBoost writes it, the target it adds to and by what its leaves are scaled."""

    tree: dict[str, Any]
    target: int
    weight: float


def used_trees(fitted: Any, learner: dict[str, Any]) -> list[Used]:
    """The trees that `predict` adds up: those to the best iteration of early stopping, scaled as dart has dropped."""
    booster = learner["gradient_booster"]
    model = booster["gbtree"]["model"] if booster["name"] == "dart" else booster["model"]
    weights = booster.get("weight_drop") or [1.0] * len(model["trees"])
    every = [Used(*one) for one in zip(model["trees"], model["tree_info"], weights, strict=True)]
    try:
        best = int(fitted.best_iteration)
    except AttributeError:
        return every
    return every[: int(model["iteration_indptr"][best + 1])]


def gap_mark(fitted: Any) -> float | None:
    """The number that counts as missing beside NaN, where the estimator has one."""
    mark = fitted.missing
    return None if mark is None or np.isnan(mark) else float(mark)


def _with_gaps(assembly: Assembly, fitted: Any, block: Block) -> Block:
    """NaN where the estimator takes a number for missing: its mark, compared after its cast to float32, and the zeros
    that a sparse matrix does not store.
    """
    wire, mark = block.wire if block.is_sparse else "", gap_mark(fitted)
    gaps = []
    if block.is_sparse:
        gaps.append(assembly.add("Equal", [wire, assembly.constant(np.array(0.0))]))
    if mark is not None:
        single = assembly.add("Cast", [block.wire], to=TensorProto.FLOAT)
        gaps.append(assembly.add("Equal", [single, assembly.constant(np.array(mark, dtype=np.float32))]))
    for is_gap in gaps:
        wire = assembly.add("Where", [is_gap, assembly.constant(np.array(np.nan)), wire or block.wire])
    return Block(wire, block.width) if gaps else block


def _base(stated: dict[str, Any], objective: str, targets: int) -> Any:
    found = np.atleast_1d(np.array(json.loads(stated["base_score"]), dtype=np.float64))
    if objective in _SIGMOID:
        found = np.log(found / (1 - found))
    elif objective in _EXP:
        found = np.log(found)
    return np.broadcast_to(found, (targets,))


def _ensemble(used: Sequence[Used], what: str) -> Ensemble:
    building = Building()
    for number, one in enumerate(used):
        tree = one.tree
        if any(tree.get("split_type", ())) or int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
            raise ConversionError(
                f"{what} with categories or vector leaves has no exact form; encode with OneHotEncoder"
            )
        first = len(building.tree)
        for left, right, feature, value, is_left in zip(*(tree[name] for name in _COLUMNS), strict=True):
            if left < 0:
                building.end(number, (one.target, value * one.weight))
                continue
            # Below a float32 is at most the one before it.
            last = float(np.nextafter(np.float32(value), np.float32(-np.inf)))
            position = building.split(number, feature, last, missing_left=bool(is_left))
            building.left[position], building.right[position] = first + left, first + right
    return building.ensemble()
