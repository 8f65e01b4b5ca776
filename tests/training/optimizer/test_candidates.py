from typing import get_args

import numpy as np
import pytest

from tests.training.optimizer.graphs import product
from tests.training.prepared import prepared
from training.config.quantize import Candidate, QuantizeConfig
from training.data.tensors import to_tensors
from training.optimizer.candidates import DESCRIPTIONS, build
from training.optimizer.variants import EXACT, Built


def built(name: str, *candidates: Candidate) -> list[Built]:
    model = prepared(name)
    rows = to_tensors(model.learn.frame, model.signature)
    return build(model.graph, QuantizeConfig(candidates=candidates), rows)


def test_every_candidate_is_described() -> None:
    assert set(DESCRIPTIONS) == set(get_args(Candidate))


def test_every_candidate_of_a_network_is_built_and_much_smaller() -> None:
    exact, *others = built("digits", *get_args(Candidate))

    assert [one.name for one in others] == list(get_args(Candidate))
    assert all(one.model is not None and len(one.model) < 0.35 * len(exact.model or b"") for one in others)


def test_same_graph_gives_the_same_candidates_byte_by_byte() -> None:
    once = built("digits", "weight_int8", "dynamic_uint8", "static_int8")

    assert built("digits", "weight_int8", "dynamic_uint8", "static_int8") == once


def test_only_float_arithmetic_is_the_same_on_every_processor() -> None:
    portable = [one.name for one in built("digits", "weight_int8", "dynamic_int8") if one.is_portable]

    assert portable == [EXACT, "weight_int8"]


@pytest.mark.parametrize(
    ("name", "operator"), [("cancer_forest", "TreeEnsembleClassifier"), ("breast_cancer", "LinearClassifier")]
)
def test_graph_without_matrices_says_so_in_words(name: str, operator: str) -> None:
    _, refused = built(name, "weight_int8", "dynamic_int8")

    assert refused.model is None
    assert refused.failure.startswith(f"int8 needs MatMul or Gemm; here {operator} does the work")


def test_candidate_that_fails_says_so_and_stops_nothing() -> None:
    model = product(np.ones((64, 48), dtype=np.float32))
    config = QuantizeConfig(candidates=("static_int8", "weight_int8"))

    _, failed, small = build(model, config, {"no such input": np.zeros((4, 64), dtype=np.float32)})

    assert failed.model is None
    assert failed.failure.startswith("could not be built or loaded (")
    assert small.model is not None


def test_config_may_ask_for_no_candidates() -> None:
    assert [one.name for one in built("digits")] == [EXACT]
