"""How many requests a key may send, by a clock that the test moves."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.errors import RateLimited
from slipway_ml.security.rate_limit import RateLimit


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def passes(limit: RateLimit, key: str = "a") -> bool:
    try:
        limit.take(key)
    except RateLimited:
        return False
    return True


def test_a_second_of_requests_may_come_at_once_and_then_one_per_interval() -> None:
    clock = Clock()
    limit = RateLimit(10, clock)

    at_once = [passes(limit) for _ in range(12)]
    clock.now += 0.1

    assert at_once == [True] * 10 + [False] * 2
    assert [passes(limit), passes(limit)] == [True, False]


def test_keys_do_not_share() -> None:
    limit = RateLimit(1, Clock())

    assert [passes(limit, "a"), passes(limit, "a"), passes(limit, "b")] == [True, False, True]


def test_refusal_says_when_to_come_again() -> None:
    limit = RateLimit(0.1, Clock())
    limit.take("a")

    with pytest.raises(RateLimited, match="wait as long as Retry-After says") as refused:
        limit.take("a")

    assert refused.value.retry_after == 10


@given(rate=st.floats(0.5, 500), pauses=st.lists(st.floats(0, 2), max_size=60))
def test_no_pace_of_asking_gets_more_than_the_rate_and_a_second_at_once(rate: float, pauses: list[float]) -> None:
    clock = Clock()
    limit = RateLimit(rate, clock)
    passed = 0

    for pause in pauses:
        clock.now += pause
        passed += passes(limit)

    assert passed <= rate * (clock.now - 1000.0) + max(1.0, rate) + 1e-3
