"""A graph that was made elsewhere is published with what can be compared, and answers through a real server."""

import json
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from onnx import TensorProto, helper, numpy_helper
from skl2onnx import to_onnx
from sklearn.ensemble import IsolationForest

from slipway_ml.contract.merit import shortcomings
from slipway_ml.contract.signature import Kind, Task
from slipway_ml.errors import SlipwayError
from slipway_ml.registry.store import Registry
from slipway_training.errors import ConfigError, ParityError
from slipway_training.workflows.importing.import_model import import_graph
from slipway_training.workflows.importing.interface import Overrides
from tests.server import running_server
from tests.training.workflows.importing.foreigners import (
    NAMES,
    TABLE,
    X,
    Y,
    columns_of_two_types,
    dense,
    forest,
    graph_of,
    saved,
)

NOTHING = Overrides()


def predictions(folder: Path, name: str, instances: list[Any]) -> list[dict[str, Any]]:
    with running_server(folder) as server:
        body = json.dumps({"instances": instances}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{server.url}/predict/{name}", body)) as output:
            predictions: list[dict[str, Any]] = json.load(output)["predictions"]
    return predictions


def test_forest_of_the_usual_exporter_is_served_without_its_dictionaries(tmp_path: Path) -> None:
    fitted, model = forest()
    path = saved(model, tmp_path / "forest.onnx")

    manifest = import_graph(
        path, NOTHING, name="forest", models=tmp_path / "models", rows=(TABLE.drop(columns="y"), TABLE["y"])
    ).manifest

    found = predictions(tmp_path / "models", "forest", X[:20].tolist())
    assert [one["label"] for one in found] == fitted.predict(X[:20]).tolist()
    assert [one["probabilities"]["yes"] for one in found] == pytest.approx(fitted.predict_proba(X[:20])[:, 1], abs=1e-5)
    assert [(f.name, f.kind, f.nullable) for f in manifest.signature.features] == [
        (name, Kind.NUMBER, False) for name in NAMES
    ]
    assert {score.name: score.value for score in manifest.metrics}["accuracy"] == 1.0
    assert "profile.json" in manifest.files


def test_columns_of_two_types_are_served_by_their_names(tmp_path: Path) -> None:
    fitted, model, rows = columns_of_two_types()
    path = saved(model, tmp_path / "colours.onnx")

    manifest = import_graph(path, NOTHING, name="colours", models=tmp_path / "models").manifest
    signature = manifest.signature

    found = predictions(tmp_path / "models", "colours", rows.head(10).to_dict("records"))
    assert [(f.name, f.kind) for f in signature.features] == [("size", Kind.NUMBER), ("colour", Kind.CATEGORY)]
    assert "profile.json" not in manifest.files  # no rows were given
    assert [one["label"] for one in found] == fitted.predict(rows.head(10)).tolist()


def test_certificate_says_what_was_not_proved(tmp_path: Path) -> None:
    parity = import_graph(
        saved(forest()[1], tmp_path / "f.onnx"), NOTHING, name="f", models=tmp_path / "models"
    ).manifest.parity

    assert parity.reference == "itself, one row at a time"
    assert [one.kind for one in parity.kinds] == ["made_up", "extreme", "one_row", "many_rows"]
    assert parity.not_proved[0].startswith("No pipeline came with the graph")
    assert any("The graph takes float32 (X)" in sentence for sentence in parity.not_proved)


def test_network_without_a_label_gets_one_from_its_probabilities(tmp_path: Path) -> None:
    path = saved(dense(3, "Softmax"), tmp_path / "net.onnx")

    manifest = import_graph(
        path, Overrides(labels=("low", "mid", "high")), name="net", models=tmp_path / "models"
    ).manifest

    scores = X[:5] @ (np.arange(9, dtype=np.float32).reshape(3, 3) / 10 - 0.2)
    found = predictions(tmp_path / "models", "net", X[:5].tolist())
    assert [one["label"] for one in found] == [("low", "mid", "high")[best] for best in scores.argmax(axis=1)]
    assert manifest.golden_rows.rows[0].probabilities is not None


def test_single_probability_is_that_of_the_second_class(tmp_path: Path) -> None:
    path = saved(dense(1, "Sigmoid"), tmp_path / "one.onnx")

    import_graph(path, Overrides(labels=(False, True)), name="one", models=tmp_path / "models")

    (found,) = predictions(tmp_path / "models", "one", [[10.0, 0.0, 0.0]])
    assert found["label"] is False
    assert found["probabilities"]["false"] == pytest.approx(1 - 1 / (1 + np.exp(2.0)), abs=1e-6)


def test_numbers_of_classes_get_the_names_given(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ArgMax", ["x"], ["best"], axis=1, keepdims=0),
        helper.make_node("Softmax", ["x"], ["p"], axis=1),
    ]
    outputs = {"best": (TensorProto.INT64, ["rows"]), "p": (TensorProto.FLOAT, ["rows", 2])}
    path = saved(graph_of(nodes, [], (TensorProto.FLOAT, ["rows", 2]), outputs), tmp_path / "m.onnx")

    import_graph(path, Overrides(labels=("left", "right")), name="m", models=tmp_path / "models")

    assert [one["label"] for one in predictions(tmp_path / "models", "m", [[1.0, 0.0], [0.0, 1.0]])] == [
        "left",
        "right",
    ]


def test_fixed_batch_of_one_is_freed_where_the_graph_allows_it(tmp_path: Path) -> None:
    path = saved(dense(1, rows=1, bias=2.0), tmp_path / "fixed.onnx")

    manifest = import_graph(path, NOTHING, name="fixed", models=tmp_path / "models").manifest

    assert manifest.signature.task is Task.REGRESSION
    found = predictions(tmp_path / "models", "fixed", [[0.0, 0.0, 0.0], [10.0, 0.0, 0.0]])
    assert [one["value"] for one in found] == pytest.approx([2.0, 0.0])


def test_graph_that_mixes_rows_is_refused(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("ReduceSum", ["x", "axes"], ["sum"], keepdims=1),
        helper.make_node("Add", ["sum", "x"], ["y"]),
    ]
    constants = [numpy_helper.from_array(np.array([0]), "axes")]
    model = graph_of(nodes, constants, (TensorProto.FLOAT, ["rows", 1]), {"y": (TensorProto.FLOAT, ["rows", 1])})

    with pytest.raises(ParityError, match="gives a single row another prediction than in a batch"):
        import_graph(saved(model, tmp_path / "m.onnx"), NOTHING, name="m", models=tmp_path / "models")

    assert not (tmp_path / "models").exists()


def test_endless_answers_are_on_record_and_refused_for_real_rows(tmp_path: Path) -> None:
    path = saved(dense(1, "Exp"), tmp_path / "exp.onnx")

    manifest = import_graph(path, NOTHING, name="exp", models=tmp_path / "models").manifest

    assert any("have predictions without a finite number" in sentence for sentence in manifest.parity.not_proved)
    with pytest.raises(SlipwayError, match="2 of 2 given rows without a finite number"):
        import_graph(
            path, NOTHING, name="exp", models=tmp_path / "models", rows=(pd.DataFrame(-1e9 * np.ones((2, 3))), None)
        )


UNSAID = {
    "classes or values": (dense(3), NOTHING, "pass --labels a,b,… if they are the probabilities of classes, or --task"),
    "which classes": (dense(3), Overrides(task=Task.CLASSIFICATION), "pass --labels 0,1,2 or their names"),
    "too few labels": (dense(3), Overrides(labels=("a", "b")), "3 probabilities a row, and there are 2 labels"),
    "too few names": (dense(1), Overrides(columns=("a", "b")), "the graph takes 3 columns, and 2 are named"),
    "an unknown column": (dense(1), Overrides(nullable=frozenset({"x9"})), "--nullable names the column 'x9'"),
    "an unknown output": (dense(1), Overrides(number_output="score"), "no output of the graph; did you mean 'scores'?"),
    "pictures": (
        graph_of(
            [helper.make_node("Relu", ["x"], ["y"])],
            [],
            (TensorProto.FLOAT, ["n", 3, 8, 8]),
            {"y": (TensorProto.FLOAT, ["n", 3, 8, 8])},
        ),
        NOTHING,
        "input 'x' has the shape [?, 3, 8, 8], not rows of columns",
    ),
    "no width": (
        graph_of(
            [helper.make_node("Relu", ["x"], ["y"])],
            [],
            (TensorProto.FLOAT, ["n", "m"]),
            {"y": (TensorProto.FLOAT, ["n", "m"])},
        ),
        NOTHING,
        "name them with --input-names a,b,c",
    ),
}


@pytest.mark.parametrize(("model", "wishes", "sentence"), UNSAID.values(), ids=UNSAID.keys())
def test_what_the_graph_does_not_say_is_asked_for(tmp_path: Path, model: Any, wishes: Overrides, sentence: str) -> None:
    with pytest.raises(ConfigError) as refusal:
        import_graph(saved(model, tmp_path / "m.onnx"), wishes, name="m", models=tmp_path / "models")

    assert sentence in str(refusal.value)


def test_target_of_other_labels_is_refused(tmp_path: Path) -> None:
    path = saved(forest()[1], tmp_path / "f.onnx")
    rows = (TABLE.drop(columns="y"), pd.Series(np.where(Y == "yes", "ja", "nein")))

    with pytest.raises(SlipwayError, match="the target has labels that the model does not know"):
        import_graph(path, NOTHING, name="f", models=tmp_path / "models", rows=rows)


def test_scores_are_not_called_probabilities(tmp_path: Path) -> None:
    fitted = IsolationForest(n_estimators=10, random_state=0).fit(X)
    model = to_onnx(fitted, X[:1], target_opset={"": 17, "ai.onnx.ml": 3})
    wishes = Overrides(labels=(-1, 1), label_output="label", number_output="scores")

    manifest = import_graph(saved(model, tmp_path / "i.onnx"), wishes, name="i", models=tmp_path / "models").manifest

    rows = [[0.0, 0.0, 0.0], [9.0, 9.0, 9.0]]
    assert not manifest.signature.has_probabilities
    assert any("are scores and no probabilities" in sentence for sentence in manifest.parity.not_proved)
    assert predictions(tmp_path / "models", "i", rows) == [{"label": int(one)} for one in fitted.predict(rows)]


def test_score_of_two_classes_without_a_label_is_refused_with_the_way_out(tmp_path: Path) -> None:
    path = saved(dense(1), tmp_path / "m.onnx")

    with pytest.raises(ConfigError, match="serve the score with --task regression"):
        import_graph(path, Overrides(labels=("no", "yes")), name="m", models=tmp_path / "models")


def test_imported_model_no_better_than_the_baseline_is_no_champion(tmp_path: Path) -> None:
    _, model = forest()
    inverted = TABLE["y"].map({"yes": "no", "no": "yes"})

    version = import_graph(
        saved(model, tmp_path / "f.onnx"),
        NOTHING,
        name="f",
        models=tmp_path / "models",
        rows=(TABLE.drop(columns="y"), inverted),
    )

    assert len(shortcomings(version.manifest)) == 1
    assert Registry(tmp_path / "models").desired("f").aliases == {}
