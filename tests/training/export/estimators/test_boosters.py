"""What a fitted booster knows decides: its mark of a gap, the trees it uses, how it scales them; else it is refused."""

from typing import Any

import lightgbm
import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.datasets import make_classification
from xgboost import XGBClassifier, XGBRegressor

from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.tensors import to_tensors
from slipway_training.errors import ConversionError
from slipway_training.evaluation.predictions import predict_with_session
from slipway_training.export.onnx_export import export
from slipway_training.workflows.signature_inference import infer
from tests.claims import for_each
from tests.training.proofs.verdict import prove

LEARN, HELD_OUT = slice(300), slice(300, None)
X, THREE = make_classification(500, 6, n_informative=4, n_classes=3, random_state=0)
TWO = (THREE > 0).astype(int)
VALUES = np.abs(3 * X[:, 0] + X[:, 1]) + 0.1
GAPS = np.where(np.random.default_rng(0).random(X.shape) < 0.2, -999.0, X)
WHOLE = (GAPS != -999).all(axis=1)
EARLY: dict[str, Any] = {"early_stopping_rounds": 3, "n_estimators": 200, "n_jobs": 1}
LIGHT: dict[str, Any] = {"n_estimators": 12, "n_jobs": 1, "verbose": -1}


def parity_of(model: Any, target: Any, rows: Any = X, **fit: Any) -> Any:
    model.fit(rows[LEARN], target[LEARN], **fit)
    return prove(model, (rows[LEARN], target[LEARN]), (rows[HELD_OUT], target[HELD_OUT]))


@for_each("target", {"two classes": TWO, "three classes": THREE})
def test_number_that_marks_a_gap_for_xgboost_is_missing_in_the_graph_too(target: Any) -> None:
    model = XGBClassifier(n_estimators=12, missing=-999, n_jobs=1).fit(GAPS[LEARN], target[LEARN])
    found = infer(model, GAPS[WHOLE], target[WHOLE], None, ())
    session = OnnxSession(export(found.pipeline, found.signature).SerializeToString())

    rows = pd.DataFrame(GAPS, columns=found.learn.columns)
    graph = predict_with_session(session, to_tensors(rows, found.signature), found.signature.task)

    assert graph.labels is not None
    assert np.array_equal(graph.labels, model.predict(GAPS))
    assert np.allclose(graph.numbers, model.predict_proba(GAPS), atol=1e-5)


@for_each("mark", {"far away": -999.0, "zero": 0.0})
def test_gaps_are_proved_where_no_row_given_has_one(mark: float) -> None:
    model = XGBClassifier(n_estimators=12, missing=mark, n_jobs=1)

    parity = parity_of(model, TWO, np.where(GAPS == -999, mark, X))

    assert parity.label_flips == 0
    assert "gap_mark" in {one.kind for one in parity.kinds}


@for_each(
    "model, target",
    {
        "values": (XGBRegressor(**EARLY), VALUES),
        "three classes, two trees at a time": (XGBClassifier(num_parallel_tree=2, **EARLY), THREE),
        "dart": (XGBRegressor(booster="dart", rate_drop=0.5, **EARLY), VALUES),
    },
)
def test_trees_after_the_best_iteration_of_xgboost_are_left_out(model: Any, target: Any) -> None:
    parity = parity_of(model, target, eval_set=[(X[HELD_OUT], target[HELD_OUT])], verbose=False)

    assert model.best_iteration + 1 < model.get_booster().num_boosted_rounds()
    assert parity.label_flips == 0


@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
def test_trees_after_the_best_iteration_of_lightgbm_are_left_out() -> None:
    model = LGBMClassifier(**{**LIGHT, "n_estimators": 200})
    stop = lightgbm.early_stopping(3, verbose=False)

    parity = parity_of(model, THREE, eval_X=(X[HELD_OUT],), eval_y=(THREE[HELD_OUT],), callbacks=[stop])

    assert model.best_iteration_ < 200
    assert parity.label_flips == 0


@for_each(
    "model, target",
    {
        "XGBoost's dart": (XGBClassifier(booster="dart", rate_drop=0.5, n_estimators=12, n_jobs=1), THREE),
        "LightGBM's dart": (LGBMClassifier(boosting_type="dart", **LIGHT), THREE),
        "LightGBM's tweedie": (LGBMRegressor(objective="tweedie", **LIGHT), VALUES),
        "LightGBM's mape": (LGBMRegressor(objective="mape", **LIGHT), VALUES),
    },
)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
def test_boosting_of_another_kind_is_exact(model: Any, target: Any) -> None:
    parity = parity_of(model, target)

    assert (parity.label_flips, parity.largest_difference < 1e-5) == (0, True)


def _own_loss(wanted: Any, found: Any) -> Any:
    return found - wanted, np.ones_like(wanted)


@for_each(
    "named, model, target",
    {
        "booster": ("booster='gblinear'", XGBRegressor(booster="gblinear", n_estimators=3), VALUES),
        "hinge": ("objective='binary:hinge'", XGBClassifier(objective="binary:hinge", n_estimators=3), TWO),
        "own loss": ("a function as objective", XGBRegressor(objective=_own_loss, n_estimators=3), VALUES),
        "own loss, LightGBM": ("a function as objective", LGBMRegressor(objective=_own_loss, **LIGHT), VALUES),
        "linear trees": ("linear_tree=True", LGBMRegressor(linear_tree=True, **LIGHT), VALUES),
        "square root": ("reg_sqrt=True", LGBMRegressor(reg_sqrt=True, **LIGHT), VALUES),
        "zero": ("zero_as_missing", LGBMRegressor(zero_as_missing=True, **LIGHT), VALUES),
        "sigmoid": ("sigmoid", LGBMClassifier(sigmoid=2.0, **LIGHT), TWO),
        "entropy": ("objective='cross_entropy'", LGBMRegressor(objective="xentropy", **LIGHT), VALUES / VALUES.max()),
    },
)
@pytest.mark.filterwarnings("ignore:X does not have valid feature names:UserWarning")
def test_boosting_without_an_exact_form_is_refused_by_name(named: str, model: Any, target: Any) -> None:
    with pytest.raises(ConversionError) as refusal:
        parity_of(model, target)

    assert named in str(refusal.value)
