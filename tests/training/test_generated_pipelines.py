"""Pipelines of any combination are exported with parity or refused in one sentence; `scripts/prove` takes hundreds."""

import re

from hypothesis import HealthCheck, given, settings

from tests.training.proofs.pipelines import check_case
from tests.training.strategies import Case, cases


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_pipeline_is_exact_or_refused_in_one_sentence(case: Case) -> None:
    verdict = check_case(case)

    assert verdict is None or verdict.parity is not None or re.fullmatch(r"\S.{20,500}", verdict.refusal)
