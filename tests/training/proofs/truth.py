"""Drawn pairs of pipeline and parameters: each is published with its own predictions or refused in one sentence.

What is exported is asked again on the user's own X and on rows that nothing was proved on, as a server reads and
writes them, beside the user's own pipeline; a sample goes through a real server. Wrong is another label, a number out
of tolerance, a response where the pipeline has none, and an error that is no refusal. Run as a program it judges
--pairs of them and prints what was exported, what was refused and why, and what is wrong.
"""

import argparse
import json
import sys
import warnings
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from slipway_ml.errors import InvalidRows, SlipwayError
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.rows import RowCodec
from slipway_ml.runtime.session import OnnxSession
from slipway_training.candidate import Fitted, check_parity
from slipway_training.config.proof import ParityConfig
from slipway_training.evaluation.predictions import Predictions, compare, predict_with_pipeline, spread_of
from slipway_training.parity.as_given import OnCopies, compare_own
from slipway_training.workflows.publish_fitted import publish
from slipway_training.workflows.signature_inference import infer
from tests.server import running_server
from tests.training.proofs.drawn_pairs import Pair, pair
from tests.training.proofs.over_http import as_predictions, instances, post

FEW_EDGES = 0
"""No rows around thresholds, so that exporters are judged more than the check that would catch them."""
_TOLERANCE = 1e-5
_OVER_HTTP = 100
"""One in so many pairs is published, served and asked."""
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a pair: `reason` is the sentence of a refusal, `problem` what is wrong."""

    name: str
    reason: str = ""
    problem: str = ""


def judge(one: Pair, edge_rows: int = FEW_EDGES) -> Outcome | None:
    """None where the library itself cannot fit the pair, or cannot predict its own rows."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            one.model.fit(*one.learn)
            predict_with_pipeline(OnCopies(one.model), one.learn[0], one.task)
        except Exception:  # noqa: BLE001  # nothing to publish
            return None
        try:
            fitted = infer(one.model, *one.learn, None, ())
            graph = check_parity(fitted, ParityConfig.model_construct(max_edge_rows=edge_rows))[0].SerializeToString()
            for used in fitted.as_used:
                compare_own(graph, used, fitted.signature, ParityConfig())
        except SlipwayError as refusal:
            is_sentence = "\n" not in str(refusal) and 20 < len(str(refusal)) < _LONGEST
            return Outcome(one.name, str(refusal), "" if is_sentence else "the refusal is no sentence")
        except Exception as error:  # noqa: BLE001  # what is no refusal is wrong, and the others are judged as well
            return Outcome(one.name, problem=f"{type(error).__name__}: {error}")
        return Outcome(one.name, problem=_problem(one, fitted, graph))


def _problem(one: Pair, fitted: Fitted, graph: bytes) -> str:
    """What is wrong with a graph, as a server would use it; empty where nothing is."""
    codec, session = RowCodec("m", "1", fitted.signature, ContentLimits()), OnnxSession(graph)

    def serve(rows: list[Any]) -> list[dict[str, Any]]:
        inputs = codec.decode(json.dumps({"instances": rows}).encode())
        found: list[dict[str, Any]] = json.loads(codec.encode(session.run(inputs), "id"))["predictions"]
        return found

    spread = spread_of(predict_with_pipeline(OnCopies(one.model), one.learn[0], one.task))
    for what, rows in (("X", one.learn[0]), ("fresh rows", one.fresh)):
        asked = instances(rows)
        kept = _taken(codec, asked)
        if what == "X" and len(kept) < len(asked):
            return f"{len(asked) - len(kept)} rows of X are refused"
        own, missing = _own(one, rows, kept)
        if missing:
            return f"{missing} of {len(kept)} {what} get a response where the pipeline has none"
        if own is None:
            continue
        found = compare(own, as_predictions(serve([asked[place] for place in kept])), spread)
        apart = int((found.flips | (found.change > _TOLERANCE)).sum())
        if apart:
            return f"{apart} of {len(kept)} {what}: {int(found.flips.sum())} labels, off by {found.largest:.1e}"
    return ""


def _taken(codec: RowCodec, rows: list[Any]) -> list[int]:
    """Which rows a server does not refuse."""
    try:
        codec.decode(json.dumps({"instances": rows}).encode())
    except InvalidRows:
        if len(rows) == 1:
            return []
        middle = len(rows) // 2
        return [*_taken(codec, rows[:middle]), *(middle + place for place in _taken(codec, rows[middle:]))]
    return list(range(len(rows)))


