"""Every parameter of what is exported has a verdict, and the verdict is true: flipped, predictions are still exact."""

import inspect
import json
import random
from typing import Any

import numpy as np
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRegressor
from lightgbm.basic import _ConfigAliases
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import FeatureUnion, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils import all_estimators
from xgboost import XGBClassifier, XGBRegressor

from slipway_training.errors import ConversionError
from slipway_training.export.parameters import check, table
from tests.claims import for_each
from tests.training.proofs.parameters import Flip, check_flip, flips
from tests.training.proofs.verdict import judge

LIBRARIES = {"CatBoost", "LightGBM", "XGBoost"}
CLASSES: dict[str, Any] = {**dict(all_estimators()), "FeatureUnion": FeatureUnion}
CLASSES |= {one.__name__: one for one in (CountVectorizer, TfidfVectorizer)}
SAMPLE = random.Random(15).sample(flips(), 6)


def test_every_parameter_of_every_exported_estimator_has_one_verdict() -> None:
    for name, known in table().items():
        assert len(known.all) == sum(map(len, (known.honoured, known.irrelevant, known.refused))), name
        if name not in LIBRARIES:
            assert set(CLASSES[name]._get_param_names()) == known.all, name  # noqa: SLF001  # as get_params asks


def test_every_parameter_that_a_booster_lists_itself_has_a_verdict() -> None:
    light = set(_ConfigAliases._get_all_param_aliases())  # noqa: SLF001  # the library keeps its list to itself
    assert light | set(LGBMClassifier().get_params()) | set(LGBMRegressor().get_params()) == table()["LightGBM"].all
    both = (CatBoostClassifier, CatBoostRegressor)
    cat = {name for kind in both for name in inspect.signature(kind.__init__).parameters} - {"self"}
    assert cat == table()["CatBoost"].all
    listed = set(XGBClassifier().get_params()) | set(XGBRegressor().get_params())
    model = XGBRegressor(booster="dart", n_estimators=1).fit(np.zeros((4, 1)), np.arange(4.0))
    assert listed | names_in(json.loads(model.get_booster().save_config())["learner"]) <= table()["XGBoost"].all


def names_in(config: dict[str, Any]) -> set[str]:
    """The names of values, wherever they are nested."""
    inner = [names_in(one) for one in config.values() if isinstance(one, dict)]
    return {name for name, one in config.items() if not isinstance(one, dict | list)}.union(*inner)


@for_each(
    "named, step",
    {
        "XGBoost, unknown": ("XGBRegressor has the parameter surprise", XGBRegressor(surprise=1)),
        "LightGBM, unknown": ("LGBMRegressor has the parameter surprise", LGBMRegressor(surprise=1)),
        "LightGBM, another name": ("linear_trees=True has no exact form", LGBMRegressor(linear_trees=True)),
        "prediction cut short": ("pred_early_stop=True has no exact form", LGBMClassifier(pred_early_stop=True)),
        "fewer trees": ("num_iteration_predict=2 has no exact form", LGBMClassifier(num_iteration_predict=2)),
        "arguments": ("kw_args=a dict has no exact form", FunctionTransformer(np.log, kw_args={"where": True})),
    },
)
def test_parameter_without_an_exact_form_is_refused_by_name_and_value(named: str, step: Any) -> None:
    with pytest.raises(ConversionError) as refusal:
        check(step, "step")

    assert named in str(refusal.value)


def test_refused_parameter_stops_the_export_of_a_pipeline() -> None:
    rows = np.abs(np.random.default_rng(0).normal(size=(60, 2)))
    model = make_pipeline(FunctionTransformer(np.log1p, kw_args={"where": True}), LinearRegression())
    model.fit(rows, rows[:, 0])

    verdict = judge("arguments", model, (rows, rows[:, 0]), (rows, rows[:, 0]))

    assert "step functiontransformer: FunctionTransformer with kw_args=a dict" in verdict.refusal


@for_each("flip", {str(one): one for one in SAMPLE})
def test_flipped_parameter_is_exact_or_refused_in_one_sentence(flip: Flip) -> None:
    verdict = check_flip(flip)

    assert verdict is None or verdict.parity is not None or len(verdict.refusal) > 20
