"""Every honoured or irrelevant parameter, flipped: the export predicts what the estimator does, or is refused.

The other values of a parameter are those that scikit-learn's own constraints allow. Run as a program it flips all of
them, prints the counts and the refusals, and fails where an error is no refusal.
"""

import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import all_estimators
from sklearn.utils._param_validation import Interval, Options

from slipway_training.export.parameters import table
from tests.training.proofs.estimators import VALUES, X, Y
from tests.training.proofs.verdict import Verdict, judge

_LEARN, _HELD_OUT = slice(200), slice(200, None)
_SLOW = {"GaussianProcessRegressor", "GaussianProcessClassifier"}


@dataclass(frozen=True, slots=True)
class Flip:
    """One parameter of one class, with a value that is not its default."""

    name: str
    parameter: str
    value: Any

    def __str__(self) -> str:
        return f"{self.name}({self.parameter}={self.value!r})"


def flips() -> list[Flip]:
    """Every one that the constraints name, in the order of the table."""
    classes: dict[str, Any] = dict(all_estimators())
    found = []
    for name, known in table().items():
        kind = classes.get(name)
        if kind is None or name in _SLOW or not hasattr(kind, "_parameter_constraints"):
            continue
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of classes that a later release will not have
                defaults = kind().get_params(deep=False)
        except TypeError:
            continue  # it wraps an estimator, which has flips of its own
        for parameter in sorted(known.honoured | known.irrelevant):
            allowed = kind._parameter_constraints.get(parameter, [])  # noqa: SLF001  # scikit-learn's own list
            values = [one for rule in (allowed if isinstance(allowed, list) else []) for one in _others(rule)]
            found += [Flip(name, parameter, one) for one in values if one != defaults[parameter]]
    return found


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
    kind = dict(all_estimators())[flip.name]
    for target in (Y, VALUES):
        for rows in (X, np.abs(X)):
            try:
                step = kind(**{flip.parameter: flip.value})
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
