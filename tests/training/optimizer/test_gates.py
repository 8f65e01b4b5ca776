import pytest

from slipway_ml.contract.evaluation import Score
from slipway_ml.contract.parity import ValueChange
from slipway_training.errors import GateFailed
from slipway_training.optimizer.gates import Choice, choose, violations
from slipway_training.optimizer.variants import Built, Measured
from slipway_training.optimizer.verdicts import Limit, Violation
from tests.training.optimizer.graphs import measured
from tests.training.prepared import shipped

EXPORTED = measured()
QUANTIZED = "variants/quantized.onnx"
OWN_SCORE = Score(name="accuracy", value=0.9, interval=(0.88, 0.92))


def choice(*others: Measured, changes: tuple[str, ...] = (), failed: tuple[Built, ...] = ()) -> Choice:
    everyone = [EXPORTED, *others]
    built = [*(one.built for one in everyone), *failed]
    return choose(built, everyone, shipped("breast_cancer", *changes), OWN_SCORE)


def exceeded(one: Measured, model: str = "breast_cancer", *changes: str) -> tuple[Violation, ...]:
    return violations(one, EXPORTED, shipped(model, *changes), OWN_SCORE)


def test_no_flip_is_allowed_where_the_share_is_zero() -> None:
    one = measured("a", kib=300, flips=1)

    assert exceeded(one, "breast_cancer", "gate.flip_share=0") == (Violation(Limit.CHANGED_LABELS, 1, 0),)


@pytest.mark.parametrize(
    ("one", "violation"),
    [
        (measured("a", kib=300, flips=3), Violation(Limit.CHANGED_LABELS, 3, 2)),
        (measured("a", kib=300, change=0.021), Violation(Limit.PREDICTION_CHANGE, 0.021, 0.02)),
        (measured("a", kib=300, score=0.879), Violation(Limit.SCORE, 0.879, 0.88)),
        (measured("a", kib=901), Violation(Limit.SIZE, 0.901, 0.9)),
    ],
    ids=["flips", "change", "score", "size"],
)
def test_each_gate_refuses_what_is_over_its_limit(one: Measured, violation: Violation) -> None:
    assert exceeded(one) == (violation,)


@pytest.mark.parametrize(
    "one",
    [
        measured("a", kib=300, flips=2),
        measured("a", kib=300, change=0.02),
        measured("a", kib=300, score=0.88),
        measured("a", kib=900),
        measured("a", kib=300, latency=1000.0),
    ],
    ids=["flips", "change", "score", "size", "latency never gates"],
)
def test_each_gate_passes_what_is_at_its_limit(one: Measured) -> None:
    assert exceeded(one) == ()


def test_every_limit_is_named_when_several_are_exceeded() -> None:
    found = exceeded(measured("a", kib=990, flips=9, change=0.5), "diabetes")

    assert [one.limit for one in found] == [Limit.CHANGED_LABELS, Limit.PREDICTION_CHANGE, Limit.SIZE]


@pytest.mark.parametrize(
    ("one", "limits"),
    [
        (measured("a", kib=300, flips=90, change=0.6, guarantee="different_model"), []),
        (measured("a", kib=300, score=0.879, guarantee="different_model"), [Limit.SCORE]),
    ],
    ids=["predictions may change", "the score may not"],
)
def test_different_model_is_assessed_by_its_score(one: Measured, limits: list[Limit]) -> None:
    assert [violation.limit for violation in exceeded(one)] == limits


def test_different_model_is_refused_where_no_true_targets_are_known() -> None:
    other = measured("a", kib=300, guarantee="different_model")

    assert violations(other, EXPORTED, shipped("breast_cancer"), None) == (Violation(Limit.TRUE_TARGETS),)


def test_bounded_variant_needs_no_true_targets() -> None:
    assert violations(measured("a", kib=300), EXPORTED, shipped("breast_cancer"), None) == ()


def test_no_prediction_changes_for_a_file_that_is_small_anyway() -> None:
    exact, small = measured(kib=64), measured("a", kib=16)

    assert violations(small, exact, shipped("breast_cancer"), OWN_SCORE) == (Violation(Limit.SAVING, 49152, 65536),)


