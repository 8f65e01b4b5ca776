"""Any small ensemble: every exact pass leaves every bit of every answer on both sides of every threshold as it was."""

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from slipway_training.optimizer.trees.catalogue import PASSES, TREE_ENSEMBLE
from tests.training.optimizer.trees.models import Exported, attempt, exported_from

_ROWS = 40
_FEW = settings(max_examples=10, deadline=None)
_STAGES = (HistGradientBoostingClassifier, HistGradientBoostingRegressor)
CLASSIFIERS = (
    RandomForestClassifier,
    ExtraTreesClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
)
REGRESSORS = (RandomForestRegressor, ExtraTreesRegressor, GradientBoostingRegressor, HistGradientBoostingRegressor)


@st.composite
def ensembles(draw: st.DrawFn) -> Exported:
    """A fitted ensemble on columns of fractions, small whole numbers and, if it knows what to do with it, NaN."""
    kind = draw(st.sampled_from(CLASSIFIERS + REGRESSORS))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    rows = np.column_stack([random.normal(size=(_ROWS, 2)), random.integers(0, 3, (_ROWS, 2))])
    if draw(st.booleans()) and not issubclass(kind, GradientBoostingClassifier | GradientBoostingRegressor):
        rows[random.random(rows.shape) < 0.1] = np.nan
    trees, depth = draw(st.integers(1, 6)), draw(st.sampled_from([1, 2, 3, None]))
    size = "max_iter" if issubclass(kind, _STAGES) else "n_estimators"
    few_rows = {"min_samples_leaf": 2} if issubclass(kind, _STAGES) else {}
    model: Any = kind(random_state=0, max_depth=depth, **{size: trees}, **few_rows)
    if draw(st.booleans()):
        model = make_pipeline(StandardScaler(), model)
    classes = draw(st.sampled_from([2, 3, 4]))
    target = np.arange(_ROWS) % classes if kind in CLASSIFIERS else random.integers(0, 9, _ROWS) / 4
    return exported_from(model.fit(rows, target), rows, target)


def with_infinities(model: Exported) -> Exported:
    """The same with rows whose cells are infinite, which a graph may be asked though scikit-learn refuses them."""
    rows: NDArray[np.float64] = np.asarray(model.rows["X"])
    few = rows[:200].copy()
    few[:100, 0], few[100:, -1] = np.inf, -np.inf
    return replace(model, rows={"X": np.concatenate([rows, few])})


@_FEW
@given(ensembles())
def test_no_exact_pass_changes_a_bit_of_any_ensemble(found: Exported) -> None:
    model = with_infinities(found)
    expected, graph = model.predictions(model.graph), model.graph

    for one in PASSES:
        graph, _ = attempt(one, replace(model, graph=graph))
        for own, wanted in zip(model.predictions(graph), expected, strict=True):
            assert own.tobytes() == wanted.tobytes(), one.name


@_FEW
@given(ensembles())
def test_newer_operator_gives_every_label_and_numbers_within_a_rounding(model: Exported) -> None:
    graph, reason = attempt(TREE_ENSEMBLE, model)

    for own, wanted in zip(model.predictions(graph), model.predictions(model.graph), strict=True):
        is_label = own.dtype == np.int64
        assert np.array_equal(own, wanted) if is_label else np.allclose(own, wanted, rtol=2e-6, atol=4e-7), reason
