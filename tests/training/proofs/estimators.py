"""Every classifier and regressor of scikit-learn that fits without arguments, and every transformer before a model.

Run as a program it judges all of them, prints the counts and the refusals, and fails when a claim does: fewer than 70
estimators exported, an error that is no refusal.
"""

import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.datasets import make_classification, make_regression
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import all_estimators

from tests.training.proofs.verdict import Verdict, judge

WANTED = 70
_LEARN = slice(200)
_HELD_OUT = slice(200, None)

X, Y = make_classification(260, 6, n_informative=4, n_classes=3, random_state=0)
X_VALUES, VALUES = make_regression(260, 6, noise=5, random_state=0)
_SHAPES: tuple[Callable[[Any], Any], ...] = (
    lambda x: x,
    np.abs,
    lambda x: np.minimum(np.round(np.abs(x)), 2),
    lambda x: 0.02 * x,
)
"""What estimators ask of their rows: any numbers, none below zero, small counts, close to each other."""


def names(kind: str) -> list[str]:
    """Every estimator of a kind."""
    return [name for name, _ in all_estimators(kind)]


def fitted(kind: str, name: str) -> tuple[Any, Any, Any] | None:
    """The estimator, fitted without arguments on rows that it takes, with X and y; None where there are no such."""
    estimators: dict[str, Any] = dict(all_estimators(kind))
    rows, target = (X, Y) if kind == "classifier" else (X_VALUES, VALUES)
    shapes = _SHAPES[2:] if name == "CategoricalNB" else _SHAPES[3:] if "Radius" in name else _SHAPES
    for shape in shapes:
        for wanted in (target, np.abs(target) + 0.1, np.column_stack([target, target[::-1]])):
            model = _fit(estimators[name], shape(rows), wanted)
            if model is not None:
                return model, shape(rows), wanted
    return None


def check_estimator(kind: str, name: str) -> Verdict | None:
    """None for an estimator that does not fit without arguments."""
    case = fitted(kind, name)
    if case is None:
        return None
    model, rows, target = case
    return judge(name, model, (rows[_LEARN], target[_LEARN]), (rows[_HELD_OUT], target[_HELD_OUT]))


def check_transformer(name: str, estimator: Any) -> Verdict | None:
    """The transformer before a model; None where it does not go before one."""
    transformers: dict[str, Any] = dict(all_estimators("transformer"))
    for shape in _SHAPES[:3]:
        rows = shape(X)
        try:
            step = transformers[name]()
        except TypeError:
            return None
        model = _fit(partial(make_pipeline, step, estimator), rows, Y)
        if model is not None:
            title = f"{name} + {type(estimator).__name__}"
            return judge(title, model, (rows[_LEARN], Y[_LEARN]), (rows[_HELD_OUT], Y[_HELD_OUT]))
    return None


def _fit(make: Callable[[], Any], rows: Any, target: Any) -> Any:
    try:
        model = make()
        if "random_state" in model.get_params():
            model.set_params(random_state=0)
        if "outlier_label" in model.get_params():  # without it there is no prediction for some rows
            model.set_params(outlier_label="most_frequent")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(rows[_LEARN], target[_LEARN])
            model.predict(rows[_HELD_OUT])
    except Exception:  # noqa: BLE001  # whatever it lacks, it does not fit without arguments
        return None
    return model


def _all() -> Iterator[Verdict | None]:
    for kind in ("classifier", "regressor"):
        for name in names(kind):
            yield check_estimator(kind, name)


def _transformers() -> Iterator[Verdict | None]:
    for name in names("transformer"):
        for estimator in (LogisticRegression(), DecisionTreeClassifier(random_state=0)):
            yield check_transformer(name, estimator)


def main() -> int:
    """Judge, print, and say by the exit code whether the claim holds."""
    counts = []
    for title, verdicts in (("classifiers and regressors", _all()), ("transformers", _transformers())):
        exported = refused = 0
        for verdict in verdicts:
            if verdict is not None:
                sys.stdout.write(f"{verdict.line()}\n")
                sys.stdout.flush()
                exported += verdict.parity is not None
                refused += verdict.parity is None
        counts.append(exported)
        sys.stdout.write(f"{title}: {exported} of {exported + refused} exported, {refused} refused\n")
    return 0 if counts[0] >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
