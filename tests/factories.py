"""Tiny real models, manifests and registries for the tests; every graph is a few nodes and does what its name says."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import onnx
from onnx import TensorProto, helper

from slipway_ml.contract.evaluation import Comparison, Evaluation, Score
from slipway_ml.contract.manifest import Cell, FileDigest, GoldenRow, GoldenRows, ModelManifest, OnnxFormat, Provenance
from slipway_ml.contract.parity import Parity
from slipway_ml.contract.profile import PROFILE_FILE, Profile, profile_to_json
from slipway_ml.contract.signature import Feature, Kind, Label, Signature, Task
from slipway_ml.contract.tensors import Datatype
from slipway_ml.contract.variant import Variant
from slipway_ml.registry.store import MODEL_FILE, Registry, StoredVersion
from slipway_ml.runtime.session import OnnxSession
from slipway_ml.serving.manifest_rows import to_tensors

_ONNX_TYPES = {
    Datatype.FP64: TensorProto.DOUBLE,
    Datatype.FP32: TensorProto.FLOAT,
    Datatype.INT64: TensorProto.INT64,
    Datatype.BOOL: TensorProto.BOOL,
    Datatype.BYTES: TensorProto.STRING,
}
_DIGEST = "0" * 64


def matrix_signature(
    features: int = 3, labels: tuple[Label, ...] | None = None, *, nullable: bool = False
) -> Signature:
    """All-numeric: one input X."""
    names = [f"f{number}" for number in range(features)]
    return Signature(
        task=Task.REGRESSION if labels is None else Task.CLASSIFICATION,
        layout="matrix",
        features=tuple(Feature(name=name, kind=Kind.NUMBER, nullable=nullable, example=1.5) for name in names),
        labels=labels,
    )


def mixed_signature() -> Signature:
    """One input per column, of every kind, with and without missing values."""
    return Signature(
        task=Task.REGRESSION,
        layout="columns",
        features=(
            Feature(name="age", kind=Kind.NUMBER, nullable=True, minimum=0, maximum=80, example=30.5),
            Feature(name="rooms", kind=Kind.INTEGER, example=3),
            Feature(name="floors", kind=Kind.INTEGER, nullable=True, example=2),
            Feature(name="garden", kind=Kind.BOOLEAN, example=True),
            Feature(name="city", kind=Kind.CATEGORY, categories=("Bonn", "Ulm"), nullable=True, example="Ulm"),
            Feature(
                name="heating",
                kind=Kind.CATEGORY,
                categories=("gas", "oil"),
                unseen_categories="refused",
                example="gas",
            ),
        ),
    )


def sum_graph(signature: Signature, offset: float = 0.0) -> bytes:
    """Regression: `value` is the sum of the row's numbers plus `offset`; text and missing numbers count nothing."""
    nodes, terms = [], []
    for tensor in signature.inputs:
        if tensor.datatype is Datatype.BYTES:
            continue
        nodes += [
            helper.make_node("Cast", [tensor.name], [f"{tensor.name}_d"], to=TensorProto.DOUBLE),
            helper.make_node("IsNaN", [f"{tensor.name}_d"], [f"{tensor.name}_m"]),
            helper.make_node("Where", [f"{tensor.name}_m", "zero", f"{tensor.name}_d"], [f"{tensor.name}_z"]),
            helper.make_node("ReduceSum", [f"{tensor.name}_z", "axis"], [f"{tensor.name}_s"], keepdims=1),
        ]
        terms.append(f"{tensor.name}_s")
    nodes += [
        helper.make_node("Sum", [*terms, "offset"], ["total"]),
        helper.make_node("Cast", ["total"], ["value"], to=TensorProto.FLOAT),
    ]
    return _model(signature, nodes, {"zero": 0.0, "offset": offset})


