from tests.training.prepared import prepared
from training.config.quantize import QuantizeConfig
from training.data.tensors import to_tensors
from training.optimizer.candidates import build
from training.optimizer.variants import BATCHES, Built, Measured, measure


def measured_digits(*extra: Built) -> list[Measured]:
    model = prepared("digits")
    rows = to_tensors(model.learn.frame, model.signature)
    built = build(model.graph, QuantizeConfig(candidates=("weight_int8", "static_int8")), rows)
    return measure([*built, *extra], model.expected, model.held_out.target, model.signature, model.config.gate)


def test_exact_graph_is_measured_as_exact() -> None:
    exact, *_ = measured_digits()

    assert exact.parity.label_flips == 0
    assert exact.parity.largest_difference < 1e-5
    assert exact.parity.rows == len(prepared("digits").held_out.target)


def test_digits_in_int8_weights_is_a_third_of_the_size_and_flips_nothing() -> None:
    exact, small, _ = measured_digits()

    assert small.size <= 0.35 * exact.size
    assert small.judged.label_flips == 0
    assert small.judged.largest_difference <= 0.02


def test_certificate_of_a_smaller_variant_tells_of_edge_rows_too() -> None:
    _, small, _ = measured_digits()

    found = {one.kind: one for one in small.parity.kinds}
    assert next(iter(found)) == "held_out"
    assert found["extreme"].largest_difference > found["held_out"].largest_difference
    assert {"one_row", "many_rows"} < found.keys()


def test_each_variant_is_timed_at_both_batch_sizes() -> None:
    assert all(set(one.latency_us) == set(BATCHES) and min(one.latency_us.values()) > 0 for one in measured_digits())


def test_candidate_that_was_not_built_is_left_out() -> None:
    assert [one.name for one in measured_digits(Built("odd", "", None, "failed"))] == [
        "fp32",
        "weight_int8",
        "static_int8",
    ]
