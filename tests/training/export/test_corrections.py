from typing import Any

import numpy as np
import pytest
from onnx import ModelProto
from skl2onnx import to_onnx
from sklearn.datasets import make_classification
from sklearn.ensemble import ExtraTreesClassifier, GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression

from app.contract.tensors import Tensor
from app.runtime.session import OnnxSession
from training.export.assembly import TARGET
from training.export.corrections import make_ties_exact

X, Y = make_classification(3000, 20, n_informative=4, flip_y=0.3, random_state=0)
X = X.astype(np.float32)
LEARN, ASK = slice(500), slice(500, None)


def exported(estimator: object) -> ModelProto:
    model: ModelProto = to_onnx(estimator, X[:1], target_opset=TARGET, options={"zipmap": False})
    return model


def answers(model: ModelProto) -> list[Tensor]:
    return OnnxSession(model.SerializeToString()).run({"X": X[ASK]})


@pytest.mark.parametrize("forest", [RandomForestClassifier, ExtraTreesClassifier])
def test_tied_trees_give_the_label_of_scikit_learn(forest: Any) -> None:
    fitted = forest(n_estimators=60, random_state=0).fit(X[LEARN], Y[LEARN])
    model = exported(fitted)
    usual, _ = answers(model)

    was_corrected = make_ties_exact(model)
    label, probabilities = answers(model)

    assert was_corrected
    assert np.count_nonzero(usual != fitted.predict(X[ASK])) > 0
    assert np.array_equal(label, fitted.predict(X[ASK]))
    assert np.abs(probabilities - fitted.predict_proba(X[ASK])).max() <= 60 * 2**-24


@pytest.mark.parametrize("classes", [3, 10])
def test_tied_classes_give_the_first_as_scikit_learn_does(classes: int) -> None:
    target = np.random.default_rng(0).integers(classes, size=len(X))
    fitted = RandomForestClassifier(30, random_state=0).fit(X[LEARN], target[LEARN])
    model = exported(fitted)

    make_ties_exact(model)

    assert np.array_equal(answers(model)[0], fitted.predict(X[ASK]))


@pytest.mark.parametrize("estimator", [GradientBoostingClassifier(n_estimators=5), LogisticRegression()], ids=str)
def test_models_without_votes_are_left_alone(estimator: Any) -> None:
    model = exported(estimator.fit(X[LEARN], Y[LEARN]))
    before = model.SerializeToString()

    assert not make_ties_exact(model)
    assert model.SerializeToString() == before