def test_smallest_that_passes_is_chosen() -> None:
    found = choice(measured("big", kib=500), measured("small", kib=300), measured("wrong", kib=100, flips=50))

    assert found.name == "small"
    assert found.reason.startswith(
        "small is 0.30 of the exported size and 1.00 of its latency, changes 0 of 1000 labels"
    )
    assert [variant.passed for variant in found.variants] == [True, True, True, False]


def test_exact_variant_that_the_proof_objects_to_is_refused_in_its_words() -> None:
    found = choice(measured("compact", kib=300, guarantee="exact", objection="7 of 900 rows get another label"))

    assert found.name == "exported"
    assert found.variants[1].verdict == "7 of 900 rows get another label"


def test_exact_variant_needs_no_saving_to_be_published() -> None:
    found = choice(measured("compact", kib=980, guarantee="exact", latency=5.0))

    assert found.name == "compact"


def test_exact_variant_much_slower_and_as_large_is_not_chosen() -> None:
    found = choice(measured("compact", kib=980, guarantee="exact", latency=15.0))

    assert found.name == "exported"


def test_small_files_are_alike_in_size_so_that_latency_decides() -> None:
    fast = measured("fast", kib=60, guarantee="exact", latency=5.0)

    assert choice(measured("small", kib=6, guarantee="exact"), fast).name == "fast"


def test_latency_may_be_preferred_to_size() -> None:
    fast = measured("fast", kib=900, guarantee="exact", latency=5.0)
    small = measured("small", kib=100, guarantee="exact", latency=6.0)

    assert choice(small, fast).name == "small"
    assert choice(small, fast, changes=('optimize.prefer="latency"',)).name == "fast"


def test_pinned_variant_is_published_whatever_was_measured() -> None:
    found = choice(measured("small", kib=300), measured("big", kib=800), changes=('optimize.pin="big"',))

    assert found.name == "big"
    assert found.reason.endswith("; it is pinned by optimize.pin")


@pytest.mark.parametrize(
    ("pin", "why"),
    [("wrong", "changes 50 labels, 2 allowed"), ("odd", "it failed"), ("none", "there is no such variant")],
)
def test_pinned_variant_that_does_not_pass_is_refused_with_those_that_do(pin: str, why: str) -> None:
    failed = Built("odd", "made up", None, "bounded", failure="it failed")

    with pytest.raises(GateFailed, match=f"variant '{pin}', which may not be published: {why}; pin one of exported"):
        choice(measured("wrong", kib=100, flips=50), failed=(failed,), changes=(f'optimize.pin="{pin}"',))


def test_refused_variant_stands_in_the_list_without_a_file() -> None:
    *_, wrong = choice(measured("wrong", kib=100, flips=50)).variants

    assert (wrong.file, wrong.size, wrong.verdict) == (None, 102400, "changes 50 labels, 2 allowed")


def test_exported_graph_is_published_when_nothing_passes_and_the_reason_says_why() -> None:
    found = choice(measured("wrong", kib=100, flips=50))

    assert found.name == "exported"
    assert found.reason.endswith("no other passed that saves more (wrong: changes 50 labels, 2 allowed)")


def test_candidate_that_could_not_be_built_keeps_its_reason() -> None:
    failed = Built("odd", "made up", None, "bounded", failure="onnxruntime's quantizer failed (ValueError)")

    found = choice(failed=(failed,))

    assert found.variants[1].verdict == "onnxruntime's quantizer failed (ValueError)"
    assert failed.failure not in found.reason


def test_variants_with_the_very_bits_of_the_chosen_one_are_known() -> None:
    twin = measured("twin", kib=400, guarantee="exact")
    twin.digest = "small"

    found = choice(twin, measured("small", kib=300, guarantee="exact"))

    assert {variant.name for variant in found.variants if variant.bit_equal} == {"twin", "small"}


@pytest.mark.parametrize(("latency", "chosen"), [(9.5, "closer"), (5.0, "faster")])
def test_latency_ranks_sizes_alike_and_only_beyond_its_margin(latency: float, chosen: str) -> None:
    faster = measured("faster", kib=300, change=0.01, latency=latency)

    assert choice(faster, measured("closer", kib=301, change=0.001)).name == chosen


