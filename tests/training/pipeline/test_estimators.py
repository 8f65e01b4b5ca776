"""Every estimator that a config may name is exported with its own answers, and published by the ordinary way."""

from typing import get_args

import pytest

from slipway_training.candidate import check_parity
from slipway_training.config.estimator import Classifier, EstimatorConfig, Regressor
from slipway_training.errors import ConfigError
from slipway_training.pipeline import estimators
from slipway_training.workflows.train import prepare
from tests.training.prepared import shipped


def quiet(_step: str, _result: str) -> None:
    pass


def parameters(name: str) -> str:
    known = estimators.parameters(name)
    wanted = {
        "n_estimators": "5",
        "max_iter": "60",
        "random_state": "0",
        "hidden_layer_sizes": "[4]",
        "max_depth": "3",
    }
    return "{" + ", ".join(f"{key} = {value}" for key, value in wanted.items() if key in known) + "}"


@pytest.mark.parametrize("name", get_args(Classifier))
def test_classifier_that_a_config_names_is_exported_exactly(name: str) -> None:
    config = shipped(
        "breast_cancer", f"estimator.type='{name}'", f"estimator.parameters={parameters(name)}", "data.labels='numbers'"
    )

    fitted = prepare(config, quiet)
    _, _, parity = check_parity(fitted, config.parity)

    assert parity.label_flips == 0
    assert fitted.signature.has_probabilities == hasattr(fitted.pipeline, "predict_proba")


@pytest.mark.parametrize("name", get_args(Regressor))
def test_regressor_that_a_config_names_is_exported_exactly(name: str) -> None:
    config = shipped(
        "diabetes", f"estimator.type='{name}'", f"estimator.parameters={parameters(name)}", "features.scale='standard'"
    )

    _, _, parity = check_parity(prepare(config, quiet), config.parity)

    assert parity.largest_difference <= config.parity.tolerance


def test_boosting_that_counts_its_classes_is_refused_text_labels() -> None:
    config = shipped("breast_cancer", "estimator={type = 'XGBClassifier'}")

    with pytest.raises(ConfigError, match="XGBClassifier knows classes only as the numbers 0, 1, 2 and so on; number"):
        prepare(config, quiet)


def test_unknown_parameter_of_another_library_names_the_closest() -> None:
    with pytest.raises(ConfigError, match=r"LGBMRegressor has no parameter 'num_leafs'; did you mean 'num_leaves'\?"):
        estimators.build(EstimatorConfig(type="LGBMRegressor", parameters={"num_leafs": 7}))


def test_estimator_counts_in_one_thread_unless_the_config_says_otherwise() -> None:
    alone = estimators.build(EstimatorConfig(type="XGBClassifier"))
    told = estimators.build(EstimatorConfig(type="XGBClassifier", parameters={"n_jobs": 2}))

    assert (alone.n_jobs, told.n_jobs) == (1, 2)


def test_parameters_that_a_library_refuses_while_fitting_are_an_error_of_the_config() -> None:
    both = "estimator={type = 'CatBoostClassifier', parameters = {iterations = 5, n_estimators = 5}}"

    with pytest.raises(ConfigError, match="CatBoostClassifier cannot be fitted with these parameters: only one of"):
        prepare(shipped("breast_cancer", both), quiet)
