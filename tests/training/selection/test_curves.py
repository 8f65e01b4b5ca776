from functools import cache
from typing import Any

import numpy as np
import pytest

from slipway_training.data.schema import describe
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError
from slipway_training.progress import UNDER_WAY
from slipway_training.selection.curves import Curve, curves
from tests.training.tables import config_for, table


@cache
def rows() -> Table:
    random = np.random.default_rng(0)
    columns = {name: random.normal(size=300) for name in "abcd"}
    target = (columns["a"] + columns["b"] + 0.5 * random.normal(size=300) > 0).astype(int)
    return table(target.tolist(), **{name: values.tolist() for name, values in columns.items()})


def drawn(
    kind: str,
    asked: dict[str, Any],
    parameters: dict[str, Any] | None = None,
    told: list[tuple[str, str]] | None = None,
) -> tuple[Curve, ...]:
    told = [] if told is None else told
    estimator = {"type": kind, "parameters": parameters or {}}
    config = config_for(estimator=estimator, curves=asked, split={"folds": 3})
    return curves(config, describe(rows(), rows(), config), rows(), lambda step, result: told.append((step, result)))


def test_more_rows_bring_both_scores_together() -> None:
    told: list[tuple[str, str]] = []

    (curve,) = drawn("LogisticRegression", {"learning": True}, told=told)

    assert told == [(UNDER_WAY, f"learning curve: {rows} rows") for rows in (20, 40, 70, 110, 150, 200)]
    first, last = curve.points[0], curve.points[-1]
    assert [point.at for point in curve.points] == [20, 40, 70, 110, 150, 200]
    assert abs(last.learnt - last.unseen) < abs(first.learnt - first.unseen)
    assert last.unseen > first.unseen


def test_tree_without_a_limit_learns_the_rows_by_heart() -> None:
    (curve,) = drawn(
        "DecisionTreeClassifier", {"regularisation": {"max_depth": {"low": 1, "high": 12}}}, {"max_depth": 3}
    )

    assert curve.points[-1].learnt > 0.99
    assert curve.points[-1].unseen < max(point.unseen for point in curve.points)
    assert (curve.along, curve.chosen) == ("max_depth", 3.0)
    assert all(float(point.at).is_integer() for point in curve.points)


def test_no_curve_is_drawn_that_nobody_asked_for() -> None:
    assert drawn("LogisticRegression", {}) == ()


def test_curve_along_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(ConfigError, match="LogisticRegression has no parameter 'c'"):
        drawn("LogisticRegression", {"regularisation": {"c": {"low": 1, "high": 2}}})
