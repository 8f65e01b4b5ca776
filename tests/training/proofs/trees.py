"""Tree models beside the usual export: rows answered wrongly, size and latency, for each pipeline and each variant.

The reference is scikit-learn on float64 rows, real ones and made-up ones on both sides of every threshold. Latencies
are ratios within one run, on distinct rows in turns, with one thread. Fails where a graph of ours that calls itself
exact gives another label or a number further off than 2e-6, or where a promised size or latency is not reached.
"""

import argparse
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from onnx import ModelProto
from skl2onnx import to_onnx
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, make_classification
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from app.contract.signature import Signature
from app.runtime.session import OnnxSession
from training.data.tensors import to_tensors
from training.evaluation.answers import Answers, ask_pipeline, ask_session, compare, spread_of
from training.examination import Fitted
from training.export.assembly import TARGET
from training.export.edges import edge_rows
from training.export.onnx_export import export
from training.inference import infer
from training.optimizer.catalogue import EXACT_PASSES, ON_TOP
from training.optimizer.passes import Declined, Material

TOLERANCE = 2e-6
BATCHES = (1, 64, 1000)
_ROUNDS = {1: 400, 64: 40, 1000: 8}
_EDGE_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class Case:
    """A fitted pipeline, rows it has not seen, and what is promised of a variant: share of the usual size, latency."""

    name: str
    pipeline: Any
    learn: tuple[NDArray[np.float64], Any]
    held_out: NDArray[np.float64]
    promises: tuple[tuple[str, float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Wrong:
    """Rows that a graph answers otherwise than scikit-learn: held-out ones, edge rows, labels; the largest change."""

    held_out: int
    edge: int
    flips: int
    largest: float


@dataclass(frozen=True, slots=True)
class Subject:
    """A case with its signature, scikit-learn's answers and the usual export."""

    case: Case
    found: Fitted
    rows: pd.DataFrame
    expected: Answers
    usual: OnnxSession
    usual_size: int

    @property
    def signature(self) -> Signature:
        return self.found.signature

    def wrong(self, session: OnnxSession) -> Wrong:
        """Ask a graph of ours."""
        task = self.signature.task
        return self._compare(ask_session(session, to_tensors(self.rows, self.signature), task))

    def usual_wrong(self) -> Wrong:
        """Ask the usual export, in float32, as it wants it."""
        rows = self.rows.to_numpy(dtype=np.float32)
        return self._compare(ask_session(self.usual, {"X": rows}, self.signature.task))

    def _compare(self, given: Answers) -> Wrong:
        differences = compare(self.expected, given, spread_of(self.expected))
        is_wrong = (differences.change > TOLERANCE) | differences.flips
        count = len(self.case.held_out)
        flips = int(differences.flips.sum())
        return Wrong(int(is_wrong[:count].sum()), int(is_wrong[count:].sum()), flips, differences.largest)


def subject(case: Case) -> Subject:
    """Fit nothing, ask scikit-learn once."""
    rows, target = case.learn
    found = infer(case.pipeline, rows, target, None, ())
    names = [feature.name for feature in found.signature.features]
    held_out = pd.DataFrame(case.held_out, columns=names)
    edges = edge_rows(found.pipeline, found.signature, held_out, _EDGE_ROWS).frame
    asked = pd.concat([held_out, edges], ignore_index=True)
    options = {"zipmap": False} if found.signature.labels else None
    usual = to_onnx(case.pipeline, case.held_out[:1].astype(np.float32), target_opset=TARGET, options=options)
    session = OnnxSession(usual.SerializeToString())
    expected = ask_pipeline(found.pipeline, asked, found.signature.task)
    return Subject(case, found, asked, expected, session, usual.ByteSize())


def variants(found: Subject) -> Iterator[tuple[str, ModelProto | str]]:
    """The exported graph, after each exact pass, and what may stand on top; or why not."""
    graph = export(found.found.pipeline, found.signature)
    material = Material(to_tensors(found.found.learn.iloc[:100], found.signature), found.signature, found.case.pipeline)
    yield "exported", graph
    for one in EXACT_PASSES:
        try:
            if one.suits(graph):
                graph = one.apply(graph, material).model
                yield f"+ {one.name}", graph
        except Declined as reason:
            yield f"+ {one.name}", str(reason)
    for name in ("tree_ensemble", "leaves_int8"):
        top = graph
        try:
            for one in ON_TOP[name][1]:
                top = one.apply(top, material).model
            yield name, top
        except Declined as reason:
            yield name, str(reason)


def ratios(found: Subject, sessions: Sequence[OnnxSession]) -> list[dict[int, float]]:
    """Latency of each graph by that of the usual export: medians of turns, distinct rows."""
    own = to_tensors(found.rows, found.signature)
    usual = found.rows.to_numpy(dtype=np.float32)
    order = np.random.default_rng(0).permutation(len(usual))
    results: list[dict[int, float]] = [{} for _ in sessions]
    for batch in BATCHES:
        taken = np.empty((len(sessions) + 1, _ROUNDS[batch]))
        for turn in range(_ROUNDS[batch]):
            rows = order[np.arange(turn * batch, (turn + 1) * batch) % len(order)]
            inputs = {name: tensor[rows] for name, tensor in own.items()}
            for number, session in enumerate((found.usual, *sessions)):
                given = {"X": usual[rows]} if number == 0 else inputs
                start = time.perf_counter()
                session.run(given)
                taken[number, turn] = time.perf_counter() - start
        for number, result in enumerate(results):
            result[batch] = float(np.median(taken[number + 1] / taken[0]))
    return results


def judge(case: Case, write: Callable[[str], object]) -> bool:
    """Print one table; whether everything in it holds."""
    found = subject(case)
    usual = found.usual_wrong()
    count = len(case.held_out)
    write(f"\n{case.name}: {count} held-out and {len(found.rows) - count} edge rows\n")
    write(f"  {'the usual export':<18} {found.usual_size / 1024:8.1f} KiB  {_in_words(usual)}\n")
    built = list(variants(found))
    graphs = [(name, graph) for name, graph in built if not isinstance(graph, str)]
    sessions = [OnnxSession(graph.SerializeToString()) for _, graph in graphs]
    measured = dict(zip([name for name, _ in graphs], ratios(found, sessions), strict=True))
    holds = True
    for (name, graph), session in zip(graphs, sessions, strict=True):
        wrong = found.wrong(session)
        is_exact = name != "leaves_int8"
        size = graph.ByteSize() / found.usual_size
        is_true = not is_exact or (wrong.held_out == wrong.edge == wrong.flips == 0)
        for what, share, latency in case.promises:
            is_true &= what != name or (size <= share and max(measured[name].values()) <= latency)
        times = " ".join(f"{measured[name][batch]:.2f}" for batch in BATCHES)
        line = f"{graph.ByteSize() / 1024:8.1f} KiB {size:5.2f}  latency {times}  {_in_words(wrong)}"
        write(f"  {name:<18} {line}{'' if is_true else '  BROKEN'}\n")
        holds &= is_true
    for name, reason in built:
        if isinstance(reason, str):
            write(f"  {name:<18} no: {reason}\n")
    return holds


def _in_words(wrong: Wrong) -> str:
    if not wrong.held_out + wrong.edge + wrong.flips:
        return f"0 rows wrong, largest change {wrong.largest:.1e}"
    return f"{wrong.held_out} and {wrong.edge} rows wrong, {wrong.flips} labels, largest change {wrong.largest:.1e}"


def cases() -> Iterator[Case]:
    """The pipelines whose usual export is known to be wrong, and the models whose size matters."""
    cancer = load_breast_cancer(return_X_y=True)
    digits = load_digits(return_X_y=True)
    synthetic = make_classification(20_000, 40, n_informative=10, random_state=0)
    random = np.random.default_rng(0)
    offset = (1e5 + random.normal(size=(2000, 10)), random.integers(0, 2, 2000))
    missing = np.where(random.random(cancer[0].shape) < 0.1, np.nan, cancer[0])
    for scaler in (StandardScaler(), RobustScaler(), MinMaxScaler(clip=True), PowerTransformer(), _quantiles()):
        yield _case("breast_cancer", cancer, scaler, RandomForestClassifier(50, random_state=0))
    yield _case("breast_cancer", cancer, StandardScaler(), GradientBoostingClassifier(random_state=0))
    yield _case("breast_cancer with NaN", (missing, cancer[1]), None, RandomForestClassifier(50, random_state=0))
    yield _case("1e5 and noise", offset, StandardScaler(), RandomForestClassifier(30, random_state=0))
    yield _case("diabetes", load_diabetes(return_X_y=True), StandardScaler(), RandomForestRegressor(random_state=0))
    yield _case("digits", digits, StandardScaler(), RandomForestClassifier(random_state=0))
    forest = (("+ share_leaves", 0.30, 0.70), ("tree_ensemble", 0.25, 0.70))
    yield _case("digits", digits, None, RandomForestClassifier(200, random_state=0), forest)
    boosted = (("tree_ensemble", 0.85, 9.0), ("leaves_int8", 0.30, 9.0))
    yield _case("synthetic", synthetic, None, HistGradientBoostingClassifier(max_iter=200, random_state=0), boosted)
    yield _case("digits", digits, None, HistGradientBoostingClassifier(max_iter=50, random_state=0))
    deep = RandomForestClassifier(100, max_depth=12, random_state=0)
    yield _case("synthetic", synthetic, None, deep)


def _quantiles() -> QuantileTransformer:
    return QuantileTransformer(n_quantiles=200, random_state=0)


def _case(name: str, data: Any, scaler: Any, estimator: Any, promises: Any = ()) -> Case:
    order = np.random.default_rng(1).permutation(len(data[0]))
    rows, target = data[0][order], data[1][order]
    learnt = len(rows) * 7 // 10
    pipeline: Pipeline = make_pipeline(*([scaler] if scaler else []), estimator)
    pipeline.fit(rows[:learnt], target[:learnt])
    trees = getattr(estimator, "n_estimators", getattr(estimator, "max_iter", 1))
    steps = [type(step).__name__ for _, step in pipeline.steps]
    title = f"{name}, {' + '.join(steps)}({trees})"
    return Case(title, pipeline, (rows[:learnt], target[:learnt]), rows[learnt:], promises)


def main() -> int:
    """Print a table for each case; say by the exit code whether all of them hold."""
    parser = argparse.ArgumentParser(prog="scripts/prove trees", description=__doc__)
    parser.add_argument("--only", default="", help="cases whose title holds this text")
    wanted = parser.parse_args().only
    warnings.simplefilter("ignore")  # of scikit-learn, about columns without names

    def write(line: str) -> None:
        sys.stdout.write(line)
        sys.stdout.flush()

    held = [judge(case, write) for case in cases() if wanted in case.name]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
