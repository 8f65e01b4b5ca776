"""The arithmetic of the limits: what they add up to, and which of them cannot hold."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.front.memory.plan import KIB, MIB, UNLIMITED_BUDGET, MemoryLimits, plan_memory

DEFAULTS = MemoryLimits(16 * MIB, 0, 1000, 16 * KIB)
POD = replace(DEFAULTS, memory_limit=512 * MIB)


def test_a_pod_of_the_default_size_holds_its_largest_body_and_no_more_than_its_limit() -> None:
    plan = plan_memory(POD)

    assert plan.peak == 512 * MIB
    assert plan.budget > 6 * 16 * MIB
    assert (plan.problems, plan.warnings) == ((), ())


def test_without_a_memory_limit_the_budget_is_a_fixed_one() -> None:
    assert plan_memory(DEFAULTS).budget == UNLIMITED_BUDGET
    assert plan_memory(replace(DEFAULTS, max_bytes_in_flight=5 * MIB)).budget == 5 * MIB


def test_a_cap_above_what_the_memory_limit_leaves_is_a_problem() -> None:
    plan = plan_memory(replace(POD, max_bytes_in_flight=2_500_000_000))

    assert plan.peak > 512 * MIB
    assert plan.problems[0].startswith("--max-bytes-in-flight 2500000000 is more than the ")


def test_a_limit_that_leaves_nothing_is_a_problem_that_names_what_takes_it() -> None:
    plan = plan_memory(replace(POD, memory_limit=128 * MIB))

    assert plan.budget == 0
    assert "leaves nothing for requests: the process takes 100 MiB when idle and " in plan.problems[0]


def test_a_largest_body_that_cannot_be_decoded_within_the_budget_is_a_warning() -> None:
    plan = plan_memory(replace(POD, max_bytes_in_flight=64 * MIB))

    assert plan.problems == ()
    assert "lower --max-body-bytes to 11184810" in plan.warnings[0]


def test_workers_share_the_memory_limit() -> None:
    plan = plan_memory(replace(POD, workers=4, memory_limit=2048 * MIB))

    assert plan.budget == plan_memory(POD).budget
    assert plan.peak == 2048 * MIB


@given(
    st.builds(
        MemoryLimits,
        max_body_bytes=st.integers(KIB, 2**31),
        max_bytes_in_flight=st.just(0) | st.integers(KIB, 2**33),
        max_connections=st.integers(1, 10**5),
        max_head_bytes=st.integers(KIB, MIB),
        workers=st.integers(1, 64),
        memory_limit=st.integers(MIB, 2**40),
        resident=st.integers(MIB, 2**32),
    )
)
def test_limits_without_a_problem_never_add_up_to_more_than_the_memory_limit(limits: MemoryLimits) -> None:
    plan = plan_memory(limits)

    assert limits.memory_limit is not None
    assert bool(plan.problems) == (plan.peak > limits.memory_limit or plan.budget == 0)


@pytest.mark.parametrize("memory", [64 * MIB, 300 * MIB, 512 * MIB, 4096 * MIB])
def test_more_memory_never_means_a_smaller_budget(memory: int) -> None:
    smaller = plan_memory(replace(POD, memory_limit=memory))
    larger = plan_memory(replace(POD, memory_limit=memory + MIB))

    assert smaller.budget <= larger.budget
