"""run(config, …): from a config to a published version. The steps in order, and nothing else happens.

load -> validate -> split -> fit -> evaluate -> export -> prove parity -> quantize -> gate -> publish

Nothing is written before the last step, so a refusal at any step leaves the models folder as it was.
"""

from collections.abc import Callable
from dataclasses import dataclass

from app.registry.store import Registry, StoredVersion
from training.config import TrainingConfig
from training.data import checks, lineage, sources
from training.data.schema import describe
from training.data.splits import split
from training.data.tensors import to_tensors
from training.evaluation.answers import ask_pipeline
from training.evaluation.metrics import scores
from training.export import parity
from training.export.onnx_export import export
from training.optimizer import candidates, gates, variants
from training.pipeline import fit
from training.publishing import Trained, publish

Progress = Callable[[str, str], None]
"""Told the name of a step and what came of it, in words, when the step is done."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The version that was written and what it is made of."""

    version: StoredVersion
    trained: Trained


def train(config: TrainingConfig, progress: Progress) -> Trained:
    """Every step but the last; raises SlipwayError, whose message names what is wrong and what to do."""
    recipe = lineage.recipe(config)
    table = sources.load(config.data, config.task)
    progress("load", f"{len(table.target)} rows, {len(table.kinds)} columns from {config.data.source}")
    checks.check_table(table, config)
    progress("validate", "columns, target and missing values are usable")
    learn, held_out = split(table, config.split, config.task)
    checks.check_split(learn, held_out, config)
    progress("split", f"{len(learn.target)} rows to learn from, {len(held_out.target)} held out, no column leaks")
    signature = describe(table, learn, config)
    pipeline, note = fit(config, signature, learn)
    progress("fit", config.estimator.type + note)
    answers = ask_pipeline(pipeline, held_out.frame, config.task)
    metrics = scores(held_out.target, answers)
    gates.check_score(metrics[0], config.gate)
    progress("evaluate", ", ".join(f"{score.name} {score.value:.4f}" for score in metrics))
    exact = export(pipeline, signature)
    progress("export", f"{exact.ByteSize()} bytes of ONNX, {len(exact.graph.node)} nodes")
    expected = parity.reference(pipeline, signature, held_out.frame, config.parity)
    proof = parity.prove(exact.SerializeToString(), expected, signature, config.parity)
    same = "same labels" if signature.labels else "same values"
    where = f"{proof.rows} held-out and {proof.edge_rows} edge rows"
    progress("prove parity", f"{same} on {where}, within {proof.largest_difference:.1e}")
    built = candidates.build(exact, config.quantize, to_tensors(learn.frame, signature))
    measured = variants.measure(built, expected, held_out.target, signature, config.gate)
    progress("quantize", f"{len(measured) - 1} smaller variants measured")
    choice = gates.choose(built, measured, config.gate, config.task)
    progress("gate", f"{sum(v.passed for v in choice.variants)} of {len(choice.variants)} variants passed")
    rows = {"train": len(learn.target), "held_out": len(held_out.target)}
    graphs = {one.name: one.model for one in measured}
    return Trained(config, recipe, signature, rows, metrics, proof, choice, graphs)


def run(config: TrainingConfig, registry: Registry, progress: Progress, *, promote: bool = False) -> Outcome:
    """Train and publish; the first version of a model becomes its champion, a later one when asked to."""
    trained = train(config, progress)
    version = publish(registry, trained)
    number = version.manifest.model_version
    if promote:
        registry.promote(config.name, number, reason="promoted when it was trained")
    progress("publish", f"version {number} of {config.name}")
    return Outcome(version, trained)
