import numpy as np
import pytest

from slipway_training.config.evaluation import EvaluationConfig
from slipway_training.evaluation.bootstrap import draw, draws_for, middle, wilson
from slipway_training.evaluation.metrics import measurable, scores
from tests.training.evaluation.rows import QUICK, classifier, grouped_classifier, grouped_regressor, regressor

REPEATS = 150


def share_covering(metric: str, truth: float, *, is_value: bool = False) -> float:
    """Of many models with the same true score, how many have an interval that holds it."""
    covering = 0
    for seed in range(REPEATS):
        target, predictions = regressor(120, 0.5, seed) if is_value else classifier(120, 0.2, seed)
        interval = next(s.interval for s in scores(target, predictions, config=QUICK) if s.name == metric)
        covering += interval is not None and interval[0] <= truth <= interval[1]
    return covering / REPEATS


@pytest.mark.parametrize(
    ("metric", "truth", "is_value"),
    [
        ("accuracy", 0.8, False),
        ("balanced_accuracy", 0.8, False),
        ("matthews_corrcoef", 0.6, False),
        ("mean_absolute_error", 0.5 * np.sqrt(2 / np.pi), True),
        ("r2", 0.75, True),
    ],
)
def test_intervals_hold_the_true_score_about_as_often_as_they_say(metric: str, truth: float, is_value: bool) -> None:
    assert share_covering(metric, truth, is_value=is_value) == pytest.approx(0.95, abs=0.07)


def share_covering_groups(metric: str, truth: float, *, is_told: bool, is_value: bool) -> float:
    """The same for groups of rows that are alike, with and without being told of them."""
    covering = 0
    for seed in range(REPEATS // 2):
        target, predictions, owner = (
            grouped_regressor(40, 8, 0.5, seed) if is_value else grouped_classifier(40, 8, seed)
        )
        found = scores(target, predictions, config=QUICK, groups=owner if is_told else None)
        interval = next(score.interval for score in found if score.name == metric)
        covering += interval is not None and interval[0] <= truth <= interval[1]
    return covering / (REPEATS // 2)


@pytest.mark.parametrize(
    ("metric", "truth", "is_value"),
    [("accuracy", 0.8, False), ("root_mean_squared_error", 0.5, True)],
)
def test_intervals_hold_the_true_score_of_rows_that_belong_together(metric: str, truth: float, is_value: bool) -> None:
    told, untold = (share_covering_groups(metric, truth, is_told=told, is_value=is_value) for told in (True, False))

    assert told == pytest.approx(0.95, abs=0.07)
    assert untold < 0.88


def test_groups_of_one_row_are_rows() -> None:
    target, predictions = classifier(150, 0.2, seed=0)

    alone = scores(target, predictions, config=QUICK, groups=np.arange(150))

    assert [score.name for score in alone] == [score.name for score in scores(target, predictions, config=QUICK)]
    for own, wanted in zip(alone, scores(target, predictions, config=QUICK), strict=True):
        # The weights of groups lie otherwise in memory, and so are summed in another order.
        assert own.name == "accuracy" or own.interval == pytest.approx(wanted.interval, rel=1e-9)
    assert alone[0].interval == pytest.approx(wilson(alone[0].value, 150, 0.95), abs=0.02)


def test_perfect_answers_to_few_groups_are_no_surer_than_the_groups_are_many() -> None:
    target, predictions = classifier(200, 0.0, seed=0)

    (first, *_) = scores(target, predictions, config=QUICK, groups=np.repeat(np.arange(10), 20))

    assert first.interval == pytest.approx(wilson(1.0, 10, 0.95))


def test_higher_confidence_gives_a_wider_interval() -> None:
    rows, count = measurable(*classifier(200, 0.2, seed=0)), 200

    usual, sure = (
        draw(rows, count, EvaluationConfig(resamples=500, confidence=c)).interval("roc_auc") for c in (0.9, 0.99)
    )

    assert usual is not None
    assert sure is not None
    assert sure[0] < usual[0] < usual[1] < sure[1]


def test_equal_seeds_give_equal_draws_and_others_do_not() -> None:
    rows = measurable(*classifier(100, 0.2, seed=0))

    first, again, other = (draw(rows, 100, QUICK.model_copy(update={"random_state": s})) for s in (0, 0, 1))

    assert first.metrics["log_loss"].tolist() == again.metrics["log_loss"].tolist()
    assert first.metrics["log_loss"].tolist() != other.metrics["log_loss"].tolist()


@pytest.mark.parametrize(
    ("rows", "classes", "draws"), [(540, 10, 1000), (20_000, 2, 500), (10**6, 2, 200)], ids=["few", "many", "millions"]
)
def test_very_many_rows_are_resampled_less_often(rows: int, classes: int, draws: int) -> None:
    assert draws_for(rows, classes, EvaluationConfig()) == draws


@pytest.mark.parametrize("drawn", [[0.5] * 100, [0.5, 0.6] * 40 + [np.nan] * 20], ids=["alike", "too few"])
def test_draws_that_cannot_say_give_no_interval(drawn: list[float]) -> None:
    assert middle(np.array(drawn), 0.95) is None


def test_interval_of_a_share_is_wilsons() -> None:
    assert wilson(0.5, 100, 0.95) == pytest.approx((0.4038, 0.5962), abs=1e-4)
    assert wilson(0.0, 10, 0.95) == pytest.approx((0.0, 0.2775), abs=1e-4)
