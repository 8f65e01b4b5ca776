"""Whole searches on 120 rows; by size, so that nothing that swings decides."""

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from slipway_ml.errors import SlipwayError
from slipway_training.config.model import TrainingConfig
from slipway_training.data.schema import describe
from slipway_training.data.table import Table
from slipway_training.errors import ConfigError, GateFailed
from slipway_training.selection.search import SearchOutcome, search
from tests.training.tables import config_for, table

SMALL: dict[str, Any] = {
    "families": ["LogisticRegression", "DecisionTreeClassifier"],
    "against": "size",
    "trials": 6,
    "storage": "memory",
}


@cache
def rows(count: int = 120) -> Table:
    random = np.random.default_rng(0)
    columns = {name: random.normal(size=count) for name in "abc"}
    target = (columns["a"] + columns["b"] ** 2 + 0.4 * random.normal(size=count) > 1).astype(int)
    return table(target.tolist(), **{name: values.tolist() for name, values in columns.items()})


def quiet(_step: str, _result: str) -> None:
    pass


def searched(learn: Table | None = None, told: Any = quiet, **changes: Any) -> SearchOutcome:
    sections = {name: changes.pop(name) for name in ("estimator", "cost", "calibration") if name in changes}
    config: TrainingConfig = config_for(search={**SMALL, **changes}, split={"folds": 3}, **sections)
    learn = learn or rows()
    assert config.search is not None
    return search(config, config.search, describe(learn, learn, config), learn, told)


def test_search_ends_with_a_front_and_the_trial_that_the_rule_takes() -> None:
    found = searched()

    assert len(found.tried) == 6
    assert found.chosen.score == max(one.score for one in found.tried if one.state == "finished")
    assert found.chosen in found.front
    assert found.estimator.type == found.chosen.family
    assert found.chosen.parameters.items() <= found.estimator.parameters.items()


def test_every_family_is_tried_at_its_usual_best_first() -> None:
    first, second, *_ = searched().tried

    assert (first.family, first.parameters["C"]) == ("LogisticRegression", 1.0)
    assert (second.family, second.parameters["max_depth"]) == ("DecisionTreeClassifier", 6)


def test_same_seed_makes_the_same_trials() -> None:
    first, again, other = searched(), searched(), searched(random_state=5)

    assert [one.parameters for one in first.tried] == [one.parameters for one in again.tried]
    assert [one.parameters for one in first.tried] != [one.parameters for one in other.tried]


def test_interrupted_search_ends_as_one_that_was_not(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'kept.db'}"
    whole = searched()

    first = searched(storage=storage, trials=4)
    resumed = searched(storage=storage, trials=6)

    assert (first.earlier, resumed.earlier) == (0, 4)
    assert [one.scores for one in resumed.tried] == [one.scores for one in whole.tried]
    assert resumed.chosen.parameters == whole.chosen.parameters


def test_another_rule_goes_on_with_the_trials_that_are_there(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'kept.db'}"
    best = searched(storage=storage)

    smallest = searched(storage=storage, choose="one_standard_error")

    assert smallest.earlier == 6
    assert smallest.chosen.expense("size") <= best.chosen.expense("size")


def test_other_rows_begin_another_study(tmp_path: Path) -> None:
    storage = f"sqlite:///{tmp_path / 'kept.db'}"
    searched(storage=storage, trials=2)

    assert searched(rows(117), storage=storage, trials=2).earlier == 0


def test_no_trial_begins_after_the_time_is_up() -> None:
    assert len(searched(trials=500, seconds=0.3, families=["DecisionTreeClassifier"]).tried) < 500


def test_declared_space_is_kept_to_and_given_parameters_hold() -> None:
    found = searched(
        families=["DecisionTreeClassifier"],
        spaces={"DecisionTreeClassifier": {"max_depth": {"low": 2, "high": 4}, "criterion": ["gini", "entropy"]}},
        estimator={"type": "DecisionTreeClassifier", "parameters": {"min_samples_leaf": 7}},
    )

    assert all(2 <= one.parameters["max_depth"] <= 4 for one in found.tried)
    assert {one.parameters["criterion"] for one in found.tried} <= {"gini", "entropy"}
    assert found.estimator.parameters["min_samples_leaf"] == 7


def test_family_that_the_labels_do_not_suit_is_refused_before_any_trial() -> None:
    steps: list[str] = []
    named = table(["no" if label else "yes" for label in rows().target], **{n: rows().frame[n].tolist() for n in "abc"})

    with pytest.raises(ConfigError, match="XGBClassifier knows classes only as the numbers"):
        searched(named, told=lambda step, _: steps.append(step), families=["DecisionTreeClassifier", "XGBClassifier"])

    assert steps == []


def test_usual_family_that_cannot_be_exported_is_left_out_and_named() -> None:
    text = table(["no" if label else "yes" for label in rows().target], **{n: rows().frame[n].tolist() for n in "abc"})

    found = searched(text, families=[], trials=1)

    assert list(found.refused) == ["XGBClassifier"]


def test_search_with_costs_goes_by_money() -> None:
    found = searched(cost={"false_positive": 1, "false_negative": 9})

    assert found.scoring == "neg_expected_cost"
    assert found.chosen.score < 0


def test_clearly_beaten_trial_is_stopped_and_says_by_which() -> None:
    found = searched(
        families=["DecisionTreeClassifier"],
        spaces={"DecisionTreeClassifier": {"max_depth": [6, 1], "criterion": ["gini"]}},
        against="nothing",
        trials=8,
    )

    stopped = [one for one in found.tried if one.state == "stopped"]
    assert stopped
    assert all("clearly behind trial" in one.reason and len(one.scores) == 2 for one in stopped)


@pytest.mark.parametrize(
    ("changes", "error", "sentence"),
    [
        ({"families": ["Ridge"]}, ConfigError, r"\[search\] names Ridge, which is not for task 'classification'"),
        (
            {"spaces": {"LogisticRegression": {"c": [1]}}},
            ConfigError,
            "search.spaces: LogisticRegression has no parameter 'c'",
        ),
        ({"spaces": {"SVC": {"C": [1]}}}, ConfigError, "search.spaces has SVC, which search.families leaves out"),
        ({"spaces": {"LogisticRegression": {"C": []}}}, ConfigError, "LogisticRegression.C is an empty list"),
        ({"storage": "nowhere"}, ConfigError, "search.storage cannot be opened"),
        ({"max_size": 10}, GateFailed, "no trial is under 10 bytes"),
    ],
)
def test_search_that_cannot_be_is_refused_in_a_sentence(changes: Any, error: type[SlipwayError], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        searched(**changes)


def test_span_that_falls_is_refused_where_it_is_written() -> None:
    with pytest.raises(ConfigError, match="needs low < high"):
        searched(spaces={"LogisticRegression": {"C": {"low": 2, "high": 1}}})


def test_search_is_quiet() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        searched(trials=3)