def sign_graph(signature: Signature) -> bytes:
    """Two classes: the second label where the row's sum is positive; its probability is the sigmoid of the sum."""
    assert signature.labels is not None
    nodes = [
        helper.make_node("ReduceSum", ["X", "axis"], ["total"], keepdims=1),
        helper.make_node("Cast", ["total"], ["total_f"], to=TensorProto.FLOAT),
        helper.make_node("Sigmoid", ["total_f"], ["p"]),
        helper.make_node("Sub", ["one", "p"], ["q"]),
        helper.make_node("Concat", ["q", "p"], ["probabilities"], axis=1),
        helper.make_node("Greater", ["p", "half"], ["is_second"]),
        helper.make_node("Cast", ["is_second"], ["index"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["index", "flat"], ["flat_index"]),
        helper.make_node("Gather", ["labels", "flat_index"], ["label"]),
    ]
    return _model(signature, nodes, {}, signature.labels)


def looping_graph(signature: Signature) -> bytes:
    """Regression on one feature: `value` is the row's number, found by counting up to it, which takes its time."""
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["go_on"]), helper.make_node("Add", ["count", "one"], ["next"])],
        "body",
        [
            helper.make_tensor_value_info("step", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            helper.make_tensor_value_info("count", TensorProto.FLOAT, [None, 1]),
        ],
        [
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("next", TensorProto.FLOAT, [None, 1]),
        ],
    )
    nodes = [
        helper.make_node("ReduceMax", ["X"], ["largest"], keepdims=0),
        helper.make_node("Cast", ["largest"], ["times"], to=TensorProto.INT64),
        helper.make_node("Cast", ["X"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("Sub", ["x", "x"], ["nothing"]),
        helper.make_node("Loop", ["times", "", "nothing"], ["value"], body=body),
    ]
    return _model(signature, nodes, {})


def allocating_graph(signature: Signature) -> bytes:
    """Regression on one feature: `value` is the row's number, of which as many floats are written to memory."""
    nodes = [
        helper.make_node("ReduceMax", ["X"], ["largest"], keepdims=0),
        helper.make_node("Cast", ["largest"], ["count"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["count", "flat"], ["shape"]),
        helper.make_node("ConstantOfShape", ["shape"], ["zeros"]),
        helper.make_node("ReduceMax", ["zeros"], ["zero"], keepdims=0),
        helper.make_node("Cast", ["X"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["x", "zero"], ["value"]),
    ]
    return _model(signature, nodes, {})


def with_golden_row(value: float) -> Callable[[ModelManifest], ModelManifest]:
    """A manifest whose only golden row has this number in its one feature."""
    row = GoldenRow(row={"f0": value}, value=value)
    return lambda manifest: manifest.model_copy(update={"golden_rows": GoldenRows(rows=(row,), tolerance=1e-6)})


def slow_signature(example: float = 20_000.0) -> Signature:
    """For the looping graph: its golden row is slow too, so that a server knows it to be."""
    feature = Feature(name="f0", kind=Kind.NUMBER, example=example)
    return Signature(task=Task.REGRESSION, layout="matrix", features=(feature,))


def failing_graph(signature: Signature) -> bytes:
    """Like the sum, but onnxruntime fails on a row whose sum is above 1000: it reshapes to an impossible shape."""
    nodes = [
        helper.make_node("ReduceSum", ["X", "axis"], ["total"], keepdims=1),
        helper.make_node("ReduceMax", ["total"], ["largest"], keepdims=0),
        helper.make_node("Greater", ["largest", "limit"], ["is_over"]),
        helper.make_node("Cast", ["is_over"], ["over"], to=TensorProto.INT64),
        helper.make_node("Gather", ["shapes", "over"], ["shape"]),
        helper.make_node("Reshape", ["total", "shape"], ["shaped"]),
        helper.make_node("Cast", ["shaped"], ["value"], to=TensorProto.FLOAT),
    ]
    return _model(signature, nodes, {"limit": 1000.0})


def growing_graph(signature: Signature) -> bytes:
    """Like the sum and as quick, but a row with a number above 1000 multiplies large matrices for a minute or more."""
    count = 60
    products = [helper.make_node("MatMul", [f"m{n}", f"m{n}"], [f"m{n + 1}"]) for n in range(count)]
    nodes = [
        helper.make_node("ReduceMax", ["X"], ["largest"], keepdims=0),
        helper.make_node("Greater", ["largest", "limit"], ["is_over"]),
        helper.make_node("Cast", ["is_over"], ["over"], to=TensorProto.INT64),
        helper.make_node("Gather", ["sizes", "over"], ["size"]),
        helper.make_node("Expand", ["half", "size"], ["m0"]),
        *products,
        helper.make_node("ReduceMax", [f"m{count}"], ["top"], keepdims=0),
        helper.make_node("Sub", ["top", "top"], ["nothing"]),
        helper.make_node("ReduceSum", ["X", "axis"], ["total"], keepdims=1),
        helper.make_node("Cast", ["total"], ["total_f"], to=TensorProto.FLOAT),
        helper.make_node("Add", ["total_f", "nothing"], ["value"]),
    ]
    return _model(signature, nodes, {"limit": 1000.0})


def quantizing_graph(signature: Signature) -> bytes:
    """Like the sum, over numbers in 8 bits, whose scale is that of the largest of all rows."""
    nodes = [
        helper.make_node("Cast", ["X"], ["X_f"], to=TensorProto.FLOAT),
        helper.make_node("DynamicQuantizeLinear", ["X_f"], ["X_q", "scale", "zero_point"]),
        helper.make_node("DequantizeLinear", ["X_q", "scale", "zero_point"], ["X_d"]),
        helper.make_node("ReduceSum", ["X_d", "axis"], ["value"], keepdims=1),
    ]
    return _model(signature, nodes, {})


def _model(
    signature: Signature,
    nodes: list[onnx.NodeProto],
    doubles: dict[str, float],
    labels: tuple[Label, ...] | None = None,
) -> bytes:
    constants = [helper.make_tensor(name, TensorProto.DOUBLE, [], [value]) for name, value in doubles.items()]
    constants += [
        helper.make_tensor("axis", TensorProto.INT64, [1], [1]),
        helper.make_tensor("flat", TensorProto.INT64, [1], [-1]),
        helper.make_tensor("shapes", TensorProto.INT64, [2, 2], [-1, 1, 7919, 7919]),
        helper.make_tensor("sizes", TensorProto.INT64, [2, 2], [1, 1, 3000, 3000]),
        helper.make_tensor("one", TensorProto.FLOAT, [], [1.0]),
        helper.make_tensor("half", TensorProto.FLOAT, [], [0.5]),
    ]
    if labels:
        values: Any = [label.encode() if isinstance(label, str) else label for label in labels]
        constants.append(helper.make_tensor("labels", _ONNX_TYPES[signature.label_datatype], [len(values)], values))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info(t.name, _ONNX_TYPES[t.datatype], ["n", *t.shape[1:]]) for t in signature.inputs],
        [
            helper.make_tensor_value_info(t.name, _ONNX_TYPES[t.datatype], ["n", *t.shape[1:]])
            for t in signature.outputs
        ],
        constants,
    )
    inner = [node for outer in nodes for attribute in outer.attribute for node in attribute.g.node]
    used = {name for node in [*nodes, *inner] for name in node.input}
    unused = [constant for constant in graph.initializer if constant.name not in used]
    for constant in unused:
        graph.initializer.remove(constant)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    content: bytes = model.SerializeToString()
    return content


def golden_rows(signature: Signature, graph: bytes, rows: list[dict[str, Cell]] | None = None) -> GoldenRows:
    """Answers that this graph gives for these rows (default: the features' examples)."""
    rows = rows or [{feature.name: feature.example for feature in signature.features}]
    outputs = OnnxSession(graph).run(to_tensors(signature, rows))
    if signature.labels is None:
        return GoldenRows(
            rows=tuple(
                GoldenRow(row=row, value=float(value)) for row, value in zip(rows, outputs[0].ravel(), strict=True)
            ),
            tolerance=1e-6,
        )
    if not signature.has_probabilities:
        labelled = zip(rows, outputs[0].tolist(), strict=True)
        return GoldenRows(rows=tuple(GoldenRow(row=row, label=label) for row, label in labelled), tolerance=1e-6)
    answers = zip(rows, outputs[0].tolist(), outputs[1].tolist(), strict=True)
    return GoldenRows(
        rows=tuple(GoldenRow(row=row, label=label, probabilities=tuple(p)) for row, label, p in answers),
        tolerance=1e-6,
    )


def make_manifest(
    name: str, version: int, signature: Signature, graph: bytes, files: dict[str, FileDigest]
) -> ModelManifest:
    """A complete manifest whose measurements are made up and whose golden rows are true."""
    parity = Parity(rows=10, edge_rows=0, label_flips=0, largest_difference=0.0, p999_difference=0.0, tolerance=1e-5)
    return ModelManifest(
        model_name=name,
        model_version=version,
        created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        signature=signature,
        onnx=OnnxFormat(ir_version=10, opsets={"": 21}),
        files=files,
        variant="fp32",
        variant_reason="the only one",
        variants=(Variant(name="fp32", description="as exported", size=len(graph), passed=True, verdict="exact"),),
        metrics=(),
        parity=parity,
        golden_rows=golden_rows(signature, graph),
        provenance=Provenance(
            data_digest=_DIGEST,
            config_digest=_DIGEST,
            code_digest=_DIGEST,
            recipe_digest=_DIGEST,
            code_version="0",
            config={},
            rows={},
            libraries={},
            python="3",
            platform="test",
        ),
    )


def publish(
    root: Path,
    name: str = "sum",
    signature: Signature | None = None,
    graph: bytes | None = None,
    change: Callable[[ModelManifest], ModelManifest] = lambda manifest: manifest,
    profile: Profile | None = None,
) -> StoredVersion:
    """Publish a version into a registry folder; by default a model that sums three numbers."""
    signature = signature or matrix_signature()
    content = graph or sum_graph(signature)
    beside = {} if profile is None else {PROFILE_FILE: profile_to_json(profile)}
    return Registry(root).publish(
        name,
        {MODEL_FILE: content, **beside},
        lambda version, files: change(make_manifest(name, version, signature, content, files)),
    )


def no_better_than_baseline(manifest: ModelManifest) -> ModelManifest:
    """The same version with an evaluation by which it knows no more than the baseline."""
    baseline = Comparison(other="always the mean", score=Score(name="r2", value=0.0), difference=-0.1)
    update = {"evaluation": Evaluation(rows=10, confidence=0.95, resamples=100, baseline=baseline)}
    return manifest.model_copy(update=update)
