from typing import get_args

import numpy as np
import pytest
from onnx import ModelProto

from slipway_training.config.optimize import Candidate, OptimizeConfig
from slipway_training.optimizer.candidates import build, compose
from slipway_training.optimizer.catalogue import ON_TOP
from slipway_training.optimizer.passes import Material, NotApplicable, Pass, Rewritten, copy
from slipway_training.optimizer.quantizers import QUANTIZERS
from slipway_training.optimizer.variants import COMPACT, EXPORTED, Built
from tests.training.optimizer.graphs import product
from tests.training.optimizer.materials import content, material
from tests.training.prepared import prepared


def built(name: str, *candidates: Candidate) -> dict[str, Built]:
    found = build(prepared(name).graph, OptimizeConfig(candidates=candidates), material(name), content)
    return {one.name: one for one in found}


def renaming(name: str) -> Pass:
    """A pass that leaves its mark in the graph's name."""

    def apply(model: ModelProto, _material: Material) -> Rewritten:
        renamed = copy(model)
        renamed.graph.name += f" {name}"
        return Rewritten(renamed, bound=0.25)

    return Pass(name, "exact", frozenset({"any"}), apply)


def refusing(_model: ModelProto, _material: Material) -> Rewritten:
    raise NotApplicable("there is nothing to do")


def test_every_candidate_of_the_config_is_described_and_no_other() -> None:
    assert set(ON_TOP) == set(get_args(Candidate))


def test_every_candidate_of_a_network_is_built_and_much_smaller() -> None:
    found = built("digits", *get_args(Candidate))

    whole = found[EXPORTED].model or b""
    assert set(found) == {EXPORTED, COMPACT, *get_args(Candidate)}
    assert all(len(found[name].model or whole) < 0.35 * len(whole) for name in QUANTIZERS)


@pytest.mark.parametrize("name", ["digits", "breast_cancer", "cancer_forest", "titanic", "diabetes"])
def test_same_graph_gives_the_same_variants_byte_by_byte(name: str) -> None:
    once = built(name, "weight_int8", "dynamic_uint8", "static_int8")

    assert built(name, "weight_int8", "dynamic_uint8", "static_int8") == once


def test_only_float_arithmetic_is_the_same_on_every_processor() -> None:
    found = built("digits", "weight_int8", "dynamic_int8")

    assert [name for name, one in found.items() if not one.is_portable] == ["dynamic_int8"]


@pytest.mark.parametrize("name", ["cancer_forest", "breast_cancer"])
def test_candidate_for_another_family_says_what_the_graph_lacks(name: str) -> None:
    one = built(name, "weight_int8")["weight_int8"]

    assert one.model is None
    assert one.failure == "not applicable: the graph has no neural network"


def test_candidate_that_fails_says_so_and_stops_nothing() -> None:
    model = product(np.random.default_rng(0).normal(size=(64, 48)).astype(np.float32))
    config = OptimizeConfig(candidates=("static_int8", "weight_int8"))
    other = Material({"no such input": np.zeros((4, 64), dtype=np.float32)}, prepared("digits").signature)

    found = {one.name: one for one in build(model, config, other, content)}

    assert found["static_int8"].failure.startswith("could not be built or loaded (")
    assert found["weight_int8"].model is not None


def test_exact_passes_follow_each_other_and_their_bounds_add_up() -> None:
    passes = (renaming("first"), Pass("idle", "exact", frozenset({"any"}), refusing), renaming("second"))

    compact, graph = compose(prepared("breast_cancer").graph, passes, material("breast_cancer"), content)

    assert graph.graph.name.endswith(" first second")
    assert (compact.passes, compact.bound) == (("first", "second"), 0.5)
    assert compact.declined == {"idle": "there is nothing to do"}


def test_pass_that_breaks_the_proof_is_left_out_and_the_others_stay() -> None:
    def suspicious(model: bytes) -> str:
        return "3 rows get another label" if b" second" in model else ""

    passes = tuple(map(renaming, ("first", "second", "third")))

    compact, _ = compose(prepared("breast_cancer").graph, passes, material("breast_cancer"), suspicious)

    assert compact.passes == ("first", "third")
    assert compact.declined == {"second": "3 rows get another label"}


def test_graph_that_no_exact_pass_changes_has_no_compact_form_and_says_why() -> None:
    idle = Pass("idle", "exact", frozenset({"any"}), refusing)

    compact, graph = compose(prepared("breast_cancer").graph, (idle,), material("breast_cancer"), content)

    assert compact.model is None
    assert compact.failure == "idle: there is nothing to do"
    assert graph is prepared("breast_cancer").graph


def test_pass_for_another_family_is_not_asked() -> None:
    trees_only = Pass("trees", "exact", frozenset({"trees"}), refusing)

    compact, _ = compose(prepared("breast_cancer").graph, (trees_only,), material("breast_cancer"), content)

    assert compact.failure == "no exact pass is for graphs in which LinearClassifier does the work"


def test_weights_are_rounded_as_they_were_and_not_with_the_scaler_in_them() -> None:
    found = built("digits", "weight_int8")

    assert "fold_into_first_layer" in found[COMPACT].passes
    assert found["weight_int8"].passes == ("drop_idle", "shorten_label", "weight_int8")
