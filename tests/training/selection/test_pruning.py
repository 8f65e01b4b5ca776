from functools import cache
from typing import Any

import numpy as np
import pytest

from slipway_ml.contract.signature import Signature
from slipway_training.candidate import Fitted, check_parity
from slipway_training.config.model import TrainingConfig
from slipway_training.data.schema import describe
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError
from slipway_training.selection.fitting import Model, fit
from slipway_training.selection.hidden_units import sizes
from slipway_training.selection.pruning import Pruned, prune
from tests.training.tables import config_for, table

NETWORK = {
    "type": "MLPClassifier",
    "parameters": {
        "hidden_layer_sizes": [16],
        "max_iter": 40,
        "tol": 0.01,
        "learning_rate_init": 0.05,
        "random_state": 0,
    },
}
FOREST = {"type": "RandomForestClassifier", "parameters": {"n_estimators": 16, "random_state": 0}}
TREE = {"type": "DecisionTreeClassifier", "parameters": {"random_state": 0}}
FEW_FOLDS = {"folds": 3}


@cache
def line(count: int = 120, noise: float = 0.3) -> Table:
    """Two classes on either side of a line."""
    random = np.random.default_rng(0)
    a, b = random.normal(size=count), random.normal(size=count)
    target = (a + b + noise * random.normal(size=count) > 0).astype(int)
    return table(target.tolist(), a=a.tolist(), b=b.tolist())


@cache
def band() -> Table:
    """One class between two lines, which takes two hidden units."""
    random = np.random.default_rng(0)
    a, b = random.normal(size=200), random.normal(size=200)
    return table((np.abs(a + b) < 1).astype(int).tolist(), a=a.tolist(), b=b.tolist())


@cache
def checkers() -> Table:
    """Two classes on the fields of a board of three by three."""
    random = np.random.default_rng(0)
    a, b = random.uniform(0, 3, size=300), random.uniform(0, 3, size=300)
    return table(((np.floor(a) + np.floor(b)) % 2).astype(int).tolist(), a=a.tolist(), b=b.tolist())


def pruned(learn: Table, method: str, **sections: Any) -> tuple[TrainingConfig, Signature, Pruned]:
    pruning = {"method": method, **sections.pop("pruning", {})}
    config = config_for(pruning=pruning, **{"split": FEW_FOLDS, **sections})
    signature = describe(learn, learn, config)
    assert config.pruning is not None
    return config, signature, prune(config, config.pruning, signature, learn)


def finished(learn: Table, signature: Signature, found: Pruned) -> Model:
    return found.finish(fit(found.config, signature, learn), learn)


def test_network_with_room_to_spare_loses_hidden_units_and_stays_within_the_tolerance() -> None:
    _, signature, found = pruned(line(), "hidden_units", estimator=NETWORK)

    model = finished(line(), signature, found)

    assert sizes(model.pipeline)[0] <= 8
    assert found.taken.what == f"hidden units {sizes(model.pipeline)[0]}"
    assert found.taken.score >= found.whole.score - found.whole.standard_error


def test_pruned_network_is_exported_exactly() -> None:
    _, signature, found = pruned(line(), "hidden_units", estimator=NETWORK)
    model = finished(line(), signature, found)
    rows = line()

    whole = Fitted(
        pipeline=model.pipeline,
        signature=signature,
        learn=rows.frame,
        learn_target=rows.target,
        held_out=rows.frame,
        target=rows.target,
        rows={},
        source="",
        about="",
    )
    _, _, parity = check_parity(whole, config_for().parity)

    assert parity.label_flips == 0


def test_model_that_has_nothing_to_spare_is_left_alone_and_says_so() -> None:
    parameters = {"hidden_layer_sizes": [2], "solver": "lbfgs", "activation": "tanh", "random_state": 0}
    small = {"type": "MLPClassifier", "parameters": parameters}

    _, signature, found = pruned(band(), "hidden_units", estimator=small)
    model = finished(band(), signature, found)

    assert sizes(model.pipeline) == (2,)
    assert found.in_words.startswith("nothing: hidden units 2 at accuracy")


def test_same_seed_prunes_to_the_same_weights() -> None:
    first, second = (
        finished(line(), signature, found)
        for _, signature, found in (pruned(line(), "hidden_units", estimator=NETWORK) for _ in range(2))
    )

    assert np.array_equal(first.pipeline[-1].coefs_[0], second.pipeline[-1].coefs_[0])


def test_forest_keeps_as_many_trees_as_its_score_needs() -> None:
    _, signature, found = pruned(line(), "fewer_trees", estimator=FOREST)

    model = finished(line(), signature, found)

    assert len(model.pipeline[-1].estimators_) < 16
    assert found.taken.what == f"{len(model.pipeline[-1].estimators_)} trees"


