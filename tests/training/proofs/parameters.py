"""Every honoured or irrelevant parameter, flipped: the export predicts what the estimator does, or is refused.

The other values of a parameter are those that scikit-learn's own constraints allow, and for boosters some of each type.
Run as a program it flips all of them, prints the counts and the refusals, and fails where an error is no refusal.
"""

import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from numbers import Integral, Real
from typing import Any

import numpy as np
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import all_estimators
from sklearn.utils._param_validation import Interval, Options
from xgboost import XGBClassifier, XGBRegressor

from slipway_training.export.parameters import first_name, table
from tests.training.proofs.estimators import VALUES, X, Y
from tests.training.proofs.verdict import Verdict, judge

_LEARN, _HELD_OUT = slice(200), slice(200, None)
_SLOW = {"GaussianProcessRegressor", "GaussianProcessClassifier"}
_BOOSTERS: dict[str, tuple[type, ...]] = {
    "CatBoost": (CatBoostClassifier, CatBoostRegressor),
    "LightGBM": (LGBMClassifier, LGBMRegressor),
    "XGBoost": (XGBClassifier, XGBRegressor),
}
_QUICK: dict[str, dict[str, Any]] = {
    "CatBoost": {"iterations": 5, "depth": 3, "verbose": 0, "allow_writing_files": False, "thread_count": 1},
    "LightGBM": {"n_estimators": 5, "verbose": -1, "n_jobs": 1},
    "XGBoost": {"n_estimators": 5, "max_depth": 3, "n_jobs": 1},
}
QUICK = {kind.__name__: _QUICK[library] for library, kinds in _BOOSTERS.items() for kind in kinds}
"""What boosters are given beside a parameter, so that they are small."""
_TRIED = (True, 2, 0.5)
"""Values for parameters of boosters, whose libraries say no types; what does not fit is left out."""
_WORDS: dict[str, tuple[Any, ...]] = {
    "auto_class_weights": ("Balanced",),
    "boosting": ("dart", "goss"),
    "booster": ("dart",),
    "boosting_type": ("dart", "goss", "Ordered"),
    "bootstrap_type": ("Bernoulli", "No", "MVS"),
    "data_sample_strategy": ("goss",),
    "feature_border_type": ("Median", "Uniform"),
    "grow_policy": ("lossguide",),
    "leaf_estimation_method": ("Gradient", "Exact"),
    "loss_function": ("MAE", "Quantile:alpha=0.7", "MultiClass"),
    "missing": (-999.0, 0.0),
    "monotone_constraints": ((1, 0, 0, -1, 0, 0),),
    "nan_mode": ("Max", "Min"),
    "objective": ("reg:absoluteerror", "count:poisson", "reg:tweedie", "multi:softprob", "l1", "poisson", "quantile"),
    "score_function": ("L2",),
    "tree_method": ("exact", "approx", "hist"),
}
_ELSEWHERE = {
    *(
        "device",
        "device_config",
        "device_type",
        "devices",
        "gpu_device_id",
        "gpu_platform_id",
        "gpu_ram_part",
        "num_gpu",
    ),
    *("pinned_memory_size", "task_type", "used_ram_limit"),
    *("local_listen_port", "machine_list_filename", "machines", "num_machines", "pre_partition", "time_out"),
    *("config", "data", "forcedbins_filename", "forcedsplits_filename", "input_model", "input_result", "output_model"),
    *("output_result", "parser_config_file", "save_binary", "save_snapshot", "snapshot_file", "snapshot_freq"),
    *("snapshot_interval", "train_dir", "valid", "task", "convert_model", "convert_model_language", "name"),
}
"""Hardware, networks and files, which a test has not."""


@dataclass(frozen=True, slots=True)
class Flip:
    """One parameter of one class, with a value that is not its default."""

    name: str
    parameter: str
    value: Any

    def __str__(self) -> str:
        return f"{self.name}({self.parameter}={self.value!r})"


def flips() -> list[Flip]:
    """Every one that the constraints name, in the order of the table, and those of the boosters."""
    return [flip for name in table() for flip in flips_of(name)]


@cache
def flips_of(name: str) -> tuple[Flip, ...]:
    """Those of one class, or of the classes of one library."""
    if name in _BOOSTERS:
        return tuple(_flips_of_library(name))
    known, kind = table()[name], classes().get(name)
    if kind is None or name in _SLOW or not hasattr(kind, "_parameter_constraints"):
        return ()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of classes that a later release will not have
            defaults = kind().get_params(deep=False)
    except TypeError:
        return ()  # it wraps an estimator, which has flips of its own
    found = []
    for parameter in sorted(known.honoured | known.irrelevant):
        allowed = kind._parameter_constraints.get(parameter, [])  # noqa: SLF001  # scikit-learn's own list
        values = [one for rule in (allowed if isinstance(allowed, list) else []) for one in _others(rule)]
        found += [Flip(name, parameter, one) for one in values if one != defaults[parameter]]
    return tuple(found)


@cache
def classes() -> dict[str, Any]:
    """Everything that has parameters, by name."""
    return {**dict(all_estimators()), **{kind.__name__: kind for kinds in _BOOSTERS.values() for kind in kinds}}


def _flips_of_library(library: str) -> Iterator[Flip]:
    known = table()[library]
    for kind in _BOOSTERS[library]:
        for parameter in sorted((known.honoured | known.irrelevant) - _ELSEWHERE):
            if first_name(kind.__name__, parameter) == parameter:
                values = _WORDS.get(parameter, _TRIED)
                yield from (Flip(kind.__name__, parameter, value) for value in values)


def _others(rule: Any) -> Iterator[Any]:
    if rule == "boolean":
        yield from (False, True)
    elif isinstance(rule, Options):
        yield from sorted(rule.options, key=str)
    elif isinstance(rule, Interval) and rule.type in {Integral, Real}:
        low = rule.left if rule.left is not None and np.isfinite(rule.left) else 0
        value = low + 2 if rule.right is None or low + 2 <= rule.right else (low + rule.right) / 2
        yield int(value) if rule.type is Integral else float(value)


def check_flip(flip: Flip) -> Verdict | None:
    """None where scikit-learn itself does not fit with that value."""
    kind = classes()[flip.name]
    for target in (Y, VALUES):
        for rows in (X, np.abs(X)):
            try:
                step = kind(**(QUICK.get(flip.name, {}) | {flip.parameter: flip.value}))
                if "random_state" in step.get_params() and flip.parameter != "random_state":
                    step.set_params(random_state=0)
                model = step if hasattr(step, "predict") else make_pipeline(step, LinearRegression())
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    model.fit(rows[_LEARN], target[_LEARN])
                    model.predict(rows[_HELD_OUT])
            except Exception:  # noqa: BLE001, S112  # scikit-learn does not take it, so there is nothing to export
                continue
            given = [(rows[part], target[part]) for part in (_LEARN, _HELD_OUT)]
            return judge(str(flip), model, *given)
    return None


def main() -> int:
    """Flip, print, and end with an error where one is neither exact nor refused."""
    verdicts = []
    for flip in flips():
        verdict = check_flip(flip)
        if verdict is not None:
            verdicts.append(verdict)
            sys.stdout.write(f"{verdict.line()}\n")
            sys.stdout.flush()
    refused = sum(verdict.parity is None for verdict in verdicts)
    sys.stdout.write(f"{len(verdicts)} flips: {len(verdicts) - refused} exported, {refused} refused\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
