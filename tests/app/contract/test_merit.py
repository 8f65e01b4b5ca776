"""What speaks against a version being served unasked."""

import pytest

from slipway_ml.contract.evaluation import Comparison, Decision, Evaluation, Score
from slipway_ml.contract.merit import shortcomings_of


def evaluated(difference: float | None, *, higher_is_better: bool = True) -> Evaluation:
    score = Score(name="accuracy", value=0.8, higher_is_better=higher_is_better)
    beside = Comparison(other="always no", score=score, difference=difference)
    return Evaluation(rows=10, confidence=0.95, resamples=100, baseline=beside)


def decided(cost: float, constant_cost: float | None) -> Decision:
    return Decision(
        positive="yes",
        threshold=0.2,
        tuned_rows=100,
        cost=cost,
        cost_at_half=2.0,
        constant="no",
        constant_cost=constant_cost,
    )


@pytest.mark.parametrize("difference", [0.01, None], ids=["better", "not compared"])
def test_nothing_speaks_against_a_better_model_or_one_that_was_not_compared(difference: float | None) -> None:
    assert shortcomings_of(evaluated(difference), None) == ()


@pytest.mark.parametrize(
    ("difference", "higher_is_better", "own"),
    [(0.0, True, "0.8000"), (-0.1, True, "0.7000"), (-0.1, False, "0.9000")],
    ids=["as good", "worse", "worse where lower is better"],
)
def test_model_no_better_than_the_baseline_is_told_with_both_scores(
    difference: float, higher_is_better: bool, own: str
) -> None:
    (sentence,) = shortcomings_of(evaluated(difference, higher_is_better=higher_is_better), None)

    assert sentence == (
        f"the model is no better than the baseline (always no): held-out accuracy is {own}, the baseline's 0.8000"
    )


@pytest.mark.parametrize(("constant_cost", "count"), [(0.6, 0), (0.5, 1), (0.4, 1), (None, 0)])
def test_threshold_must_be_cheaper_than_the_best_constant_prediction(constant_cost: float | None, count: int) -> None:
    found = shortcomings_of(None, decided(0.5, constant_cost))

    assert len(found) == count
    assert all("no cheaper than predicting no for every row" in sentence for sentence in found)


def test_earlier_manifests_without_either_have_no_shortcomings() -> None:
    assert shortcomings_of(None, None) == ()
