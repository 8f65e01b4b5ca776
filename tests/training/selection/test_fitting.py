from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imblearn.over_sampling import RandomOverSampler
from sklearn.calibration import CalibratedClassifierCV
from sklearn.neighbors import KNeighborsClassifier

from slipway_ml.contract.signature import Signature
from slipway_training.candidate import Fitted, check_parity
from slipway_training.config.model import TrainingConfig
from slipway_training.config.proof import ParityConfig
from slipway_training.data.folds import folds
from slipway_training.data.schema import describe
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError
from slipway_training.selection.fitting import Model, fit, out_of_fold_probabilities, tune_threshold
from tests.training.tables import config_for, table

COST = {"false_positive": 1, "false_negative": 15}


@cache
def noisy(seed: int = 0, count: int = 160, share: float = 0.25) -> Table:
    """A rare class that two columns hint at."""
    random = np.random.default_rng(seed)
    target = (random.random(count) < share).astype(int)
    return table(target.tolist(), a=(random.normal(size=count) + target).tolist(), b=random.normal(size=count).tolist())


def fitted(learn: Table, **sections: Any) -> tuple[TrainingConfig, Signature, Model]:
    config = config_for(**sections)
    signature = describe(learn, learn, config)
    return config, signature, fit(config, signature, learn)


def test_threshold_moved_by_the_cost_matrix_saves_on_rows_it_was_not_tuned_on() -> None:
    config, _, model = fitted(noisy(), cost=COST)

    assert config.cost is not None
    outcome = tune_threshold(model, config.cost, noisy(seed=1), (0, 1), config.evaluation)

    assert outcome is not None
    assert outcome.decision.threshold < 0.3
    assert outcome.cost < 0.8 * outcome.cost_at_half


def test_cost_has_an_interval_and_stands_beside_the_cheapest_constant_prediction() -> None:
    config, _, model = fitted(noisy(), cost=COST)
    held_out = noisy(seed=1)
    assert config.cost is not None

    outcome = tune_threshold(model, config.cost, held_out, (0, 1), config.evaluation)

    assert outcome is not None
    assert outcome.interval is not None
    assert outcome.interval[0] < outcome.cost < outcome.interval[1]
    always = {0: outcome.held_out.passed.mean(), 1: outcome.held_out.flagged.mean()}
    assert outcome.constant_cost == min(always.values()) == always[outcome.constant]  # type: ignore[index]  # 0 or 1


def test_label_follows_the_tuned_threshold() -> None:
    _, _, model = fitted(noisy(), cost=COST)

    positive = model.pipeline.predict_proba(noisy(1).frame)[:, 1]

    assert model.decision is not None
    assert np.array_equal(model.pipeline.predict(noisy(1).frame) == 1, positive >= model.decision.threshold)


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("LogisticRegression", "none"),
        ("LogisticRegression", "sigmoid"),
        ("LogisticRegression", "isotonic"),
        ("DecisionTreeClassifier", "none"),
        ("DecisionTreeClassifier", "isotonic"),
        ("LinearSVC", "sigmoid"),
    ],
)
def test_calibrated_and_decided_model_is_one_exact_graph(kind: str, method: str) -> None:
    sections = {"estimator": {"type": kind}, "calibration": {"method": method}, "imbalance": {"method": "oversample"}}
    _, signature, model = fitted(noisy(), cost=COST, **sections)
    learn, held_out = noisy(), noisy(1)

    whole = Fitted(
        pipeline=model.pipeline,
        signature=signature,
        learn=learn.frame,
        learn_target=learn.target,
        held_out=held_out.frame,
        target=held_out.target,
        rows={},
        source="",
        about=kind,
    )
    _, _, parity = check_parity(whole, ParityConfig())

    assert parity.label_flips == 0


def test_calibration_keeps_one_estimator_so_that_serving_costs_the_same() -> None:
    _, _, model = fitted(noisy(), calibration={"method": "sigmoid"})

    assert isinstance(model.pipeline, CalibratedClassifierCV)
    assert len(model.pipeline.calibrated_classifiers_) == 1


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000))
def test_repeated_rows_stay_inside_the_folds_they_are_fitted_in(seed: int) -> None:
    learn = noisy(seed)
    config = config_for(
        estimator={"type": "KNeighborsClassifier", "parameters": {"n_neighbors": 1}}, imbalance={"method": "oversample"}
    )

    rows, probability = out_of_fold_probabilities(config, describe(learn, learn, config), learn, 1)

    assert sorted(rows) == list(range(len(learn.target)))
    assert np.array_equal(probability, by_hand(learn, config))


def by_hand(learn: Table, config: TrainingConfig) -> Any:
    found = []
    values = learn.frame.to_numpy()
    for fit_on, judge in folds(learn, config.split, config.task):
        rows, target = RandomOverSampler(random_state=0).fit_resample(values[fit_on], learn.target[fit_on])
        found.append(KNeighborsClassifier(1).fit(rows, target).predict_proba(values[judge])[:, 1])
    return np.concatenate(found)


def test_rows_repeated_before_the_folds_would_look_too_good() -> None:
    """The negative control: sampling first puts copies of a rare row on both sides."""
    learn = noisy()
    rows, target = RandomOverSampler(random_state=0).fit_resample(learn.frame.to_numpy(), learn.target)
    leaking = table(target.tolist(), a=rows[:, 0].tolist(), b=rows[:, 1].tolist())
    config = config_for(estimator={"type": "KNeighborsClassifier", "parameters": {"n_neighbors": 1}})

    order, probability = out_of_fold_probabilities(config, describe(leaking, leaking, config), leaking, 1)

    honest = by_hand(learn, config)[np.argsort(np.concatenate([j for _, j in folds(learn, config.split, config.task)]))]
    assert probability[leaking.target[order] == 1].mean() > 0.8
    assert honest[learn.target == 1].mean() < 0.6


@pytest.mark.parametrize(
    ("sections", "sentence"),
    [
        ({"estimator": {"type": "LinearSVC"}, "cost": COST}, r"\[cost\] needs probabilities, which LinearSVC does not"),
        (
            {"estimator": {"type": "MLPClassifier"}, "imbalance": {"method": "class_weight"}},
            "MLPClassifier takes no class weights; set imbalance.method = 'oversample'",
        ),
        ({"task": "regression", "estimator": {"type": "Ridge"}, "cost": COST}, r"\[cost\] is for classification"),
    ],
)
def test_what_a_model_cannot_follow_is_refused_in_a_sentence(sections: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        fitted(noisy(), **sections)


def test_class_weights_find_more_of_the_rare_class() -> None:
    _, _, plain = fitted(noisy())
    _, _, weighed = fitted(noisy(), imbalance={"method": "class_weight"})

    found = [int(model.pipeline.predict(noisy(1).frame).sum()) for model in (plain, weighed)]

    assert found[1] > 2 * found[0]
