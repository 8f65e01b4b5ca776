"""A session loads from bytes, describes itself, runs from many threads, and fails in words of our own."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from slipway_ml.contract.tensors import Datatype, TensorMetadata
from slipway_ml.errors import InferenceError
from slipway_ml.runtime.providers import CPU_PROVIDER, CUDA_PROVIDER, Execution
from slipway_ml.runtime.session import OnnxSession, UnloadableModel, available_providers, runtime_version
from slipway_ml.serving.manifest_rows import to_tensors
from tests.factories import matrix_signature, mixed_signature
from tests.graphs import failing_graph, sign_graph, sum_graph

SIGNATURE = matrix_signature()
GRAPH = sum_graph(SIGNATURE)


def with_ir_version(number: int) -> bytes:
    model = onnx.load_from_string(GRAPH)
    model.ir_version = number
    content: bytes = model.SerializeToString()
    return content


def with_opset(number: int) -> bytes:
    model = onnx.load_from_string(GRAPH)
    model.opset_import[0].version = number
    content: bytes = model.SerializeToString()
    return content


def sequence_graph() -> bytes:
    """What converters make by default of a classifier: an output that is no tensor."""
    graph = helper.make_graph(
        [helper.make_node("SequenceConstruct", ["X"], ["scores"])],
        "tiny",
        [helper.make_tensor_value_info("X", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_sequence_value_info("scores", TensorProto.FLOAT, ["n"])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    content: bytes = model.SerializeToString()
    return content


UNLOADABLE = {
    "empty": (b"", "No graph was found"),
    "text": (b"hello", "protobuf parsing failed"),
    "truncated": (GRAPH[: len(GRAPH) // 2], "protobuf parsing failed"),
    "a newer format": (with_ir_version(99), "Unsupported model IR version: 99"),
    "newer operators": (with_opset(99), "opset"),
    "an output that is no tensor": (
        sequence_graph(),
        r"'scores' is a seq\(tensor\(float\)\), which no datatype of the protocol can carry",
    ),
}


@pytest.mark.parametrize(("model", "reason"), UNLOADABLE.values(), ids=UNLOADABLE.keys())
def test_model_that_cannot_be_used_is_refused_with_the_reason_in_one_line(model: bytes, reason: str) -> None:
    with pytest.raises(UnloadableModel, match=reason) as refused:
        OnnxSession(model)

    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) <= 300


@pytest.mark.parametrize(
    ("signature", "graph"),
    [
        (SIGNATURE, GRAPH),
        (mixed_signature(), sum_graph(mixed_signature())),
        (matrix_signature(labels=("no", "yes")), sign_graph(matrix_signature(labels=("no", "yes")))),
    ],
    ids=["matrix", "mixed", "classifier"],
)
def test_graph_describes_itself_like_its_signature(signature: Any, graph: bytes) -> None:
    session = OnnxSession(graph)

    assert (session.inputs, session.outputs) == (signature.inputs, signature.outputs)


def test_dimension_that_varies_is_minus_one() -> None:
    assert OnnxSession(GRAPH).inputs == (TensorMetadata("X", Datatype.FP64, (-1, 3)),)


def test_run_gives_the_outputs_in_the_order_of_the_graph() -> None:
    label, probabilities = OnnxSession(sign_graph(matrix_signature(labels=("no", "yes")))).run(
        {"X": np.array([[-1.0, 0, 0], [2.0, 0, 0]])}
    )

    assert label.tolist() == ["no", "yes"]
    assert probabilities.sum(axis=1).tolist() == pytest.approx([1, 1])


def test_session_runs_from_many_threads_at_once() -> None:
    session = OnnxSession(GRAPH)
    rows = [np.full((2, 3), float(number)) for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        outputs = list(pool.map(lambda row: session.run({"X": row})[0].tolist(), rows))

    assert outputs == [[[3.0 * number]] * 2 for number in range(200)]


WRONG_TENSORS = {
    "other name": {"Y": np.ones((1, 3))},
    "none": {},
    "other dtype": {"X": np.ones((1, 3), np.float32)},
    "other width": {"X": np.ones((1, 4))},
    "other rank": {"X": np.ones(3)},
    "text": {"X": np.array([["geheim4711"] * 3], object)},
}


@pytest.mark.parametrize("tensors", WRONG_TENSORS.values(), ids=WRONG_TENSORS.keys())
def test_tensors_that_do_not_fit_are_an_inference_error(tensors: dict[str, Any]) -> None:
    with pytest.raises(InferenceError, match=r"^onnxruntime failed while running the graph \(\w+\)$"):
        OnnxSession(GRAPH).run(tensors)


def test_failing_graph_is_an_inference_error_without_values() -> None:
    session = OnnxSession(failing_graph(SIGNATURE))

    with pytest.raises(InferenceError) as failed:
        session.run({"X": np.array([[4711.0, 0, 0]])})
    assert "4711" not in str(failed.value)
    assert failed.value.__cause__ is None
    assert failed.value.__suppress_context__


def test_failing_graph_answers_the_next_run() -> None:
    session = OnnxSession(failing_graph(SIGNATURE))
    with pytest.raises(InferenceError):
        session.run({"X": np.full((1, 3), 1000.0)})

    assert session.run({"X": np.ones((1, 3))})[0].tolist() == [[3.0]]


def test_failing_run_writes_nothing_past_our_logging(capfd: pytest.CaptureFixture[str]) -> None:
    session = OnnxSession(failing_graph(SIGNATURE))
    with pytest.raises(InferenceError):
        session.run({"X": np.full((1, 3), 1000.0)})

    assert capfd.readouterr() == ("", "")


def test_session_uses_the_providers_it_was_given() -> None:
    assert OnnxSession(GRAPH, Execution((CPU_PROVIDER,), 2, "test")).providers == [CPU_PROVIDER]


def test_runtime_says_what_it_is() -> None:
    assert CPU_PROVIDER in available_providers()
    assert runtime_version().split(".")[0] == "1"


def test_placement_counts_the_operators_that_each_provider_runs() -> None:
    placement = OnnxSession(GRAPH).placement

    assert list(placement.nodes) == [CPU_PROVIDER]
    assert 0 < placement.nodes[CPU_PROVIDER] <= len(onnx.load_from_string(GRAPH).graph.node)
    assert (placement.providers, placement.uses_gpu, placement.left_on_cpu) == ("CPU", False, ())


def test_gpu_that_is_required_and_runs_nothing_keeps_a_graph_from_loading() -> None:
    with pytest.raises(UnloadableModel, match=r"would run nothing of it: CPU runs \d operators"):
        OnnxSession(GRAPH, Execution((CPU_PROVIDER,), 1, "", require_gpu=True))


@pytest.mark.filterwarnings("ignore::UserWarning")  # onnxruntime warns of the provider too, but goes on
def test_provider_that_was_demanded_and_is_not_there_keeps_a_graph_from_loading() -> None:
    demanded = Execution((CUDA_PROVIDER, CPU_PROVIDER), 1, "", is_demanded=True)

    with pytest.raises(UnloadableModel, match="CUDA was requested, and onnxruntime cannot use it on this machine"):
        OnnxSession(GRAPH, demanded)


@pytest.mark.parametrize("rows", [1, 7])
def test_bound_runs_give_the_same_answers(rows: int) -> None:
    tensors = {"X": np.random.default_rng(0).normal(size=(2 * rows, 3))[::2]}
    plain, bound = OnnxSession(GRAPH), OnnxSession(GRAPH, Execution((CPU_PROVIDER,), 1, "", binds=True))

    assert [output.tolist() for output in bound.run(tensors)] == [output.tolist() for output in plain.run(tensors)]


def test_bound_run_that_fails_says_so_like_any_other() -> None:
    signature = matrix_signature(2)
    bound = OnnxSession(failing_graph(signature), Execution((CPU_PROVIDER,), 1, "", binds=True))

    with pytest.raises(InferenceError):
        bound.run({"X": np.array([[9000.0, 1.0]])})


def test_text_is_never_bound() -> None:
    signature = mixed_signature()
    session = OnnxSession(sum_graph(signature), Execution((CPU_PROVIDER,), 1, "", binds=True))

    (value,) = session.run(to_tensors(signature, [{feature.name: feature.example for feature in signature.features}]))

    assert value.shape == (1, 1)
