import numpy as np
import pytest
from sklearn import metrics

from slipway_ml.contract.signature import Task
from slipway_training.config.evaluation import LOWER_IS_BETTER, METRICS, EvaluationConfig
from slipway_training.errors import ConfigError
from slipway_training.evaluation.metrics import first_score, scores
from slipway_training.evaluation.predictions import Predictions
from tests.training.evaluation.rows import QUICK, classifier, regressor
from tests.training.prepared import shipped

LABELS = np.array(["b", "a", "b", "a"], dtype=object)
PROBABILITIES = np.array([[0.2, 0.8], [0.9, 0.1], [0.6, 0.4], [0.7, 0.3]])


@pytest.mark.parametrize("classes", [2, 4])
def test_metrics_of_classes_are_those_of_scikit_learn(classes: int) -> None:
    target, predictions = classifier(300, 0.3, seed=classes, classes=classes)
    labels, numbers = predictions.labels, predictions.numbers
    average = "binary" if classes == 2 else "macro"
    ranked = numbers[:, 1] if classes == 2 else numbers

    found = {score.name: score.value for score in scores(target, predictions)}

    assert found == pytest.approx(
        {
            "accuracy": metrics.accuracy_score(target, labels),
            "balanced_accuracy": metrics.balanced_accuracy_score(target, labels),
            "precision": metrics.precision_score(target, labels, average=average),
            "recall": metrics.recall_score(target, labels, average=average),
            "f1": metrics.f1_score(target, labels, average=average),
            "matthews_corrcoef": metrics.matthews_corrcoef(target, labels),
            "roc_auc": metrics.roc_auc_score(target, ranked, multi_class="ovr"),
            "average_precision": metrics.average_precision_score(target, ranked),
            "log_loss": metrics.log_loss(target, numbers),
            "brier_score": metrics.brier_score_loss(target, ranked),
        },
        abs=1e-12,
    )
    assert found.keys() == {*METRICS[Task.CLASSIFICATION]}


def test_metrics_of_equal_probabilities_are_those_of_scikit_learn() -> None:
    target, predictions = classifier(200, 0.3, seed=1)
    coarse = Predictions(predictions.labels, predictions.numbers.round(1))

    found = {score.name: score.value for score in scores(target, coarse)}

    assert found["roc_auc"] == pytest.approx(metrics.roc_auc_score(target, coarse.numbers[:, 1]))
    assert found["average_precision"] == pytest.approx(metrics.average_precision_score(target, coarse.numbers[:, 1]))


def test_metrics_of_values_are_those_of_scikit_learn() -> None:
    target, predictions = regressor(100, 0.5, seed=0)
    target, values = target + 1e6, predictions.numbers[:, 0] + 1e6

    found = {score.name: score.value for score in scores(target, Predictions(None, values.reshape(-1, 1)))}

    assert found == pytest.approx(
        {
            "r2": metrics.r2_score(target, values),
            "mean_absolute_error": metrics.mean_absolute_error(target, values),
            "root_mean_squared_error": metrics.root_mean_squared_error(target, values),
            "mean_absolute_percentage_error": metrics.mean_absolute_percentage_error(target, values),
        }
    )


def test_percentages_are_left_out_where_targets_come_close_to_nothing() -> None:
    found = [score.name for score in scores(*regressor(100, 0.5, seed=0))]

    assert found == ["r2", "mean_absolute_error", "root_mean_squared_error"]


def test_accuracy_comes_first_unless_another_is_wanted() -> None:
    predictions = Predictions(np.array(["b", "a", "a", "a"], dtype=object), PROBABILITIES)

    config = EvaluationConfig(metric="log_loss")
    usual, wanted = scores(LABELS, predictions), scores(LABELS, predictions, config=config)

    assert (usual[0].name, usual[0].value, wanted[0].name) == ("accuracy", 0.75, "log_loss")
    assert first_score(LABELS, predictions) == usual[0]
    assert first_score(LABELS, predictions, config=config).value == pytest.approx(wanted[0].value)


def test_only_losses_and_errors_are_better_when_lower() -> None:
    every = {*METRICS[Task.CLASSIFICATION], *METRICS[Task.REGRESSION]}

    assert {name for name in every if "loss" in name or "error" in name or "brier" in name} == LOWER_IS_BETTER


def test_class_without_held_out_rows_leaves_out_the_areas_that_need_it() -> None:
    predictions = Predictions(LABELS, np.column_stack([PROBABILITIES, np.zeros(4)]))

    found = [score.name for score in scores(LABELS, predictions, labels=("a", "b", "c"))]

    assert found[0] == "accuracy"
    assert not {"roc_auc", "average_precision"} & {*found}
    assert "log_loss" in found


def test_label_that_the_model_does_not_know_is_a_mistake_without_probabilities() -> None:
    target = np.array(["b", "a", "z", "a"], dtype=object)

    found = {score.name: score.value for score in scores(target, Predictions(LABELS, PROBABILITIES), labels=("a", "b"))}

    assert found["accuracy"] == 0.75
    assert "log_loss" not in found


def test_metric_that_needs_what_the_model_lacks_is_refused_by_name() -> None:
    without = Predictions(LABELS, np.empty((4, 0)))

    with pytest.raises(ConfigError, match=r"evaluation\.metric: roc_auc cannot be computed"):
        scores(LABELS, without, config=EvaluationConfig(metric="roc_auc"))


def test_every_score_lies_in_its_interval() -> None:
    found = scores(*classifier(200, 0.2, seed=0), config=QUICK)

    assert all(s.interval is not None and s.interval[0] <= s.value <= s.interval[1] for s in found)


def test_accuracy_without_a_mistake_still_has_a_width() -> None:
    found = {score.name: score.interval for score in scores(*classifier(50, 0.0, seed=0), config=QUICK)}

    assert found["accuracy"] == pytest.approx((0.9287, 1.0), abs=1e-4)
    assert found["balanced_accuracy"] is None


def test_positive_class_is_the_one_that_is_looked_for() -> None:
    target, predictions = classifier(200, 0.3, seed=3)
    config = EvaluationConfig(positive=0, resamples=100)

    found = {score.name: score.value for score in scores(target, predictions, config=config)}

    assert found["recall"] == pytest.approx(metrics.recall_score(target, predictions.labels, pos_label=0))
    assert found["average_precision"] == pytest.approx(
        metrics.average_precision_score(target == 0, predictions.numbers[:, 0])
    )
    assert found["log_loss"] == pytest.approx(metrics.log_loss(target, predictions.numbers))


def test_positive_class_that_is_none_is_refused() -> None:
    target, predictions = classifier(50, 0.3, seed=3)

    with pytest.raises(ConfigError, match=r"evaluation\.positive is no class"):
        scores(target, predictions, config=EvaluationConfig(positive="yes"))


def test_class_that_costs_look_for_is_the_positive_one() -> None:
    assert shipped("cancer_cost", 'cost.positive="benign"').evaluation.positive == "benign"
    assert shipped("cancer_cost", 'cost.positive="benign"', 'evaluation.positive="malignant"').evaluation.positive == (
        "malignant"
    )
