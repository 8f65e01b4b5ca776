"""A pipeline that was fitted outside this project is compared and published in two lines."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from sklearn.svm import SVR, LinearSVC
from sklearn.tree import DecisionTreeClassifier

from slipway_ml.contract.profile import profile_from_json
from slipway_ml.contract.signature import Kind
from slipway_ml.errors import SlipwayError
from slipway_ml.registry.store import Registry
from slipway_training.errors import ConfigError, DataCheckFailed, ParityError
from slipway_training.workflows.publish_fitted import publish
from tests.server import running_server
from tests.training.travellers import notebook_pipeline, travellers

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(80, 3))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)


def test_pipeline_of_a_notebook_is_published_and_served_in_two_lines(tmp_path: Path) -> None:
    rows, target = travellers()
    pipeline = notebook_pipeline()

    publish(pipeline, rows, target, name="travellers", models=tmp_path, report=False)

    asked = rows.head(20)
    body = asked.to_json(orient="records").encode()
    with running_server(tmp_path) as server:
        request = urllib.request.Request(f"{server.url}/predict/travellers", b'{"instances":' + body + b"}")
        predictions = json.load(urllib.request.urlopen(request))["predictions"]
    assert [output["label"] for output in predictions] == pipeline.predict(asked).tolist()
    assert [output["probabilities"]["1"] for output in predictions] == pytest.approx(
        pipeline.predict_proba(asked)[:, 1], abs=1e-5
    )


def test_fitted_pipeline_is_served_with_the_policy_that_was_given(tmp_path: Path) -> None:
    inputs = {"unusual": "refuse", "columns": {"x1": "accept"}, "extra": "ignore"}
    stored = publish(
        DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, Y),
        *(X, Y),
        name="tree",
        models=tmp_path,
        report=False,
        settings={"inputs": inputs, "optimize": {"candidates": []}},
    )

    profile = profile_from_json(stored.read_file("profile.json"))
    assert stored.manifest.inputs.model_dump() == inputs
    assert [one.mean for one in profile.features] == pytest.approx(X.mean(axis=0).tolist())


def test_policy_for_a_column_that_is_no_feature_is_refused_with_the_likely_one(tmp_path: Path) -> None:
    fitted = DecisionTreeClassifier(max_depth=2, random_state=0).fit(X, Y)

    with pytest.raises(ConfigError, match=r"inputs.columns names 'x11', which is no feature; did you mean 'x1'"):
        publish(fitted, X, Y, name="t", models=tmp_path, settings={"inputs": {"columns": {"x11": "refuse"}}})


def test_version_is_served_as_its_publisher_asks(tmp_path: Path) -> None:
    asked = {"max_batch_size": 16, "deadline_seconds": 0.75, "max_queue_delay_ms": 1.5}
    pipeline = LogisticRegression().fit(X, Y)

    publish(pipeline, X, Y, name="m", models=tmp_path, settings={"serving": asked}, report=False)

    with running_server(tmp_path) as server:
        found = json.load(urllib.request.urlopen(f"{server.url}/v2/models/m/config"))
    batching = found["dynamic_batching"]
    assert found["max_batch_size"] == 16
    assert batching["max_queue_delay_microseconds"] == 1500
    assert batching["default_queue_policy"]["default_timeout_microseconds"] == 750_000


def test_signature_is_inferred_from_the_rows(tmp_path: Path) -> None:
    manifest = publish(notebook_pipeline(), *travellers(), name="travellers", models=tmp_path, report=False).manifest

    features = {feature.name: feature for feature in manifest.signature.features}
    assert [name for name, feature in features.items() if feature.nullable] == ["age", "embarked", "deck"]
    assert features["pclass"].kind is Kind.INTEGER
    assert features["alone"].kind is Kind.BOOLEAN
    assert features["deck"].categories == ("A", "B", "C", "D", "E")
    assert manifest.parity.label_flips == 0
    assert manifest.parity.edge_rows > 500
    flips = {one.kind: one.label_flips for one in manifest.parity.kinds}
    assert {"given", "extreme", "missing", "unseen_category", "threshold", "one_row", "many_rows"} < flips.keys()
    assert set(flips.values()) == {0}


def test_array_and_classifier_without_probabilities(tmp_path: Path) -> None:
    manifest = publish(
        make_pipeline(StandardScaler(), LinearSVC()).fit(X, Y), X, Y, name="svc", models=tmp_path, report=False
    ).manifest

    assert [feature.name for feature in manifest.signature.features] == ["x0", "x1", "x2"]
    assert not manifest.signature.has_probabilities
    assert manifest.golden_rows.rows[0].probabilities is None


def test_held_out_rows_are_what_it_is_judged_on(tmp_path: Path) -> None:
    pipeline = LinearRegression().fit(X[:60], X[:60, 2])

    manifest = publish(
        pipeline, X[:60], X[:60, 2], name="linear", models=tmp_path, held_out=(X[60:], X[60:, 2]), report=False
    ).manifest

    assert manifest.provenance.rows == {"train": 60, "held_out": 20}
    assert [(one.kind, one.rows) for one in manifest.parity.kinds[:2]] == [("held_out", 20), ("training", 60)]


def test_each_step_is_told_and_which_version_is_the_champion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(LogisticRegression().fit(X, Y), X, Y, name="m", models=tmp_path, report=False)
    output, told = capsys.readouterr()

    assert output == ""
    assert [line.split()[0] for line in told.splitlines()][:2] == ["read", "evaluate"]
    assert told.splitlines()[-2:] == ["publish       version 1 of m", "champion      version 1"]


def test_second_version_is_promoted_when_asked(tmp_path: Path) -> None:
    pipeline = LogisticRegression().fit(X, Y)

    for promote in (False, False, True):
        publish(pipeline, X, Y, name="m", models=tmp_path, promote=promote, report=False)

    assert Registry(tmp_path).desired("m").aliases == {"champion": 3}


def test_text_alone_is_one_column(tmp_path: Path) -> None:
    texts = ["good day", "bad night", "good night", "bad day"] * 10
    labels = ["yes", "no", "yes", "no"] * 10
    pipeline = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts, labels)

    manifest = publish(pipeline, texts, labels, name="mood", models=tmp_path, report=False).manifest

    assert [(feature.name, feature.kind) for feature in manifest.signature.features] == [("text", Kind.CATEGORY)]
    assert manifest.parity.label_flips == 0


def mixed(column: list[Any]) -> pd.DataFrame:
    return pd.DataFrame({"a": pd.Series(column, dtype=object)})


@pytest.mark.parametrize(
    ("pipeline", "rows", "target", "sentence"),
    [
        (KMeans(2), X, Y, "neither a classifier nor a regressor"),
        (LogisticRegression(), X, Y[:-1], "y has 79 values, X has 80 rows"),
        (LogisticRegression(), sparse.csr_array(X), Y, "X is sparse"),
        (LogisticRegression(), mixed([object()] * 80), Y, "column 'a' is of dtype object"),
        (LogisticRegression(), np.where(X > 2, np.inf, X), Y, "holds infinities"),
        (MultiOutputClassifier(LogisticRegression()), X, np.c_[Y, Y], "several outputs"),
    ],
    ids=["clusters", "short y", "sparse", "objects", "infinite", "outputs"],
)
def test_what_cannot_be_published_is_refused_in_a_sentence(
    tmp_path: Path, pipeline: Any, rows: Any, target: Any, sentence: str
) -> None:
    learnt = np.c_[Y, Y] if isinstance(pipeline, MultiOutputClassifier) else Y

    assert sentence in refusal(pipeline.fit(X, learnt), rows, target, tmp_path)


def test_pipeline_without_the_columns_that_it_needs_is_refused(tmp_path: Path) -> None:
    fitted = LogisticRegression().fit(pd.DataFrame(X, columns=list("abc")), Y)

    assert "X has no column 'b'" in refusal(fitted, mixed([1.0] * 80), Y, tmp_path)


@pytest.mark.parametrize(
    ("pipeline", "sentence"),
    [(LogisticRegression(), "the pipeline is not fitted"), ("model", "this is no scikit-learn estimator")],
    ids=["unfitted", "text"],
)
def test_what_is_no_fitted_pipeline_is_refused(tmp_path: Path, pipeline: Any, sentence: str) -> None:
    assert sentence in refusal(pipeline, X, Y, tmp_path)


def refusal(pipeline: Any, rows: Any, target: Any, models: Path) -> str:
    """The words of it; nothing was written."""
    with pytest.raises(SlipwayError) as refused:
        publish(pipeline, rows, target, name="m", models=models)
    assert not list(models.iterdir())
    return str(refused.value)


@pytest.mark.parametrize("name", ["label", "probabilities", "value"])
def test_column_named_like_an_answer_is_a_data_error_that_names_it(tmp_path: Path, name: str) -> None:
    rows = pd.DataFrame({name: X[:, 0], "colour": np.where(X[:, 1] > 0, "red", "blue")})
    encode = make_column_transformer((OneHotEncoder(), ["colour"]), remainder="passthrough")
    pipeline = make_pipeline(encode, LogisticRegression()).fit(rows, Y)

    with pytest.raises(DataCheckFailed, match=f"column '{name}' has the name of one of the model's outputs") as refusal:
        publish(pipeline, rows, Y, name="m", models=tmp_path)

    assert refusal.value.exit_code == 2


def test_column_that_may_be_missing_later_must_be_there() -> None:
    with pytest.raises(ConfigError, match="nullable names the column 'x9', which X has not"):
        publish(LogisticRegression().fit(X, Y), X, Y, name="m", nullable=("x9",))


def test_proof_that_fails_publishes_nothing(tmp_path: Path) -> None:
    with pytest.raises(ParityError, match="step parity: "):
        publish(SVR().fit(X, Y), X, Y, name="m", models=tmp_path, settings={"parity": {"tolerance": 1e-12}})

    assert not list(tmp_path.iterdir())


def test_steps_left_out_around_thresholds_are_on_record(tmp_path: Path) -> None:
    rows = np.abs(X) + 0.1
    behind_a_logarithm = make_pipeline(FunctionTransformer(np.log), DecisionTreeClassifier(random_state=0)).fit(rows, Y)
    behind_a_scaler = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)).fit(rows, Y)

    found = [
        publish(pipeline, rows, Y, name="m", models=tmp_path, report=False).manifest.parity.blind_steps
        for pipeline in (behind_a_scaler, behind_a_logarithm)
    ]

    assert found[0] == 0
    assert found[1] in {0, 16}


def test_model_no_better_than_the_baseline_is_no_champion_unless_promoted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    noise = np.random.default_rng(1).normal(size=80)
    pipeline = LinearRegression().fit(X[:40], noise[:40])
    given: dict[str, Any] = {"name": "noise", "models": tmp_path, "report": False, "held_out": (X[40:], noise[40:])}

    publish(pipeline, X[:40], noise[:40], **given)
    before = Registry(tmp_path).desired("noise").aliases
    publish(pipeline, X[:40], noise[:40], **given, promote=True)

    assert "the model is no better than the baseline (always the mean)" in caplog.text
    assert (before, Registry(tmp_path).desired("noise").aliases) == ({}, {"champion": 2})
