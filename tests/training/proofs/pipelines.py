"""Generated pipelines: every one is exported with scikit-learn's predictions or refused in one sentence, never wrong.

Run as a program it judges --count of them, prints the counts and the refusals, and fails where one is neither.
"""

import argparse
import sys
import warnings
from collections import Counter

from hypothesis import HealthCheck, Phase, given, settings

from tests.training.proofs.verdict import Verdict, judge
from tests.training.strategies import LEARN, Case, cases


def check_case(case: Case) -> Verdict | None:
    """None where scikit-learn itself cannot fit the combination."""
    learn = (case.rows[:LEARN], case.target[:LEARN])
    held_out = (case.rows[LEARN:], case.target[LEARN:])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            case.pipeline.fit(*learn)
            case.pipeline.predict(held_out[0])
        except Exception:  # noqa: BLE001  # nothing to export
            return None
        return judge(case.name, case.pipeline, learn, held_out)


def check_many(count: int) -> list[Verdict]:
    """The verdicts on so many different pipelines that fit."""
    found: dict[str, Verdict] = {}

    @settings(
        max_examples=2 * count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(cases())
    def collect(case: Case) -> None:
        if case.name in found or len(found) >= count:
            return
        verdict = check_case(case)
        if verdict is not None:
            found[case.name] = verdict
            sys.stdout.write(f"{len(found):>4} {verdict.line()}\n")
            sys.stdout.flush()

    collect()
    return list(found.values())


def main() -> int:
    """Judge, print, and say by the exit code whether the claim holds; an error that is no refusal ends the program."""
    parser = argparse.ArgumentParser(prog="scripts/prove pipelines", description=__doc__)
    parser.add_argument("--count", type=int, default=300, help="how many different pipelines")
    count = parser.parse_args().count
    verdicts = check_many(count)
    refused = [verdict for verdict in verdicts if verdict.parity is None]
    sys.stdout.write(f"{len(verdicts)} pipelines: {len(verdicts) - len(refused)} exported, {len(refused)} refused\n")
    for sentence, times in Counter(verdict.refusal for verdict in refused).most_common():
        sys.stdout.write(f"{times:>4} times: {sentence}\n")
    return 0 if len(verdicts) >= count else 1


if __name__ == "__main__":
    sys.exit(main())
