"""Names that a config may give are declared once; what else goes by these names knows all of them and no others."""

from itertools import chain
from typing import get_args

from slipway_training.config.estimator import Classifier, Regressor
from slipway_training.config.evaluation import LOWER_IS_BETTER, METRICS
from slipway_training.config.search import ScoringName, metric_of
from slipway_training.pipeline import estimators


def test_every_estimator_has_a_module_and_no_other_name_has() -> None:
    assert sorted(estimators._WHERE) == sorted((*get_args(Classifier), *get_args(Regressor)))  # noqa: SLF001


def test_every_scoring_is_a_metric_or_the_cost() -> None:
    metrics = set(chain.from_iterable(METRICS.values()))

    assert {metric_of(name) for name in get_args(ScoringName)} - metrics == {"expected_cost"}


def test_metrics_turn_their_sign_in_a_scoring_where_lower_is_better() -> None:
    turned = {metric_of(name) for name in get_args(ScoringName) if name.startswith("neg_")} - {"expected_cost"}

    assert turned <= LOWER_IS_BETTER
    assert {name for name in get_args(ScoringName) if name in LOWER_IS_BETTER} == set()
