"""A real CUDA session: where it runs, what it answers, and what it refuses."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from slipway_ml.runtime.providers import Execution, choose_execution
from slipway_ml.runtime.session import OnnxSession, UnloadableModel, available_providers
from tests.gpu.graphs import network, rows, trees

EXACT = {"use_tf32": "0"}
"""Without it a GPU multiplies with 10 bits where it can."""


def on_gpu(*, require_gpu: bool = True) -> Execution:
    return choose_execution("cuda", 1, available_providers(), options=EXACT, require_gpu=require_gpu)


def test_record_says_that_the_gpu_runs_every_operator() -> None:
    placement = OnnxSession(network(), on_gpu()).placement

    assert (placement.providers, placement.uses_gpu, placement.left_on_cpu) == ("CUDA", True, ())


@pytest.mark.parametrize("count", [1, 7, 64, 1000])
def test_bound_runs_answer_as_the_cpu_does(count: int) -> None:
    bound, plain = OnnxSession(network(), on_gpu()), OnnxSession(network())

    (found,), (expected,) = bound.run({"X": rows(count)}), plain.run({"X": rows(count)})

    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_rows_in_another_layout_are_bound_as_well() -> None:
    session, given = OnnxSession(network(), on_gpu()), rows(9)

    (found,) = session.run({"X": np.asfortranarray(given)})

    np.testing.assert_allclose(found, session.run({"X": given})[0], rtol=1e-5, atol=1e-6)


def test_answers_of_several_threads_do_not_mix() -> None:
    session = OnnxSession(network(), on_gpu())
    batches = [rows(count) for count in range(1, 41)]

    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda batch: session.run({"X": batch})[0], batches))

    for answer, batch in zip(found, batches, strict=True):
        np.testing.assert_allclose(answer, session.run({"X": batch})[0], rtol=1e-4, atol=1e-5)


def test_trees_are_refused_where_a_gpu_is_required() -> None:
    with pytest.raises(UnloadableModel, match="a GPU is required and would run nothing of it"):
        OnnxSession(trees(), on_gpu())


def test_trees_are_left_on_the_cpu_and_the_record_says_why() -> None:
    session = OnnxSession(trees(), on_gpu(require_gpu=False))

    assert not session.placement.uses_gpu
    assert "trees have kernels for the CPU alone" in str(session.placement)
    assert session.run({"X": np.ones((2, 32), np.float32)})[0].ravel().tolist() == [1.0, 1.0]
