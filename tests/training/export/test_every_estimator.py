"""Each estimator is exported with scikit-learn's predictions or refused in a sentence; `scripts/prove` judges all."""

import random
import re
from typing import Any

import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.tree import DecisionTreeClassifier

from tests.training.proofs.estimators import X, Y, check_estimator, check_transformer, names
from tests.training.proofs.verdict import judge

OURS = {
    "classifier": [
        "CategoricalNB",
        "DummyClassifier",
        "HistGradientBoostingClassifier",
        "LabelPropagation",
        "LabelSpreading",
        "LinearSVC",
        "NearestCentroid",
        "QuadraticDiscriminantAnalysis",
        "RadiusNeighborsClassifier",
        "RidgeClassifier",
    ],
    "regressor": [
        "DummyRegressor",
        "HistGradientBoostingRegressor",
        "KernelRidge",
        "PoissonRegressor",
        "RadiusNeighborsRegressor",
        "TransformedTargetRegressor",
    ],
}
SLOW = {"GaussianProcessClassifier"}
SAMPLE = random.Random(3)
OTHERS = {
    kind: SAMPLE.sample([name for name in names(kind) if name not in {*own, *SLOW}], 9) for kind, own in OURS.items()
}


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, own in OURS.items() for name in own])
def test_estimator_that_the_usual_exporter_lacks_or_gets_wrong_is_exact(kind: str, name: str) -> None:
    verdict = check_estimator(kind, name)

    assert verdict is not None
    assert verdict.parity is not None, verdict.refusal
    assert verdict.parity.label_flips == 0


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, own in OTHERS.items() for name in own])
def test_estimator_is_exact_or_refused_in_one_sentence(kind: str, name: str) -> None:
    verdict = check_estimator(kind, name)

    assert verdict is None or verdict.parity is not None or is_a_sentence(verdict.refusal)


@pytest.mark.parametrize(
    "name", ["MinMaxScaler", "RobustScaler", "PolynomialFeatures", "PCA", "KBinsDiscretizer", "TargetEncoder"]
)
@pytest.mark.parametrize("estimator", [LogisticRegression(), DecisionTreeClassifier(random_state=0)], ids=str)
def test_transformer_before_a_model_is_exact_or_refused_in_one_sentence(name: str, estimator: Any) -> None:
    verdict = check_transformer(name, estimator)

    assert verdict is not None
    assert verdict.parity is not None or is_a_sentence(verdict.refusal)


@pytest.mark.parametrize(
    "step",
    [LinearDiscriminantAnalysis(), LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.1)],
    ids=str,
)
def test_transformer_that_is_a_linear_map_is_exact_before_a_tree(step: Any) -> None:
    model = make_pipeline(step, DecisionTreeClassifier(random_state=0)).fit(X, Y)

    verdict = judge("linear map", model, (X, Y), (X, Y))

    assert verdict.parity is not None, verdict.refusal
    assert verdict.parity.label_flips == 0


def test_imputer_by_neighbours_is_refused_with_what_to_use_instead() -> None:
    verdict = check_transformer("KNNImputer", LogisticRegression())

    assert verdict is not None
    assert verdict.refusal.startswith("step knnimputer: KNNImputer has no exact ONNX form (")
    assert verdict.refusal.endswith("use SimpleImputer instead")


def test_refusal_names_the_estimator_and_what_to_use_instead() -> None:
    verdict = check_transformer("Nystroem", LogisticRegression())

    assert verdict is not None
    assert "step nystroem: no ONNX converter is available for Nystroem; " in verdict.refusal
    assert "use PolynomialFeatures, or an estimator with a kernel, instead" in verdict.refusal


def is_a_sentence(refusal: str) -> bool:
    return bool(re.fullmatch(r"\S.{20,400}", refusal)) and "\n" not in refusal