def _own(one: Pair, rows: Any, kept: list[int]) -> tuple[Predictions | None, int]:
    """The user's own predictions for rows that a server takes, and for how many there are none."""
    if not kept:
        return None, 0
    some = rows.iloc[kept] if hasattr(rows, "iloc") else rows[kept]
    try:
        return predict_with_pipeline(OnCopies(one.model), some, one.task), 0
    except Exception:  # noqa: BLE001  # whatever libraries raise
        return None, sum(not _predicts(one, rows, place) for place in kept)


def _predicts(one: Pair, rows: Any, place: int) -> bool:
    try:
        one.model.predict(rows.iloc[[place]] if hasattr(rows, "iloc") else rows[[place]])
    except Exception:  # noqa: BLE001  # whatever libraries raise
        return False
    return True


def judge_many(
    numbers: Iterable[int], wanted: int, progress: Any = lambda _text: None, edge_rows: int = FEW_EDGES
) -> list[Outcome]:
    """The outcomes of the first so many pairs that can be fitted."""
    found: list[Outcome] = []
    for number in numbers:
        if len(found) >= wanted:
            break
        one = pair(number)
        outcome = None if one is None else judge(one, edge_rows)
        if outcome is None:
            continue
        found.append(outcome)
        if outcome.problem:
            progress(f"WRONG {number} {outcome.name}: {outcome.problem}")
        if len(found) % _OVER_HTTP == 0:
            progress(counts(found))
    return found


def counts(outcomes: list[Outcome]) -> str:
    """The figures in words."""
    wrong = sum(bool(one.problem) for one in outcomes)
    refused = sum(bool(one.reason) and not one.problem for one in outcomes)
    exported = len(outcomes) - wrong - refused
    return f"{len(outcomes)} pairs: {exported} exported, {refused} refused with a reason, {wrong} wrong"


def over_http(numbers: Iterable[int]) -> tuple[int, list[str]]:
    """How many of these pairs were published and served, and what a real server predicts otherwise."""
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        models = Path(folder)
        published: dict[str, Pair] = {}
        for number in numbers:
            if (one := pair(number)) is None:
                continue
            try:
                one.model.fit(*one.learn)
                settings: dict[str, Any] = {"optimize": {"candidates": []}}
                publish(
                    one.model,
                    *one.learn,
                    name=f"m{number}",
                    models=models,
                    settings=settings,
                    promote=True,
                    report=False,
                )
            except Exception:  # noqa: BLE001, S112  # judged before; what cannot be published is not served
                continue
            published[f"m{number}"] = one
        with running_server(models) as server:
            return len(published), [
                f"{one.name}: {problem}"
                for name, one in published.items()
                if (problem := _served(server.url, name, one))
            ]


def _served(url: str, name: str, one: Pair) -> str:
    rows = one.learn[0]
    own = predict_with_pipeline(OnCopies(one.model), rows, one.task)
    found = compare(own, as_predictions(post(f"{url}/predict/{name}", instances(rows))), spread_of(own))
    apart = int((found.flips | (found.change > _TOLERANCE)).sum())
    return f"{apart} of {len(own)} rows of X over HTTP" if apart else ""


def main() -> int:
    """Judge, print, and say by the exit code whether nothing is wrong."""
    parser = argparse.ArgumentParser(prog="scripts/prove truth", description=__doc__)
    parser.add_argument("--pairs", type=int, default=5000, help="how many pairs that can be fitted")
    parser.add_argument("--first", type=int, default=0, help="the number to begin to draw at")
    parser.add_argument(
        "--edge-rows", type=int, default=FEW_EDGES, help="as parity.max_edge_rows; publishing takes 20,000"
    )
    options = parser.parse_args()

    def say(text: str) -> None:
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()

    numbers = range(options.first, options.first + 10 * options.pairs)
    outcomes = judge_many(numbers, options.pairs, say, options.edge_rows)
    for reason, times in Counter(one.reason for one in outcomes if one.reason).most_common():
        say(f"{times:>4} times: {reason}")
    served, problems = over_http(range(options.first, options.first + options.pairs, _OVER_HTTP))
    for problem in problems:
        say(f"WRONG {problem}")
    say(f"{served} of these through a real server: {len(problems)} wrong")
    say(counts(outcomes))
    return 1 if problems or any(one.problem for one in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
