"""The variants of every family: sizes, load times, memory, latencies beside the exported graph, and what they change.

Run as a program it prints a table for each model, with the reason for the choice, what the optimiser refused and what
the passes declined. Exact variants are asked about 10,000 distinct rows, edge rows among them; the parity check fails
where one of them changes a label, or a number beyond the tolerance, that the exported graph does not. Linear models are
also timed beside what skl2onnx makes of them when it is asked as its manual says (float32 in, no list of maps out), and
node by node.
"""

import argparse
import re
import sys
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import onnx
import pandas as pd
from skl2onnx import to_onnx

from slipway_ml.contract.variant import Variant
from slipway_ml.runtime.session import OnnxSession
from slipway_training.candidate import Fitted, Trained, examine
from slipway_training.config import documents as configs
from slipway_training.config.optimize import ASKED_FOR
from slipway_training.data.tensors import take, to_tensors
from slipway_training.evaluation.predictions import compare, predict_with_session, some, spread_of
from slipway_training.export.assembly import TARGET
from slipway_training.optimizer.latency import timing_rows
from slipway_training.parity.mixed_rows import many_rows
from slipway_training.parity.parity import Reference, measure, objection, predict_without_warnings, real_rows
from slipway_training.report.plots.variants import cost_plots
from slipway_training.workflows.optimizing import subjects
from slipway_training.workflows.optimizing.optimize import optimize
from slipway_training.workflows.optimizing.rows import from_file
from slipway_training.workflows.signature_inference import infer
from tests.training.optimizer.convolution import DIGITS, PIXELS, convolutional
from tests.training.proofs.families import FAMILIES, OTHER_MODELS
from tests.training.proofs.nodes import where_time_goes

_HEAD = f"  {'variant':<26}{'KiB':>9}{'load ms':>9}{'mem KiB':>9}{'us@1':>8}{'us@64':>8}{'us@1000':>9}{'ratios':>18}"
_HEAD += f"{'flips':>7}{'change':>9}  verdict"
_TURNS = {1: 2000, 64: 1000, 1000: 300}
"""Runs of each graph at each number of rows."""


def trained(name: str) -> Trained:
    """A model of the family, fitted on every other row and examined with the rest."""
    pipeline, (rows, target) = {**FAMILIES, **OTHER_MODELS}[name]()
    learn, held_out = slice(0, None, 2), slice(1, None, 2)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # networks stop early
        pipeline.fit(rows[learn], target[learn])
    fitted = infer(pipeline, rows[learn], target[learn], (rows[held_out], target[held_out]), ())
    document: dict[str, Any] = {"name": "proof", "task": fitted.signature.task}
    if name in OTHER_MODELS:
        document["optimize"] = {"candidates": sorted(ASKED_FOR)}
    config = configs.for_fitted(document)
    return examine(fitted, config, lambda _step, _result: None)


def convolutions(folder: Path) -> Trained:
    """A network that no pipeline made, by the way of `slipway optimize FILE`; it is compared with itself."""
    path = folder / "network.onnx"
    onnx.save(convolutional(32, 64, len(DIGITS)), path)
    table, target = pd.DataFrame(PIXELS).add_prefix("pixel_"), pd.Series(DIGITS, name="digit")
    subject = subjects.of_file(path, "network", (table, target), (), lambda _step, _result: None)
    table.assign(digit=target).to_csv(folder / "rows.csv", index=False)
    return optimize(
        subject, from_file(subject.signature, folder / "rows.csv", "digit"), lambda _step, _result: None
    ).trained


def fitted_of(model: Trained) -> Fitted:
    """The pipeline that the model's graphs are compared with."""
    assert isinstance(model.candidate, Fitted)
    return model.candidate