def test_smaller_ensemble_is_the_beginning_of_the_larger() -> None:
    config, signature, found = pruned(line(), "fewer_trees", estimator=FOREST)

    whole, part = fit(config, signature, line()).pipeline[-1], finished(line(), signature, found).pipeline[-1]

    pairs = zip(part.estimators_, whole.estimators_, strict=False)
    assert all(np.array_equal(one.tree_.threshold, other.tree_.threshold) for one, other in pairs)


def test_tree_that_learnt_noise_by_heart_loses_branches() -> None:
    noisy = line(noise=1.5)
    config, signature, found = pruned(noisy, "cost_complexity", estimator=TREE)

    model = finished(noisy, signature, found)

    assert model.pipeline[-1].get_n_leaves() < fit(config, signature, noisy).pipeline[-1].get_n_leaves() / 2
    assert found.taken.score > found.whole.score


def test_tree_that_needs_its_branches_keeps_them() -> None:
    _, signature, found = pruned(checkers(), "cost_complexity", estimator=TREE, pruning={"tolerance": 0.02})

    model = finished(checkers(), signature, found)

    assert model.pipeline[-1].get_n_leaves() >= 9


def test_pruning_goes_together_with_a_decision_by_cost() -> None:
    cost = {"false_positive": 1, "false_negative": 5}

    _, signature, found = pruned(line(), "fewer_trees", estimator=FOREST, cost=cost)
    model = finished(line(), signature, found)

    assert found.scoring == "neg_expected_cost"
    assert model.decision is not None
    assert len(model.pipeline.estimator_[-1].estimators_) == found.config.estimator.parameters["n_estimators"]


def test_pruning_of_a_tree_goes_together_with_a_sampler() -> None:
    _, _, found = pruned(line(), "cost_complexity", estimator=TREE, imbalance={"method": "oversample"})

    assert found.taken.score >= found.whole.score - found.whole.standard_error


def test_network_without_hidden_layers_has_nothing_to_lose() -> None:
    bare = {"type": "MLPClassifier", "parameters": {"hidden_layer_sizes": [], "solver": "lbfgs", "random_state": 0}}

    _, _, found = pruned(line(), "hidden_units", estimator=bare)

    assert found.in_words.startswith("nothing: hidden units none")


def test_number_of_trees_that_the_library_keeps_to_itself_is_asked_for() -> None:
    with pytest.raises(ConfigError, match=r"XGBClassifier keeps to itself; give estimator\.parameters\.n_estimators"):
        pruned(line(), "fewer_trees", estimator={"type": "XGBClassifier"})


@pytest.mark.parametrize(
    ("kind", "count"),
    [("XGBClassifier", "n_estimators"), ("LGBMClassifier", "n_estimators"), ("CatBoostClassifier", "iterations")],
)
def test_boosting_of_other_libraries_gets_fewer_trees(kind: str, count: str) -> None:
    _, _, found = pruned(
        line(), "fewer_trees", estimator={"type": kind, "parameters": {count: 8}}, pruning={"tolerance": 0.5}
    )

    assert found.config.estimator.parameters[count] == 1


def test_one_validation_part_needs_a_tolerance() -> None:
    with pytest.raises(ConfigError, match=r"no standard error; give pruning\.tolerance"):
        pruned(line(), "fewer_trees", estimator=FOREST, split={"validation_size": 0.25})


def test_one_validation_part_with_a_tolerance_is_enough() -> None:
    _, _, found = pruned(
        line(), "fewer_trees", estimator=FOREST, split={"validation_size": 0.25}, pruning={"tolerance": 0.05}
    )

    assert found.taken.score >= found.whole.score - 0.05


@pytest.mark.parametrize(
    ("method", "sections", "sentence"),
    [
        ("hidden_units", {"estimator": FOREST}, r"'hidden_units' is for MLP, and not for RandomForestClassifier"),
        ("cost_complexity", {"estimator": NETWORK}, r"is for DecisionTree, ExtraTrees, RandomForest, and not for MLP"),
        ("fewer_trees", {"estimator": TREE}, r"and not for DecisionTreeClassifier"),
        ("hidden_units", {"estimator": NETWORK, "calibration": {"method": "sigmoid"}}, r"leave them out"),
        ("fewer_trees", {"search": {}}, r"needs search\.families"),
    ],
)
def test_what_cannot_be_pruned_is_refused_in_a_sentence(method: str, sections: Any, sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        config_for(pruning={"method": method}, **sections)
