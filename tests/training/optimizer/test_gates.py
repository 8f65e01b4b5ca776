import pytest

from app.contract.manifest import Score
from app.contract.signature import Task
from tests.training.optimizer.graphs import measured
from training.config.proof import GateConfig
from training.errors import GateFailed
from training.optimizer.gates import Choice, check_score, choose, refusal
from training.optimizer.variants import Built, Measured

GATE = GateConfig()
EXACT = measured()


def choice(*others: Measured) -> Choice:
    everyone = [EXACT, *others]
    return choose([one.built for one in everyone], everyone, GATE, Task.CLASSIFICATION)


@pytest.mark.parametrize(
    ("one", "sentence"),
    [
        (measured("a", size=300, flips=3), "flips 3 labels, 2 allowed"),
        (measured("a", size=300, change=0.021), "moves a probability by 0.021, 0.02 allowed"),
        (measured("a", size=300, score=0.897), "scores 0.0030 lower, 0.002 allowed"),
        (measured("a", size=901), "is 0.90 of the exact size, 0.90 allowed"),
    ],
    ids=["flips", "change", "score", "size"],
)
def test_each_gate_refuses_what_is_over_its_limit(one: Measured, sentence: str) -> None:
    assert refusal(one, EXACT, GATE, Task.CLASSIFICATION) == sentence


@pytest.mark.parametrize(
    "one",
    [
        measured("a", size=300, flips=2),
        measured("a", size=300, change=0.02),
        measured("a", size=300, score=0.8981),
        measured("a", size=900),
        measured("a", size=300, latency=1000.0),
    ],
    ids=["flips", "change", "score", "size", "latency never gates"],
)
def test_each_gate_passes_what_is_at_its_limit(one: Measured) -> None:
    assert refusal(one, EXACT, GATE, Task.CLASSIFICATION) == ""


def test_every_reason_is_given_when_several_gates_refuse() -> None:
    assert refusal(measured("a", size=990, flips=9, change=0.5), EXACT, GATE, Task.REGRESSION) == (
        "flips 9 labels, 2 allowed; moves a value, by its spread, by 0.5, 0.02 allowed; "
        "is 0.99 of the exact size, 0.90 allowed"
    )


def test_smallest_that_passes_is_chosen() -> None:
    found = choice(measured("big", size=500), measured("small", size=300), measured("wrong", size=100, flips=50))

    assert found.name == "small"
    assert found.reason.startswith("small is 0.30 of the exact size, flips 0 of 1000 held-out labels")
    assert [variant.passed for variant in found.variants] == [True, True, True, False]


def test_refused_variant_stands_in_the_list_without_a_file() -> None:
    *_, refused = choice(measured("wrong", size=100, flips=50)).variants

    assert (refused.file, refused.size, refused.verdict) == (None, 100, "flips 50 labels, 2 allowed")


def test_exact_graph_is_published_when_nothing_passes_and_the_reason_says_why() -> None:
    found = choice(measured("wrong", size=100, flips=50))

    assert found.name == "fp32"
    assert found.reason == "fp32, since no smaller variant passed: wrong flips 50 labels, 2 allowed"


def test_candidate_that_could_not_be_built_keeps_its_reason() -> None:
    failed = Built("odd", "made up", None, "onnxruntime's quantizer failed (ValueError)")

    found = choose([EXACT.built, failed], [EXACT], GATE, Task.CLASSIFICATION)

    assert found.variants[1].verdict == "onnxruntime's quantizer failed (ValueError)"
    assert found.reason.endswith(failed.failure)


@pytest.mark.parametrize(("latency", "chosen"), [(9.5, "closer"), (5.0, "faster")])
def test_latency_ranks_sizes_alike_and_only_beyond_its_margin(latency: float, chosen: str) -> None:
    faster = measured("faster", size=300, change=0.01, latency=latency)

    assert choice(faster, measured("closer", size=301, change=0.001)).name == chosen


def test_integer_arithmetic_comes_second_to_floats_however_small_and_fast() -> None:
    found = choice(measured("floats", size=400), measured("integers", size=300, latency=1.0, is_portable=False))

    assert found.name == "floats"
    assert found.is_portable
    assert found.reason.endswith(
        "the others that passed compute in integers, whose answers may differ between processors"
    )


def test_integer_arithmetic_is_chosen_when_nothing_else_passes() -> None:
    found = choice(measured("integers", size=300, is_portable=False))

    assert found.name == "integers"
    assert not found.is_portable


def test_model_below_the_minimum_score_is_refused() -> None:
    with pytest.raises(GateFailed, match=r"held-out accuracy is 0\.7000, gate\.minimum_score asks for 0\.8") as refused:
        check_score(Score(name="accuracy", value=0.7), GateConfig(minimum_score=0.8))

    assert refused.value.exit_code == 3


def test_model_at_the_minimum_score_passes() -> None:
    check_score(Score(name="accuracy", value=0.8), GateConfig(minimum_score=0.8))
