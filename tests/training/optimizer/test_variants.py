from collections.abc import Sequence

from slipway_training.config.optimize import OptimizeConfig
from slipway_training.optimizer.candidates import build
from slipway_training.optimizer.footprint import Footprint
from slipway_training.optimizer.latency import BATCHES
from slipway_training.optimizer.variants import EXPORTED, Built, Measured, measure
from tests.training.optimizer.materials import content, material
from tests.training.prepared import prepared


def untold(models: Sequence[bytes]) -> list[Footprint | None]:
    return [None] * len(models)


def measured_digits(*extra: Built) -> dict[str, Measured]:
    model = prepared("digits")
    built = build(model.graph, OptimizeConfig(candidates=("weight_int8", "static_int8")), material("digits"), content)
    target = model.held_out.target
    found = measure([*built, *extra], model.expected, target, model.signature, model.config, untold)
    return {one.name: one for one in found}


def test_exported_graph_is_measured_by_the_proof_of_parity() -> None:
    exported = measured_digits()[EXPORTED]

    assert (exported.objection, exported.parity.label_flips) == ("", 0)
    assert exported.parity.largest_difference < 1e-5
    assert exported.parity.edge_rows > 100


def test_digits_in_int8_weights_is_a_third_of_the_size_and_flips_nothing() -> None:
    found = measured_digits()

    assert found["weight_int8"].size <= 0.30 * found[EXPORTED].size
    assert found["weight_int8"].judged.label_flips == 0
    assert found["weight_int8"].judged.largest_difference <= 0.02


def test_certificate_of_a_smaller_variant_tells_of_edge_rows_too() -> None:
    found = {one.kind: one for one in measured_digits()["weight_int8"].parity.kinds}

    assert next(iter(found)) == "held_out"
    assert found["extreme"].largest_difference > found["held_out"].largest_difference
    assert {"one_row", "many_rows"} < found.keys()


def test_variant_that_only_claims_to_be_exact_is_caught_by_the_proof() -> None:
    lossy = measured_digits()["weight_int8"].model
    claim = Built("claim", "made up", lossy, "exact")

    caught = measured_digits(claim)["claim"]

    assert caught.objection


def test_same_answers_have_the_same_digest_and_others_another() -> None:
    model = prepared("digits").graph.SerializeToString()

    found = measured_digits(Built("again", "the same", model, "exact"))

    assert found["again"].digest == found[EXPORTED].digest
    assert found["weight_int8"].digest != found[EXPORTED].digest


def test_each_variant_is_timed_at_every_batch_size() -> None:
    found = measured_digits().values()

    assert all(set(one.latency_us) == set(BATCHES) and min(one.latency_us.values()) > 0 for one in found)


def test_candidate_that_was_not_built_is_left_out() -> None:
    assert "odd" not in measured_digits(Built("odd", "", None, "bounded", failure="failed"))
