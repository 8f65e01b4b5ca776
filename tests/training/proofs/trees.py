"""Tree models beside the usual export: rows answered wrongly, size and latency, for each pipeline and each variant.

The reference is scikit-learn on float64 rows, held-out ones and 20,000 synthetic ones on both sides of every threshold.
Latencies are ratios of processor time on distinct rows, in turns and with one thread, beside the usual export, or the
exported graph where skl2onnx has none. Load time and memory are taken in a process of their own. Fails where a graph of
ours that calls itself exact gives another label or a number further off than 2e-6, where 8-bit leaves move an answer by
more than 0.02 or flip more than 0.2 % of the held-out labels, or where a promised size or latency is not reached.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from skl2onnx import to_onnx
from skl2onnx.common.exceptions import MissingShapeCalculator

from slipway_ml.contract.signature import Signature
from slipway_ml.runtime.session import OnnxSession
from slipway_training.candidate import Fitted
from slipway_training.data.tensors import to_tensors
from slipway_training.evaluation.predictions import (
    Predictions,
    compare,
    predict_with_pipeline,
    predict_with_session,
    spread_of,
)
from slipway_training.export.assembly import TARGET
from slipway_training.export.onnx_export import export
from slipway_training.optimizer.catalogue import EXACT_PASSES, ON_TOP
from slipway_training.optimizer.footprint import Footprint, footprints
from slipway_training.optimizer.passes import Material, NotApplicable, Rewritten
from slipway_training.parity.mixed_rows import many_rows
from slipway_training.parity.probes import of_kind
from slipway_training.workflows.signature_inference import infer
from tests.training.proofs.tree_models import Case, cases

TOLERANCE = 2e-6
BATCHES = (1, 64, 1000)
_ROUNDS = {1: 400, 64: 40, 1000: 8}
_EDGE_ROWS = 20_000
_CHANGE, _FLIP_SHARE = 0.02, 0.002
"""What the gates allow of a variant that may change predictions, unless a config says otherwise."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """Rows that a graph answers otherwise than scikit-learn, held-out and synthetic; labels; the largest change."""

    held_out: int
    edge: int
    flips: int
    held_out_flips: int
    largest: float


@dataclass(frozen=True, slots=True)
class Subject:
    """A case with its signature, scikit-learn's predictions and the usual export."""

    case: Case
    found: Fitted
    rows: pd.DataFrame
    expected: Predictions
    usual: bytes | None

    @property
    def signature(self) -> Signature:
        return self.found.signature

    def wrong(self, session: OnnxSession) -> Wrong:
        """Ask a graph of ours."""
        task = self.signature.task
        return self._compare(predict_with_session(session, to_tensors(self.rows, self.signature), task))

    def usual_wrong(self, usual: bytes) -> Wrong:
        """Ask the usual export, in float32, as it wants it."""
        rows = self.rows.to_numpy(dtype=np.float32)
        return self._compare(predict_with_session(OnnxSession(usual), {"X": rows}, self.signature.task))

    def _compare(self, given: Predictions) -> Wrong:
        differences = compare(self.expected, given, spread_of(self.expected))
        is_wrong = (differences.change > TOLERANCE) | differences.flips
        count = len(self.case.held_out)
        flips = differences.flips
        return Wrong(
            int(is_wrong[:count].sum()),
            int(is_wrong[count:].sum()),
            int(flips.sum()),
            int(flips[:count].sum()),
            differences.largest,
        )


def subject(case: Case) -> Subject:
    """Fit nothing, ask scikit-learn once."""
    rows, target = case.learn
    found = infer(case.pipeline, rows, target, None, ())
    names = [feature.name for feature in found.signature.features]
    held_out = pd.DataFrame(case.held_out, columns=names)
    base = of_kind("held_out", held_out)
    asked = many_rows(found.pipeline, found.signature, base, len(held_out) + _EDGE_ROWS).frame
    expected = predict_with_pipeline(found.pipeline, asked, found.signature.task)
    return Subject(case, found, asked, expected, usual_export(case, is_classifier=bool(found.signature.labels)))


def usual_export(case: Case, *, is_classifier: bool) -> bytes | None:
    """What skl2onnx makes of the pipeline when it is asked as its manual says; None for trees of other libraries."""
    options = {"zipmap": False} if is_classifier else None
    row = case.held_out[:1].astype(np.float32)
    try:
        model: bytes = to_onnx(case.pipeline, row, target_opset=TARGET, options=options).SerializeToString()
    except MissingShapeCalculator:
        return None
    return model


def variants(found: Subject) -> Iterator[tuple[str, Rewritten | str]]:
    """The exported graph, after each exact pass, and what may stand on top with its bound; or why not."""
    graph = export(found.found.pipeline, found.signature)
    material = Material(to_tensors(found.found.learn.iloc[:100], found.signature), found.signature)
    yield "exported", Rewritten(graph)
    for one in EXACT_PASSES:
        try:
            if one.suits(graph):
                graph = one.apply(graph, material).model
                yield f"+ {one.name}", Rewritten(graph)
        except NotApplicable as reason:
            yield f"+ {one.name}", str(reason)
    for name in ("tree_ensemble", "leaves_int8"):
        top, bound = graph, 0.0
        try:
            for one in ON_TOP[name][1]:
                rewritten = one.apply(top, material)
                top, bound = rewritten.model, bound + (rewritten.bound or 0.0)
            yield name, Rewritten(top, bound or None)
        except NotApplicable as reason:
            yield name, str(reason)


