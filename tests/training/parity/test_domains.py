"""Where the numbers end that a pipeline can predict, and that no endpoint predicts beyond."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import CategoricalNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, OrdinalEncoder, PowerTransformer, StandardScaler

from slipway_training.errors import ConversionError
from slipway_training.workflows.publish_fitted import publish
from slipway_training.workflows.signature_inference import infer
from tests.claims import for_each
from tests.server import running_server

RANDOM = np.random.default_rng(0)
ROWS = 120
AMOUNTS = pd.DataFrame({"amount": RANDOM.lognormal(3, 1, ROWS), "age": RANDOM.integers(18, 90, ROWS)})
TARGET = (np.log1p(AMOUNTS["amount"]) + AMOUNTS["age"] / 20 > 5.8).astype(int).to_numpy()


def applied(*steps: Any, model: Any = None, columns: tuple[str, ...] = ("amount",)) -> Any:
    table = make_column_transformer((make_pipeline(*steps), list(columns)), remainder="passthrough")
    return make_pipeline(table, model or LogisticRegression(max_iter=500))


CASES = {
    "log": (applied(FunctionTransformer(np.log)), "greater than 0", ""),
    "log1p": (applied(FunctionTransformer(np.log1p)), "greater than -1", ""),
    "sqrt": (applied(FunctionTransformer(np.sqrt)), "at least 0", ""),
    "reciprocal": (applied(FunctionTransformer(np.reciprocal)), "at least 5.56", ""),
    "log of whole numbers": (applied(FunctionTransformer(np.log), columns=("age",)), "", "greater than 0"),
    "log of both": (
        applied(FunctionTransformer(np.log1p), columns=("amount", "age")),
        "greater than -1",
        "greater than -1",
    ),
    "NaN that is filled": (applied(FunctionTransformer(np.sqrt), SimpleImputer()), "", ""),
    "NaN that is taken": (
        applied(FunctionTransformer(np.sqrt), model=HistGradientBoostingClassifier(max_iter=3)),
        "",
        "",
    ),
    "power": (applied(PowerTransformer(method="box-cox")), "greater than 0", ""),
    "no function": (applied(StandardScaler()), "", ""),
}


@for_each("pipeline, amount, age", CASES)
def test_ends_of_the_numbers_are_those_of_the_whole_pipeline(pipeline: Any, amount: str, age: str) -> None:
    signature = infer(pipeline.fit(AMOUNTS, TARGET), AMOUNTS, TARGET, None, ()).signature

    limits = [feature.limits for feature in signature.features]
    assert limits[0].startswith(amount)
    assert bool(limits[0]) == bool(amount)
    assert limits[1] == age


CODES = pd.DataFrame({"code": RANDOM.choice([1, 2, 5], ROWS), "size": RANDOM.normal(size=ROWS)})


@for_each(
    "pipeline, limits",
    {
        "closed": (OneHotEncoder(), "one of 1, 2, 5"),
        "closed, in order": (OrdinalEncoder(), "one of 1, 2, 5"),
        "open": (OneHotEncoder(handle_unknown="ignore"), ""),
    },
)
def test_encoder_that_knows_no_other_numbers_lists_those_that_it_knows(pipeline: Any, limits: str) -> None:
    model = make_pipeline(make_column_transformer((pipeline, ["code"]), remainder="passthrough"), LogisticRegression())

    signature = infer(model.fit(CODES, CODES["code"] > 1), CODES, CODES["code"] > 1, None, ()).signature

    assert [feature.limits for feature in signature.features] == [limits, ""]


def test_naive_bayes_on_codes_has_its_ends() -> None:
    rows = CODES[["code"]]
    model = CategoricalNB().fit(rows, CODES["size"] > 0)

    (feature,) = infer(model, rows, CODES["size"] > 0, None, ()).signature.features

    assert feature.limits == "greater than -1 and less than 6"


def test_gap_amid_the_numbers_of_a_column_is_refused_with_the_way_out() -> None:
    rows = AMOUNTS - 20
    model = applied(FunctionTransformer(np.reciprocal)).fit(rows, TARGET)

    with pytest.raises(ConversionError, match=r"no prediction where column 'amount' is 0, .* columns of one sign"):
        infer(model, rows, TARGET, None, ())


QUICK: dict[str, Any] = {"optimize": {"candidates": []}}


def test_no_endpoint_predicts_for_a_number_that_the_pipeline_has_no_prediction_for(tmp_path: Path) -> None:
    columns = applied(FunctionTransformer(np.log1p)).fit(AMOUNTS, TARGET)
    matrix = make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()).fit(AMOUNTS[["amount"]], TARGET)
    known = make_pipeline(OneHotEncoder(), LogisticRegression()).fit(CODES[["code"]], CODES["code"] > 1)
    for name, model, rows in (("columns", columns, AMOUNTS), ("matrix", matrix, AMOUNTS[["amount"]])):
        publish(model, rows, TARGET, name=name, models=tmp_path, settings=QUICK, report=False)
    publish(known, CODES[["code"]], CODES["code"] > 1, name="codes", models=tmp_path, settings=QUICK, report=False)

    with running_server(tmp_path) as server:
        answers = {
            (path, name, wrong): post(f"{server.url}{path.format(name)}", body)
            for name, good, bad in (("matrix", [7.5], [-5.0]), ("codes", [2.0], [3.0]))
            for wrong, row in ((False, good), (True, bad))
            for path, body in requests(row, "amount" if name == "matrix" else "code")
        } | {
            ("/predict/{}", "columns", wrong): post(
                f"{server.url}/predict/columns", {"instances": [{"amount": amount, "age": 30}]}
            )
            for wrong, amount in ((False, 7.5), (True, -5.0))
        }

    assert {status for (_, _, wrong), (status, _) in answers.items() if not wrong} == {200}
    for (path, _, wrong), (status, text) in answers.items():
        if wrong:
            assert status in {400, 422}, path
            assert "the model predicts no others" in text, path


def requests(row: list[float], name: str) -> list[tuple[str, dict[str, Any]]]:
    tensor = {"name": "X", "datatype": "FP64", "shape": [1, 1], "data": row}
    return [
        ("/predict/{}", {"instances": [{name: row[0]}]}),
        ("/predict/{}", {"instances": [row]}),
        ("/v1/models/{}:predict", {"instances": [row]}),
        ("/v1/models/{}:predict", {"inputs": {name: row}}),
        ("/v2/models/{}/infer", {"inputs": [tensor]}),
        ("/v2/models/{}/infer", {"id": "1", "inputs": [tensor]}),
    ]


def post(url: str, body: dict[str, Any]) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()), timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()