def exact_rows(model: Trained, count: int) -> list[tuple[str, int, str]]:
    """Each exact variant on `count` distinct rows: its name, how many there were, and the objection or nothing."""
    fitted, config = fitted_of(model), model.config.parity
    real = real_rows(fitted.held_out, fitted.learn)
    asked = many_rows(fitted.pipeline, fitted.signature, real, count, model.parity.blind_steps)
    predictions = predict_without_warnings(fitted.pipeline, asked, fitted.signature)
    judged = asked.kinds == real.kinds[0]
    expected = Reference(
        asked, int(judged.sum()), predictions, spread_of(some(predictions, judged)), model.parity.blind_steps
    )
    return [
        (name, len(asked), objection(measure(OnnxSession(graph), expected, fitted.signature, config.tolerance)))
        for name, graph in model.graphs.items()
        if any(one.name == name and one.guarantee == "exact" for one in model.choice.variants)
    ]


def beside_usual(model: Trained) -> str:
    """The compact graph's latency by that of the usual export: medians of interleaved turns in processor time."""
    pipeline, signature = fitted_of(model).pipeline["model"], model.signature
    rows = timing_rows(model.candidate.held_out)
    plain = {"X": rows.to_numpy(np.float32)}
    options = {"zipmap": False} if signature.labels else None
    usual = OnnxSession(to_onnx(pipeline, plain["X"][:1], target_opset=TARGET, options=options).SerializeToString())
    compact = OnnxSession(model.graphs["compact"])
    own, ratios = to_tensors(rows, signature), []
    for batch, turns in _TURNS.items():
        taken: tuple[list[float], list[float]] = ([], [])
        for turn in range(turns):
            start = turn * batch % (len(rows) - batch + 1)
            asked = slice(start, start + batch)
            pairs = [(compact, take(own, asked), taken[0]), (usual, take(plain, asked), taken[1])]
            for session, inputs, times in pairs[:: 1 if turn % 2 else -1]:
                begin = time.thread_time()
                session.run(inputs)
                times.append(time.thread_time() - begin)
        ratios.append(median(taken[0]) / median(taken[1]))
    return "  compact by the usual skl2onnx export: " + ", ".join(
        f"{ratio:.2f} at {batch}" for ratio, batch in zip(ratios, _TURNS, strict=True)
    )


def ties(model: Trained, count: int) -> str:
    """How many of the rows that neighbours label otherwise lie equally far from the last one counted and the next."""
    fitted = fitted_of(model)
    real = real_rows(fitted.held_out, fitted.learn)
    asked = many_rows(fitted.pipeline, fitted.signature, real, count, model.parity.blind_steps)
    expected = predict_without_warnings(fitted.pipeline, asked, fitted.signature)
    given = predict_with_session(
        OnnxSession(model.graphs[model.choice.name]), to_tensors(asked.frame, fitted.signature), fitted.signature.task
    )
    flipped = compare(expected, given, spread_of(expected)).flips
    rows, neighbours = asked.frame[flipped], fitted.pipeline["model"]
    found, equal = int(flipped.sum()), 0
    if found:
        nearest = fitted.learn.to_numpy(np.float64)
        squares = ((rows.to_numpy(np.float64)[:, np.newaxis] - nearest) ** 2).sum(axis=2)
        last = np.sort(squares, axis=1)[:, neighbours.n_neighbors - 1 : neighbours.n_neighbors + 1]
        equal = int((last[:, 0] == last[:, 1]).sum())
    kinds = ", ".join(f"{(asked.kinds == kind).sum()} {kind}" for kind in dict.fromkeys(asked.kinds))
    return f"  of {found} rows labelled otherwise {equal} are ties of the last neighbour with the next ({kinds} rows)"


def line(variant: Variant, exported: Variant, chosen: str) -> str:
    """One row of the table."""
    if variant.parity is None:
        raise ValueError(f"{variant.name} was not measured")
    judged = variant.parity.kinds[0]
    ratios = " ".join(f"{own / exported.latency_us[batch]:.2f}" for batch, own in variant.latency_us.items())
    times = "".join(f"{own:>{width}.0f}" for own, width in zip(variant.latency_us.values(), (8, 8, 9), strict=True))
    load, memory = variant.load_ms or 0, (variant.memory or 0) / 1024
    verdict = "published" if variant.name == chosen else variant.verdict
    return (
        f"  {variant.name:<26}{(variant.size or 0) / 1024:>9.1f}{load:>9.1f}{memory:>9.0f}{times}{ratios:>18}"
        f"{judged.label_flips:>7}{judged.largest_difference:>9.1e}  {verdict}"
    )


