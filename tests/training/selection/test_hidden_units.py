import warnings

import numpy as np
import pytest
from sklearn.datasets import make_classification
from sklearn.neural_network import MLPClassifier

from slipway_training.selection.hidden_units import with_fewer_units

ROWS, TARGET = make_classification(120, 6, random_state=0)


def network(**parameters: object) -> MLPClassifier:
    settings = {"hidden_layer_sizes": (8, 5), "random_state": 0, "max_iter": 30, **parameters}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # thirty rounds are not meant to be enough
        return MLPClassifier(**settings).fit(ROWS, TARGET)


def test_a_quarter_of_each_hidden_layer_goes_and_the_outputs_stay() -> None:
    thin = with_fewer_units(network())

    assert [weights.shape for weights in thin.coefs_] == [(6, 6), (6, 3), (3, 1)]
    assert [len(biases) for biases in thin.intercepts_] == [6, 3, 1]


def test_units_that_say_nothing_go_first_and_no_answer_changes() -> None:
    whole = network()
    whole.coefs_[1][[0, 4], :] = 0
    whole.coefs_[2][[1, 2], :] = 0

    thin = with_fewer_units(whole)

    assert np.allclose(thin.predict_proba(ROWS), whole.predict_proba(ROWS), rtol=0, atol=1e-12)


def test_the_network_that_was_given_is_left_as_it_was() -> None:
    whole = network()
    before = whole.predict_proba(ROWS)

    with_fewer_units(whole)

    assert np.array_equal(whole.predict_proba(ROWS), before)


@pytest.mark.parametrize("parameters", [{}, {"early_stopping": True}, {"solver": "sgd"}, {"solver": "lbfgs"}])
def test_thinned_network_is_fitted_on_from_its_weights_and_keeps_its_shape(parameters: dict[str, object]) -> None:
    thin = with_fewer_units(network(**parameters))
    before = [weights.copy() for weights in thin.coefs_]

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # thirty rounds are not meant to be enough
        thin.fit(ROWS, TARGET)

    assert [weights.shape for weights in thin.coefs_] == [weights.shape for weights in before]
    assert not np.array_equal(thin.coefs_[0], before[0])


def test_a_unit_on_each_layer_is_always_left() -> None:
    thin = with_fewer_units(network(hidden_layer_sizes=(1, 2)))

    assert [len(biases) for biases in thin.intercepts_] == [1, 1, 1]