def ratios(found: Subject, sessions: Sequence[OnnxSession]) -> list[dict[int, float]]:
    """Latency of each graph by that of the usual export, or of the first: medians of turns, distinct rows."""
    own = to_tensors(found.rows, found.signature)
    plain = {"X": found.rows.to_numpy(dtype=np.float32)}
    asked = [(session, own) for session in sessions]
    if found.usual is not None:
        asked.append((OnnxSession(found.usual), plain))
    random = np.random.default_rng(0)
    order = random.permutation(len(found.rows))
    results: list[dict[int, float]] = [{} for _ in sessions]
    for batch in BATCHES:
        taken = np.empty((len(asked), _ROUNDS[batch]))
        for turn in range(_ROUNDS[batch]):
            rows = order[np.arange(turn * batch, (turn + 1) * batch) % len(order)]
            for number in random.permutation(len(asked)):
                session, tensors = asked[number]
                inputs = {name: tensor[rows] for name, tensor in tensors.items()}
                start = time.thread_time()
                session.run(inputs)
                taken[number, turn] = time.thread_time() - start
        medians = np.median(taken, axis=1)
        for result, median in zip(results, medians, strict=False):
            result[batch] = float(median / medians[-1 if found.usual is not None else 0])
    return results


def judge(case: Case, write: Callable[[str], object]) -> bool:
    """Print one table; whether everything in it holds."""
    found = subject(case)
    count = len(case.held_out)
    write(f"\n{case.name}: {count} held-out and {len(found.rows) - count} made-up rows\n")
    built = list(variants(found))
    made = [(name, one) for name, one in built if not isinstance(one, str)]
    graphs = [(name, one.model.SerializeToString()) for name, one in made]
    if found.usual is not None:
        cost = footprints([found.usual])[0]
        wrong = found.usual_wrong(found.usual)
        write(_line("the usual export", found.usual, found.usual, cost, {}, wrong))
    sessions = [OnnxSession(graph) for _, graph in graphs]
    costs = footprints([graph for _, graph in graphs])
    holds = True
    for (name, graph), session, own, cost in zip(graphs, sessions, ratios(found, sessions), costs, strict=True):
        wrong = found.wrong(session)
        share = len(graph) / len(found.usual or graphs[0][1])
        is_true = _is_true(name, wrong, count)
        for what, size, latency in case.promises:
            is_true &= what != name or (share <= size and max(own.values()) <= latency)
        write(_line(name, graph, found.usual or graphs[0][1], cost, own, wrong, is_true=is_true))
        holds &= is_true
    for name, one in made:
        if one.bound is not None:
            write(f"  {name:<19} no raw score moves by more than {one.bound:.3g}, whatever the row\n")
    for name, reason in built:
        if isinstance(reason, str):
            write(f"  {name:<19} no: {reason}\n")
    return holds


def _is_true(name: str, wrong: Wrong, held_out: int) -> bool:
    """Whether a graph keeps its word: scikit-learn's predictions, or what the gates allow by default."""
    if name != "leaves_int8":
        return wrong.held_out == wrong.edge == wrong.flips == 0
    return wrong.largest <= _CHANGE and wrong.held_out_flips <= _FLIP_SHARE * held_out


def _line(
    name: str,
    graph: bytes,
    usual: bytes,
    cost: Footprint | None,
    latency: dict[int, float],
    wrong: Wrong,
    *,
    is_true: bool = True,
) -> str:
    size = f"{len(graph) / 1024:8.1f} KiB {len(graph) / len(usual):5.2f}"
    opened = f"load {cost.load_ms:6.1f} ms {cost.memory / 1024:7.0f} KiB" if cost is not None else ""
    times = " ".join(f"{latency[batch]:.2f}" for batch in BATCHES) if latency else "1"
    return f"  {name:<19} {size}  {opened}  latency {times:<14}  {_in_words(wrong)}{'' if is_true else '  BROKEN'}\n"


def _in_words(wrong: Wrong) -> str:
    if not wrong.held_out + wrong.edge + wrong.flips:
        return f"0 rows wrong, largest change {wrong.largest:.1e}"
    flips = f"{wrong.held_out_flips} and {wrong.flips - wrong.held_out_flips} labels changed"
    return f"{wrong.held_out} and {wrong.edge} rows off by 2e-6 or more, {flips}, largest change {wrong.largest:.1e}"


def main() -> int:
    """Print a table for each case; say by the exit code whether all of them hold."""
    parser = argparse.ArgumentParser(prog="scripts/prove trees", description=__doc__)
    parser.add_argument("--only", default="", help="cases whose title holds this text")
    wanted = parser.parse_args().only
    warnings.simplefilter("ignore")  # of scikit-learn, about columns without names

    def write(line: str) -> None:
        sys.stdout.write(line)
        sys.stdout.flush()

    held = [judge(case, write) for case in cases(wanted)]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
