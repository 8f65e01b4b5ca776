"""XGBoost's classifier and regressor: float32 thresholds, `less than` goes left, missing goes where it learned to.

The model is read from XGBoost's own JSON, so nothing is guessed; what it says and this does not know is refused.
"""

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from slipway_training.errors import ConversionError
from slipway_training.export.blocks import Block, EstimatorOutput, join
from slipway_training.export.estimators.raw_scores import linked, summed
from slipway_training.export.pipeline_walk import Translation
from slipway_training.export.trees.building import Building
from slipway_training.export.trees.ensemble import Ensemble

_SIGMOID = {"binary:logistic", "reg:logistic"}
_IDENTITY = {"reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror"}
_EXP = {"count:poisson", "reg:gamma", "reg:tweedie"}
_MULTI = {"multi:softprob", "multi:softmax"}
_COLUMNS = ("left_children", "right_children", "split_indices", "split_conditions", "default_left")


def xgboost_model(translation: Translation, fitted: Any, blocks: Sequence[Block], path: str) -> EstimatorOutput:
    """The sum of the trees and the base score, through the objective's link."""
    name = type(fitted).__name__
    what = f"step {path or name}: {name}"
    learner = json.loads(fitted.get_booster().save_raw("json"))["learner"]
    booster, objective = learner["gradient_booster"], learner["objective"]["name"]
    if booster.get("name") != "gbtree" or objective not in {*_SIGMOID, *_IDENTITY, *_EXP, *_MULTI}:
        raise ConversionError(f"{what} has a form with booster='gbtree' and a usual objective only")
    assembly = translation.assembly
    block = translation.numbers(join(assembly, blocks, what), fitted, path)
    stated = learner["learner_model_param"]
    targets = max(1, int(stated["num_class"]), int(stated.get("num_target", 1)))
    raw = summed(translation, _ensemble(booster["model"], what), block, targets, is_single=True)
    raw = assembly.add("Add", [raw, assembly.constant(_base(stated, objective, targets))])
    return linked(translation, fitted, raw, "Sigmoid" if objective in _SIGMOID else "Exp" if objective in _EXP else "")


def _base(stated: dict[str, Any], objective: str, targets: int) -> Any:
    found = np.atleast_1d(np.array(json.loads(stated["base_score"]), dtype=np.float64))
    if objective in _SIGMOID:
        found = np.log(found / (1 - found))
    elif objective in _EXP:
        found = np.log(found)
    return np.broadcast_to(found, (targets,))


def _ensemble(model: dict[str, Any], what: str) -> Ensemble:
    building = Building()
    for number, (tree, target) in enumerate(zip(model["trees"], model["tree_info"], strict=True)):
        if any(tree.get("split_type", ())) or int(tree["tree_param"].get("size_leaf_vector", "1")) > 1:
            raise ConversionError(
                f"{what} with categories or vector leaves has no exact form; encode with OneHotEncoder"
            )
        first = len(building.tree)
        for left, right, feature, value, is_left in zip(*(tree[name] for name in _COLUMNS), strict=True):
            if left < 0:
                building.end(number, (target, value))
                continue
            # Below a float32 is at most the one before it.
            last = float(np.nextafter(np.float32(value), np.float32(-np.inf)))
            position = building.split(number, feature, last, missing_left=bool(is_left))
            building.left[position], building.right[position] = first + left, first + right
    return building.ensemble()
