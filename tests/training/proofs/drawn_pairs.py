"""pair(number): a pipeline and its parameters, drawn by a number, with rows to publish on and rows it never saw.

Of three sorts: pipelines over columns of every kind, single estimators and transformers with parameters turned, and
boosters with what their libraries treat apart: gaps, marks of a gap, categories, early stopping.
"""

import random
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import is_classifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor

from slipway_ml.contract.signature import Task
from slipway_training.export.parameters import FAMILIES
from slipway_training.export.parameters import table as verdicts
from tests.training.drawn_pipelines import LEARN, draw
from tests.training.proofs.parameters import QUICK, classes, flips_of

_ROWS = 160
_FIT = 120
_WIDTH = 6
_SHORT = {"n_estimators": 6, "cv": 2, "n_alphas": 5, "n_jobs": None}
_SLOW = {"MLPClassifier", "MLPRegressor", "TheilSenRegressor", "LogisticRegressionCV", "HuberRegressor"}
"""Fitted in more than a tenth of a second, so drawn less often."""


@dataclass(frozen=True)
class Pair:
    """A model that is not fitted yet; `learn` are X and y, `fresh` are further rows."""

    name: str
    model: Any
    learn: tuple[Any, Any]
    fresh: Any
    task: Task


def pair(number: int) -> Pair | None:
    """The same for the same number; None where the library refuses the parameters at once."""
    dice = random.Random(number)  # draws cases, guards nothing
    try:
        return dice.choice((_over_columns, _turned, _turned, _boosted))(dice)
    except Exception:  # noqa: BLE001  # whatever libraries raise
        return None


def _over_columns(dice: random.Random) -> Pair:
    case = draw(dice)
    learn = (case.rows[:LEARN], case.target[:LEARN])
    return Pair(case.name, case.pipeline, learn, case.rows[LEARN:], _task(case.target))


def _turned(dice: random.Random) -> Pair:
    """One class with up to three of its parameters turned."""
    names = [name for name in verdicts() if name not in FAMILIES.values() and flips_of(name)]
    name = dice.choice(names)
    if name in _SLOW:
        name = dice.choice(names)
    given, said = _some_flips(dice, name)
    step = classes()[name](**given)
    known = step.get_params(deep=False)
    step.set_params(**{key: value for key, value in _SHORT.items() if key in known and key not in given})
    if "random_state" in known and "random_state" not in given:
        step.set_params(random_state=0)
    rows = _numbers(dice.randrange(4), dice.choice(("any", "positive", "whole", "gaps")))
    target = _target(rows, dice.choice(("two", "three")) if is_classifier(step) else "values")
    if not hasattr(step, "predict"):
        last = dice.choice(
            (LogisticRegression(), LinearRegression(), RandomForestClassifier(6), DecisionTreeRegressor(max_depth=4))
        )
        target = _target(rows, "three" if is_classifier(last) else "values")
        step, said = make_pipeline(step, last), f"{said} + {type(last).__name__}"
    elif dice.random() < 0.3:  # some
        step, said = make_pipeline(StandardScaler(), step), f"StandardScaler + {said}"
    return Pair(said, step, (rows[:_FIT], target[:_FIT]), rows[_FIT:], _task(target))


def _boosted(dice: random.Random) -> Pair:
    """A booster on a frame with gaps, whole numbers and categories of text and of numbers."""
    name = dice.choice((*QUICK, "HistGradientBoostingClassifier", "HistGradientBoostingRegressor"))
    library = FAMILIES.get(name, name)
    given, said = _some_flips(dice, library, name)
    model = classes()[name](**(QUICK.get(name, {"max_iter": 6}) | given))
    rows = _numbers(dice.randrange(4), dice.choice(("any", "gaps", "marks", "whole")))
    frame = pd.DataFrame(rows, columns=list("abcdef"))
    kinds = "none"
    if library not in {"CatBoost", "XGBoost"}:
        kinds = dice.choice(("none", "text", "numbers", "both"))
    if kinds in {"text", "both"}:
        frame["f"] = pd.Series(np.array(["low", "mid", "top"])[_codes(frame["a"], 3)]).astype("category")
    if kinds in {"numbers", "both"}:
        frame["e"] = pd.Series(_codes(frame["b"], 9) * 10).astype("category")
    target = _target(np.nan_to_num(rows), dice.choice(("two", "three")) if is_classifier(model) else "values")
    learn = (frame[:_FIT], target[:_FIT])
    return Pair(f"{said}, categories {kinds}", model, learn, frame[_FIT:], _task(target))


def _some_flips(dice: random.Random, library: str, name: str = "") -> tuple[dict[str, Any], str]:
    every = [flip for flip in flips_of(library) if not name or flip.name == name]
    chosen = dice.sample(every, min(dice.randrange(4), len(every)))
    given = {flip.parameter: flip.value for flip in chosen}
    inside = ", ".join(f"{key}={value!r}" for key, value in sorted(given.items()))
    return given, f"{name or library}({inside})"


def _numbers(seed: int, sort: str) -> Any:
    random_numbers = np.random.default_rng(seed)
    rows = random_numbers.normal(0, 2, (_ROWS, _WIDTH)).round(2)
    if sort == "positive":
        return np.abs(rows) + 0.01
    if sort == "whole":
        return np.minimum(np.round(np.abs(rows)), 4)
    if sort in {"gaps", "marks"}:
        rows[random_numbers.random(rows.shape) < 0.1] = np.nan if sort == "gaps" else -999.0
    return rows


def _codes(column: Any, count: int) -> Any:
    return np.abs(np.nan_to_num(np.asarray(column)) * 3).astype(int) % count


def _target(rows: Any, sort: str) -> Any:
    found = np.nan_to_num(rows)
    signal = found[:, 0] + found[:, 1] ** 2 / 2 + np.sin(3 * found[:, 2])
    if sort == "values":
        return signal - signal.min() + 1
    cuts = [0.5] if sort == "two" else [0.33, 0.66]
    return np.digitize(signal, np.quantile(signal, cuts))


def _task(target: Any) -> Task:
    return Task.REGRESSION if np.asarray(target).dtype.kind == "f" else Task.CLASSIFICATION
