"""FLAML on the rows and folds of a file, in an environment of its own; prints what it found as JSON.

usage: flaml_rival.py ROWS.npz TASK METRIC SECONDS

Only the search comparison starts it. It imports nothing of this project, whose environment has no FLAML.
"""

import json
import sys
import time
import warnings
from importlib import import_module
from typing import Any

import numpy as np

_ROUNDS = 5


def main(path: str, task: str, metric: str, seconds: str) -> None:
    """Search, then time the model that was found as FLAML's users call it: predict on one row, in Python."""
    rows = np.load(path)
    folds = import_module("sklearn.model_selection").PredefinedSplit(rows["fold"])
    found = import_module("flaml").AutoML()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found.fit(
            rows["X"],
            rows["y"],
            task=task,
            metric=metric,
            time_budget=float(seconds),
            eval_method="cv",
            split_type=folds,
            n_jobs=1,
            seed=0,
            verbose=0,
        )
        model = found.model.estimator
        output = {
            "estimator": type(model).__name__,
            "parameters": {name: value for name, value in model.get_params().items() if _is_plain(value)},
            "python_us": _latency(model, rows["held_out"]),
        }
    sys.stdout.write(json.dumps(output) + "\n")


def _latency(model: Any, rows: Any) -> float:
    ask = getattr(model, "predict_proba", model.predict)
    rounds = []
    for _ in range(_ROUNDS):
        taken = []
        for row in range(min(40, len(rows))):
            start = time.perf_counter()
            ask(rows[row : row + 1])
            taken.append(time.perf_counter() - start)
        rounds.append(float(np.median(taken)) * 1e6)
    return min(rounds)


def _is_plain(value: Any) -> bool:
    return isinstance(value, bool | int | float | str) and value == value  # noqa: PLR0124  # NaN is no parameter


if __name__ == "__main__":
    main(*sys.argv[1:])