def report(name: str, model: Trained, count: int) -> bool:
    """Print everything about one model; whether its exact variants hold."""
    variants = model.choice.variants
    judged = variants[0].parity
    held_out = judged.kinds[0].rows if judged is not None else 0
    say(f"{name}: flips and change on {held_out} held-out rows")
    say(_HEAD)
    not_built: dict[str, list[str]] = {}
    for variant in variants:
        if variant.parity is None:
            not_built.setdefault(variant.verdict, []).append(variant.name)
        else:
            say(line(variant, variants[0], model.choice.name))
    for why, names in not_built.items():
        say(f"  not built: {', '.join(names)}: {why}")
    for variant in variants:
        if variant.guarantee == "exact" and (variant.passes or variant.declined):
            bound = "" if variant.bound is None else f"; a score moves by less than {variant.bound:.1e}"
            say(f"  {variant.name} = {' + '.join(variant.passes) or 'nothing'}{bound}")
            for one, why in variant.declined.items():
                say(f"    {one} declined: {why}")
    say(f"  published: {model.choice.reason}")
    if not isinstance(model.candidate, Fitted):
        return True  # an exact variant that the parity check objects to was refused above
    if name.startswith("linear") and "compact" in model.graphs:
        time_linear(model)
    if name == "neighbours, digits":
        say(ties(model, count))
    return holds(name, model, count)


def holds(name: str, model: Trained, count: int) -> bool:
    """Print what the exact variants answer to many rows; whether none is worse than the exported graph."""
    found = exact_rows(model, count)
    own = found[0][2]
    for one, asked, problem in found:
        word = "holds " if not problem else "as exported" if problem == own else "BROKEN"
        say(f"{word} {name}, {one}: {asked} distinct rows, {problem or '0 flips'}")
    return all(not problem or problem == own for _, _, problem in found)


def time_linear(model: Trained) -> None:
    """Print the latency of a linear model beside the usual export, and node by node."""
    say(beside_usual(model))
    rows = to_tensors(timing_rows(model.candidate.held_out), model.signature)
    for one in ("exported", "compact"):
        say(f"  {one}, us for 1,000 rows up to each node: {where_time_goes(model.graphs[one], rows)}")


def draw(name: str, model: Trained, folder: Path) -> None:
    """The Pareto plots of a model, as files."""
    plots = cost_plots(model.choice.variants, model.choice.name, model.config.gate.probability_change)
    for plot in plots:
        (folder / f"{re.sub('[^A-Za-z0-9_]+', '-', name)}-{plot.name}.svg").write_bytes(plot.standalone())


def say(text: str) -> None:
    """To whoever waits for it."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """Print the table of every family, or of those whose name contains a word."""
    parser = argparse.ArgumentParser(prog="scripts/prove passes", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="different rows for each exact variant")
    parser.add_argument("--only", default="", help="a word in the names of the families wanted")
    parser.add_argument("--plots", type=Path, help="a folder for the Pareto plots")
    wanted = parser.parse_args()
    makers: dict[str, Callable[[], Trained]] = {name: partial(trained, name) for name in (*FAMILIES, *OTHER_MODELS)}
    all_hold = True
    with TemporaryDirectory() as folder:
        makers["convolutions, digits"] = partial(convolutions, Path(folder))
        for name, make in makers.items():
            if wanted.only in name:
                started, model = time.monotonic(), make()
                all_hold &= report(name, model, wanted.rows)
                say(f"  {time.monotonic() - started:.0f} s\n")
                if wanted.plots is not None:
                    wanted.plots.mkdir(parents=True, exist_ok=True)
                    draw(name, model, wanted.plots)
    return 0 if all_hold else 1


if __name__ == "__main__":
    sys.exit(main())
