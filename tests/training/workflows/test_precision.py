"""How precise the numbers of a published version are: float64 beside a large mean, and 8-bit forms."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

from slipway_ml.contract.tensors import Datatype
from slipway_ml.runtime.session import OnnxSession
from slipway_training.errors import GateFailed, ParityError
from slipway_training.workflows.publish_fitted import publish

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(80, 3))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
FAR = 1e6 + X[:, 0] + 0.1 * X[:, 1] ** 2


@pytest.mark.parametrize(
    "model",
    [LinearRegression(), DecisionTreeRegressor(random_state=0), GradientBoostingRegressor(n_estimators=9)],
    ids=lambda model: type(model).__name__,
)
def test_values_that_are_large_beside_their_spread_keep_their_digits(tmp_path: Path, model: Any) -> None:
    fitted = clone(model).fit(X, FAR)

    version = publish(fitted, X, FAR, name="far", models=tmp_path, report=False, settings={"unit": "EUR"})

    session = OnnxSession(version.read_model())
    values = session.run({session.inputs[0].name: X})[0]
    assert values.dtype == np.float64
    assert (version.manifest.schema_, version.manifest.about.unit) == (3, "EUR")
    assert np.abs(values[:, 0] - fitted.predict(X)).max() < 1e-5 * FAR.std()
    assert version.manifest.golden_rows.tolerance < 0.001


def test_values_with_digits_enough_stay_float32(tmp_path: Path) -> None:
    near = FAR - 1e6 + 10

    version = publish(LinearRegression().fit(X, near), X, near, name="near", models=tmp_path, report=False)

    assert version.manifest.schema_ == 1
    assert version.manifest.signature.outputs[0].datatype is Datatype.FP32


def test_quantized_form_is_kept_and_served_where_it_is_asked_for(tmp_path: Path) -> None:
    target = X[:, 0] ** 2 + X[:, 1]
    fitted = GradientBoostingRegressor(n_estimators=100, max_depth=5, random_state=0).fit(X, target)
    given: dict[str, Any] = {"name": "boosted", "models": tmp_path, "report": False}

    exact = publish(fitted, X, target, **given).manifest
    asked = publish(fitted, X, target, **given, quantize=True).manifest

    assert exact.quantized is not None
    assert exact.quantized.file == "variants/quantized.onnx" in exact.files
    assert (exact.variant != "leaves_int8", asked.variant) == (True, "leaves_int8")
    assert asked.files["model.onnx"] == asked.files["variants/quantized.onnx"]


def test_quantized_form_that_does_not_exist_is_refused_where_it_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(GateFailed, match="no 8-bit form is known for it"):
        publish(LogisticRegression().fit(X, Y), X, Y, name="m", models=tmp_path, report=False, quantize=True)


def test_estimator_that_onnx_has_in_float32_alone_keeps_its_digits_as_the_refusal_says(tmp_path: Path) -> None:
    given: dict[str, Any] = {"name": "far", "models": tmp_path, "report": False}

    with pytest.raises(ParityError, match="the target with TransformedTargetRegressor and StandardScaler"):
        publish(SVR().fit(X, FAR), X, FAR, **given)
    version = publish(TransformedTargetRegressor(SVR(), transformer=StandardScaler()).fit(X, FAR), X, FAR, **given)

    assert version.manifest.schema_ == 3
