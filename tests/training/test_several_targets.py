"""Regressions of several targets: compared for each, named in the signature, answered by every endpoint."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.cross_decomposition import CCA, PLSCanonical
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, MultiTaskLasso, Ridge
from sklearn.multioutput import MultiOutputClassifier, MultiOutputRegressor, RegressorChain
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from slipway_ml.errors import SlipwayError
from slipway_training.workflows.publish_fitted import publish
from tests.server import running_server
from tests.training.proofs.verdict import judge

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(90, 3))
Y = pd.DataFrame({"rent %": 500 + 80 * X[:, 0], "price": 1e5 * (X[:, 1] + X[:, 0] ** 2)})


@pytest.mark.parametrize(
    "estimator",
    [
        LinearRegression(),
        Ridge(),
        MultiTaskLasso(),
        CCA(),
        PLSCanonical(),
        KNeighborsRegressor(3),
        RandomForestRegressor(5, random_state=0),
        MultiOutputRegressor(GradientBoostingRegressor(n_estimators=5)),
        RegressorChain(LinearRegression(), order=[1, 0]),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_every_target_is_exact(estimator: Any) -> None:
    model = make_pipeline(StandardScaler(), estimator).fit(X, Y)

    verdict = judge("several", model, (X, Y), (X, Y))

    assert verdict.parity is not None, verdict.refusal
    assert verdict.parity.largest_difference <= 1e-5


def test_difference_is_by_the_spread_of_its_own_target() -> None:
    small = Y.assign(**{"rent %": 1e-6 * X[:, 0]})
    model = LinearRegression().fit(X, small)

    verdict = judge("scales", model, (X, small), (X, small))

    assert verdict.parity is not None, verdict.refusal


def test_every_door_answers_with_each_target_under_its_name(tmp_path: Path) -> None:
    model = LinearRegression().fit(X, Y)
    manifest = publish(model, X, Y, name="homes", models=tmp_path, report=False).manifest
    wanted = model.predict(X[:2])

    with running_server(tmp_path) as server:
        rows = ask(f"{server.url}/predict/homes", {"instances": X[:2].tolist()})["predictions"]
        columns = ask(f"{server.url}/v1/models/homes:predict", {"inputs": X[:2].tolist()})["outputs"]
        tensor = {"name": "X", "datatype": "FP64", "shape": [2, 3], "data": X[:2].ravel().tolist()}
        output = ask(f"{server.url}/v2/models/homes/infer", {"inputs": [tensor]})["outputs"][0]
        metadata = ask(f"{server.url}/v2/models/homes")
        schemas = ask(f"{server.url}/openapi.json?model=homes")["components"]["schemas"]

    assert (manifest.schema_, manifest.signature.targets) == (2, ("rent %", "price"))
    assert [list(row["value"]) for row in rows] == [["rent %", "price"]] * 2
    assert [list(row["value"].values()) for row in rows] == [pytest.approx(own, rel=1e-6) for own in wanted]
    assert columns == [pytest.approx(own, rel=1e-6) for own in wanted]
    assert (output["shape"], output["data"]) == ([2, 2], pytest.approx(wanted.ravel(), rel=1e-6))
    assert metadata["outputs"] == [{"name": "value", "datatype": "FP32", "shape": [-1, 2]}]
    assert list(schemas["Prediction"]["properties"]["value"]["properties"]) == ["rent %", "price"]


def ask(url: str, body: Any = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data)) as output:
        return json.load(output)


@pytest.mark.parametrize(
    ("model", "target"),
    [
        (MultiOutputClassifier(LogisticRegression()), Y.mean() < Y),
        (DecisionTreeClassifier(), (Y.mean() < Y).astype(int)),
    ],
    ids=["wrapped", "a tree"],
)
def test_classifier_of_several_targets_is_refused_in_one_sentence(tmp_path: Path, model: Any, target: Any) -> None:
    with pytest.raises(SlipwayError, match="publish one model per"):
        publish(model.fit(X, target), X, target, name="m", models=tmp_path)
