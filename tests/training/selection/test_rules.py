from typing import Any

import pytest

from slipway_training.config.search import SearchConfig
from slipway_training.errors import GateFailed
from slipway_training.selection.rules import choose, in_words
from slipway_training.selection.trials import CompletedTrial
from tests.training.selection.tries import MIDDLE, QUICK, SLOW, WORSE, tried

EVERY = [QUICK, MIDDLE, SLOW, WORSE]


@pytest.mark.parametrize(
    ("rule", "expected", "words"),
    [
        ({}, SLOW, "the best f1"),
        ({"max_latency_us": 50}, MIDDLE, "the best f1 under 50 us a row"),
        ({"max_latency_us": 10}, QUICK, "the best f1 under 10 us a row"),
        (
            {"max_latency_us": 50, "max_size": 900},
            MIDDLE,
            "the best f1 under 50 us a row and under 900 bytes",
        ),
        (
            {"choose": "one_standard_error"},
            MIDDLE,
            "the fastest within one standard error of the best f1",
        ),
        ({"choose": "share", "share": 0.02}, MIDDLE, "the fastest within 2 % of the best f1"),
        ({"choose": "share", "share": 0.2}, QUICK, "the fastest within 20 % of the best f1"),
        (
            {"choose": "one_standard_error", "against": "size", "max_latency_us": 90},
            MIDDLE,
            "the smallest within one standard error of the best f1 under 90 us a row",
        ),
    ],
)
def test_rule_takes_what_it_says(rule: dict[str, Any], expected: CompletedTrial, words: str) -> None:
    config = SearchConfig(**rule)

    assert choose(EVERY, config) is expected
    assert in_words(config, "f1") == words


def test_of_equal_scores_the_quicker_is_taken() -> None:
    slower, quicker = tried(0, [0.9, 0.9], 9.0), tried(1, [0.9, 0.9], 8.0)

    assert choose([slower, quicker], SearchConfig()) is quicker


def test_limit_that_nothing_keeps_is_refused_with_what_was_found() -> None:
    with pytest.raises(
        GateFailed, match="no trial is under 2 us a row, the nearest has 5 us and 1000 bytes; allow more"
    ):
        choose(EVERY, SearchConfig(max_latency_us=2))


def test_search_in_which_nothing_finished_is_refused() -> None:
    failed = CompletedTrial(0, "Ridge", {}, (), None, "failed", "why")

    with pytest.raises(GateFailed, match="none of 1 trials went through every fold"):
        choose([failed], SearchConfig())