def test_integer_arithmetic_comes_second_to_floats_however_small_and_fast() -> None:
    found = choice(measured("floats", kib=400), measured("integers", kib=300, latency=1.0, is_portable=False))

    assert found.name == "floats"
    assert found.is_portable
    assert found.reason.endswith(
        "the others that passed compute in integers, whose predictions may differ between processors"
    )


def test_integer_arithmetic_is_chosen_when_nothing_else_passes() -> None:
    found = choice(measured("integers", kib=300, is_portable=False))

    assert found.name == "integers"
    assert not found.is_portable


def test_quantized_network_is_served_and_kept_under_its_own_name() -> None:
    found = choice(measured("int8", kib=300, is_quantized=True))

    assert (found.name, found.variants[1].file) == ("int8", QUANTIZED)
    assert (found.quantized.variant, found.quantized.file) == ("int8", QUANTIZED)


def test_quantized_form_beside_a_small_exact_one_is_kept_and_not_served() -> None:
    found = choice(measured("int8", kib=300, is_quantized=True, is_default=False))

    assert (found.name, found.variants[1].file) == ("exported", QUANTIZED)
    assert found.reason.endswith(
        "exact forms are served unless optimize.serve asks for the quantized one, which is kept"
    )


@pytest.mark.parametrize("is_default", [True, False], ids=["network", "trees"])
def test_serve_decides_between_exact_and_quantized(is_default: bool) -> None:
    int8 = measured("int8", kib=300, is_quantized=True, is_default=is_default)

    assert choice(int8, changes=('optimize.serve="quantized"',)).name == "int8"
    assert choice(int8, changes=('optimize.serve="exact"',)).name == "exported"


def test_quantized_form_that_is_asked_for_and_does_not_pass_fails_with_the_reason() -> None:
    wrong = measured("int8", kib=300, flips=50, is_quantized=True)

    with pytest.raises(GateFailed, match="there is none: int8: changes 50 labels, 2 allowed; leave --quantize out"):
        choice(wrong, changes=('optimize.serve="quantized"',))


def test_best_quantized_form_alone_is_kept() -> None:
    found = choice(measured("big", kib=400, is_quantized=True), measured("small", kib=300, is_quantized=True))

    assert [(one.name, one.file) for one in found.variants[1:]] == [("big", None), ("small", QUANTIZED)]
    assert all(one.passed for one in found.variants)


@pytest.mark.parametrize(
    ("failures", "reason"),
    [
        (["not applicable: the graph has no neural network"], "the graph has no neural network"),
        (["not applicable: the graph has no neural network", "the leaves hold votes"], "the leaves hold votes"),
        ([], "optimize.candidates names no 8-bit form"),
    ],
)
def test_reason_says_why_there_is_no_quantized_form(failures: list[str], reason: str) -> None:
    failed = (Built(f"int8 {why}", "", None, "bounded", failure=why, is_quantized=True) for why in failures)

    found = choice(failed=tuple(failed)).quantized

    assert found.variant is None
    assert found.reason.endswith(reason)


def values(*, mean: float = 0.0, relative: float | None = None) -> ValueChange:
    return ValueChange(mean=mean * 20, mean_by_spread=mean, largest=0.1, relative=relative, lower=0.9, higher=0.1)


@pytest.mark.parametrize(
    ("change", "limits"),
    [
        (values(mean=0.0001), []),
        (values(mean=0.00011), [Limit.MEAN_SHIFT]),
        (values(mean=-0.00011), [Limit.MEAN_SHIFT]),
        (values(relative=0.02), []),
        (values(relative=0.021), [Limit.RELATIVE_CHANGE]),
    ],
    ids=["no shift", "upwards", "downwards", "no more of itself", "more of itself"],
)
def test_values_may_neither_shift_one_way_nor_change_much_beside_themselves(
    change: ValueChange, limits: list[Limit]
) -> None:
    one = measured("int8", kib=300, values=change)

    assert [violation.limit for violation in exceeded(one, "diabetes")] == limits


def test_quantized_form_of_a_small_file_is_kept() -> None:
    exact, small = measured(kib=64), measured("int8", kib=16, is_quantized=True)

    assert violations(small, exact, shipped("breast_cancer"), OWN_SCORE) == ()
