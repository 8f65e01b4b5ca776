import numpy as np
import onnx
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline

from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from slipway_ml.contract.tensors import Datatype
from slipway_ml.runtime.session import OnnxSession
from slipway_training.data.schema import describe
from slipway_training.data.tensors import to_tensors
from slipway_training.errors import ConversionError
from slipway_training.export.assembly import IR_VERSION, MICROSOFT, TARGET
from slipway_training.export.onnx_export import export
from slipway_training.pipeline.build import fit
from tests.training.prepared import MODELS, prepared
from tests.training.tables import config_for, table


class Strange(TransformerMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A transformer that no exporter has heard of."""

    def fit(self, _rows: object, _target: object = None) -> "Strange":
        self.fitted_ = True
        return self

    def transform(self, rows: object) -> object:
        return rows


NUMBERS = Signature(
    task=Task.CLASSIFICATION, layout="matrix", features=(Feature(name="a", kind=Kind.NUMBER),), labels=(False, True)
)


@pytest.mark.parametrize("name", MODELS)
def test_graph_takes_and_gives_what_the_signature_says(name: str) -> None:
    model = prepared(name)

    session = OnnxSession(model.graph.SerializeToString())

    assert session.inputs == model.signature.inputs
    assert session.outputs == model.signature.outputs


@pytest.mark.parametrize("name", MODELS)
def test_graph_asks_for_one_pinned_version_per_domain(name: str) -> None:
    graph = prepared(name).graph

    versions = {entry.domain: entry.version for entry in graph.opset_import}
    assert len(versions) == len(graph.opset_import)
    assert TARGET.items() <= versions.items() <= {**TARGET, MICROSOFT: 1}.items()
    assert graph.ir_version == IR_VERSION


@pytest.mark.parametrize("name", MODELS)
def test_same_pipeline_gives_the_same_bytes(name: str) -> None:
    model = prepared(name)

    again = export(model.pipeline, model.signature)

    assert again.SerializeToString() == model.graph.SerializeToString()


@pytest.mark.parametrize("name", ["breast_cancer", "digits"])
def test_one_cast_to_float32_stands_just_before_the_estimator(name: str) -> None:
    graph = prepared(name).graph.graph
    casts = [n for n in graph.node if n.op_type == "Cast" and n.attribute[0].i == onnx.TensorProto.FLOAT]

    before = [tensor for tensor in graph.initializer if tensor.name.startswith("scale/")]

    assert casts[0].output[0] == "cast/estimator"
    assert before
    assert {tensor.data_type for tensor in before} == {onnx.TensorProto.DOUBLE}


def test_trees_get_the_rows_as_they_came_with_their_scaler_in_the_thresholds() -> None:
    graph = prepared("cancer_forest").graph.graph

    assert [node.op_type for node in graph.node] == ["TreeEnsembleClassifier", "Gather", "Div"]


def test_columns_travel_as_their_kinds() -> None:
    inputs = {tensor.name: tensor.datatype for tensor in prepared("titanic").signature.inputs}

    assert inputs["pclass"] is Datatype.INT64
    assert inputs["alone"] is Datatype.BOOL
    assert inputs["age"] is Datatype.FP64
    assert inputs["sex"] is Datatype.BYTES


def test_boolean_labels_come_back_as_booleans() -> None:
    x = np.array([[-1.0], [1.0], [-2.0], [2.0]])
    pipeline = Pipeline([("estimator", LogisticRegression())]).fit(x, x[:, 0] > 0)

    session = OnnxSession(export(pipeline, NUMBERS).SerializeToString())
    label, _ = session.run({"X": x})

    assert session.outputs == NUMBERS.outputs
    assert label.tolist() == [False, True, False, True]


def test_any_text_may_name_a_column() -> None:
    names = ["X", "features", "variable", "constant", "größe (cm)", "a/b", "x y", "Cast", "input", " "]
    columns = {name: ["u", "v"] * 20 if position % 2 else [1.0, 2.0] * 20 for position, name in enumerate(names)}
    rows = table([0, 1] * 20, **columns)
    signature = describe(rows, rows, config_for())
    pipeline, _ = fit(config_for(), signature, rows)

    session = OnnxSession(export(pipeline, signature).SerializeToString())

    assert session.inputs == signature.inputs
    assert session.run(to_tensors(rows.frame, signature))[0].tolist() == [0, 1] * 20


def test_step_without_a_converter_is_named() -> None:
    x = np.arange(20.0).reshape(-1, 1)
    pipeline = Pipeline([("strange", Strange()), ("estimator", LogisticRegression())]).fit(x, x[:, 0] > 9)

    with pytest.raises(ConversionError, match=r"step strange: "):
        export(pipeline, NUMBERS)
