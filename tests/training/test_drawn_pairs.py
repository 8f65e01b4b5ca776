"""Drawn pairs of pipeline and parameters are exported exactly or refused; `scripts/prove truth` takes thousands."""

from tests.training.proofs.truth import counts, judge_many, over_http

PAIRS = 500


def test_drawn_pairs_are_exact_as_a_server_reads_them_or_refused_in_one_sentence() -> None:
    outcomes = judge_many(range(10 * PAIRS), PAIRS)

    assert not [one for one in outcomes if one.problem]
    assert counts(outcomes).startswith(f"{PAIRS} pairs: ")
    assert sum(not one.reason for one in outcomes) > 0.8 * PAIRS


def test_some_of_the_pairs_are_exact_through_a_real_server() -> None:
    served, problems = over_http(range(3, 16))

    assert served >= 4
    assert not problems
