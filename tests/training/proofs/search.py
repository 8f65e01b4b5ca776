"""The search beside FLAML: the same rows, the same folds, the same seconds, one thread each, on three data sets.

usage: scripts/prove search [--seconds N]

FLAML is put into a throw-away environment, by name and version; it is no dependency. What it found is fitted here with
its parameters, scored on the same folds and on the held-out rows, exported and timed like our own. The claim: our
Pareto front has a model within 1 % of FLAML's score that answers sooner than FLAML's model on onnxruntime.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from slipway_training.config import documents as configs
from slipway_training.config.model import TrainingConfig
from slipway_training.config.search import SearchConfig
from slipway_training.data import sources
from slipway_training.data.schema import describe
from slipway_training.data.splits import split
from slipway_training.evaluation.predictions import predict_with_pipeline
from slipway_training.pipeline.build import fit_without_warnings
from slipway_training.selection.fitting import compose
from slipway_training.selection.scoring import score
from slipway_training.selection.search import search
from slipway_training.selection.serving import serve
from slipway_training.selection.trying import TrialFolds, attempt, configured, course

FLAML = "flaml[automl]==2.5.0"
CASES = (
    ("breast_cancer", "classification", "roc_auc", "roc_auc"),
    ("digits", "classification", "accuracy", "accuracy"),
    ("diabetes", "regression", "r2", "r2"),
)
WITHIN = 0.01
_RULE = {"trials": 10_000, "storage": "memory", "choose": "share", "share": 0.005}
_TURNS = 5
_OF_THREADS = {"n_jobs", "verbose", "verbosity"}


@dataclass(frozen=True)
class ComparedModel:
    """A model that a search found: its scores on the folds and on held-out rows, and microseconds for one row."""

    name: str
    fold_score: float
    held_out_score: float
    latency_us: float
    size: int


def config_of(source: str, task: str, scoring: str, seconds: float) -> TrainingConfig:
    """All that our side is told."""
    return configs.parse(
        {
            "name": source,
            "task": task,
            "data": {"source": source},
            "features": {"scale": "standard"},
            "search": {"scoring": scoring, "seconds": seconds, **_RULE},
        }
    )


def flaml(python: Path, way: TrialFolds, held_out: Any, metric: str, folder: Path) -> dict[str, Any]:
    """What FLAML finds on the rows and folds of ours."""
    fold = np.empty(len(way.learn.target), dtype=np.int64)
    for number, (_, judge) in enumerate(way.divided):
        fold[judge] = number
    rows = folder / "rows.npz"
    own = way.learn.frame.to_numpy()
    np.savez(rows, X=own, y=way.learn.target, fold=fold, held_out=held_out.frame.to_numpy())
    told = (str(rows), str(way.config.task), metric, str(way.search.seconds))
    script = Path(__file__).with_name("flaml_rival.py")
    done = subprocess.run([python, script, *told], check=True, capture_output=True, text=True, cwd=folder)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def known_parameters(found: dict[str, Any]) -> dict[str, Any]:
    """FLAML's own, without those that only its wrappers and threads know."""
    return {
        name: value for name, value in found["parameters"].items() if name not in {"n_jobs", "verbose", "verbosity"}
    }


def judge(way: TrialFolds, name: str, family: Any, parameters: dict[str, Any], held_out: Any) -> ComparedModel:
    """Every fold, then all rows to learn from and the held-out ones."""
    unhurried = replace(way, search=way.search.model_copy(update={"prune": False}))
    tried = attempt(unhurried, 0, family, parameters, [])
    if tried.state != "finished":
        raise SystemExit(f"{name} cannot be repeated here: {tried.reason}")
    config = configured(way.config, family, parameters)
    model = compose(config, way.signature, way.learn)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit_without_warnings(model, way.learn, family)
        predictions = predict_with_pipeline(model, held_out.frame, config.task)
        served = [serve(model, way.signature, held_out.frame, config.parity) for _ in range(_TURNS)]
    figure = score(way.scoring, predictions, held_out, way.signature.labels or (), config)
    return ComparedModel(f"{name} {family}", tried.score, figure, min(one.latency_us for one in served), served[0].size)


def compare(source: str, task: str, scoring: str, metric: str, seconds: float, python: Path, folder: Path) -> bool:
    """Both searches on one data set; prints both and says whether the claim holds."""
    config = config_of(source, task, scoring, seconds)
    learn, held_out = split(sources.load(config.data, config.task), config.split, config.task)
    signature = describe(learn, learn, config)
    wanted = config.search or SearchConfig()
    way = course(config, wanted, signature, learn)
    theirs = flaml(python, way, held_out, metric, folder)
    found = search(config, wanted, signature, learn, lambda _step, _result: None)
    his = judge(way, "FLAML", theirs["estimator"], known_parameters(theirs), held_out)
    close = [one for one in found.front if one.score >= his.fold_score - WITHIN * abs(his.fold_score)]
    compared_models = [his, judge(way, "taken", found.chosen.family, found.chosen.parameters, held_out)]
    if close:
        compared_models.append(judge(way, "at FLAML's score", close[0].family, close[0].parameters, held_out))
    for one in compared_models:
        sys.stdout.write(
            f"  {one.name:<42} {scoring} {one.fold_score:.4f} on the folds, "
            f"{one.held_out_score:.4f} held out  {one.latency_us:6.1f} us  {one.size:>8} bytes\n"
        )
    ours = compared_models[-1]
    holds = bool(close) and ours.latency_us < his.latency_us
    sys.stdout.write(
        f"{'holds ' if holds else 'BROKEN'} {source}: {ours.fold_score / his.fold_score:.4f} of its score, "
        f"{ours.latency_us / his.latency_us:.2f} of its latency in onnxruntime, from {len(found.tried)} trials; "
        f"FLAML's own predict takes {theirs['python_us']:.0f} us\n"
    )
    sys.stdout.flush()
    return holds


def main() -> int:
    """Three data sets; 0 where the claim holds on all."""
    parser = argparse.ArgumentParser(prog="scripts/prove search", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="what each search may take")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        python = folder / "rival" / "bin" / "python"
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder / "rival"], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", python, FLAML], check=True)
        sys.stdout.write(f"{FLAML}, {seconds:g} s for each search, one thread\n")
        holds = [compare(*case, seconds, python, folder) for case in CASES]
    return 0 if all(holds) else 1


if __name__ == "__main__":
    sys.exit(main())
