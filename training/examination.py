"""examine(fitted, …): everything between a fitted pipeline and a version that may be written.

evaluate -> export -> prove parity -> optimize -> gate

It knows nothing of where the pipeline came from: a config of ours, a notebook, a file.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from onnx import ModelProto

from app.contract.manifest import Finding, Parity, Score
from app.contract.signature import Signature
from app.runtime.session import OnnxSession
from training.config.model import ModelConfig
from training.config.proof import ParityConfig
from training.data.tensors import to_tensors
from training.errors import ConversionError, DataCheckFailed, ParityError
from training.evaluation.answers import Answers, ask_pipeline
from training.evaluation.intervals import score_interval
from training.evaluation.metrics import scores
from training.export import parity
from training.export.onnx_export import forms
from training.export.parity import Reference
from training.optimizer import candidates, gates, variants
from training.optimizer.gates import Choice
from training.optimizer.passes import Material
from training.selection.fitting import CostOutcome

BLIND_STEPS = 16
"""What two libraries may be apart by in the last places of a logarithm and what follows, with room to spare."""

Progress = Callable[[str, str], None]
"""Told the name of a step and what came of it, in words, when the step is done."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """A fitted pipeline that takes frames as Table has them, and rows to prove it on.

    `learn` are rows for the ranges of static quantization, `held_out` and `target` are what it is judged on; `rows`
    says how many there are of each, `source` where they came from, in words, `findings` what the checks warned of,
    `cost` what a tuned decision costs.
    """

    pipeline: Any
    signature: Signature
    learn: pd.DataFrame
    held_out: pd.DataFrame
    target: NDArray[Any]
    rows: dict[str, int]
    source: str
    about: str
    findings: tuple[Finding, ...] = ()
    cost: CostOutcome | None = None


@dataclass(frozen=True, slots=True)
class Trained:
    """Everything a version is made of."""

    config: ModelConfig
    fitted: Fitted
    metrics: tuple[Score, ...]
    parity: Parity
    choice: Choice
    graphs: dict[str, bytes]

    @property
    def signature(self) -> Signature:
        """What goes in and what comes out."""
        return self.fitted.signature


def examine(fitted: Fitted, config: ModelConfig, progress: Progress) -> Trained:
    """Every step; raises SlipwayError, whose message names what is wrong and what to do."""
    signature = fitted.signature
    answers = _ask(fitted, config)
    metrics = scores(fitted.target, answers) + (fitted.cost.scores if fitted.cost else ())
    gates.check_score(metrics[0], config.gate)
    progress("evaluate", ", ".join(f"{score.name} {score.value:.4f}" for score in metrics))
    exact, expected, proof = prove_pipeline(fitted, config.parity)
    progress("export", f"{exact.ByteSize()} bytes of ONNX, {len(exact.graph.node)} nodes")
    same = "same labels" if signature.labels else "same values"
    where = f"{proof.rows} real and {proof.edge_rows} edge rows"
    progress("prove parity", f"{same} on {where}, within {proof.largest_difference:.1e}")
    material = Material(to_tensors(fitted.learn, signature), signature, fitted.pipeline)

    def objection(model: bytes) -> str:
        return parity.objection(parity.measure(OnnxSession(model), expected, signature, config.parity.tolerance))

    built = candidates.build(exact, config.optimize, material, objection)
    measured = variants.measure(built, expected, fitted.target, signature, config)
    progress("optimize", f"{len(measured)} of {len(built)} variants could be built and measured")
    choice = gates.choose(built, measured, config, score_interval(fitted.target, answers))
    progress("gate", f"{sum(v.passed for v in choice.variants)} of {len(choice.variants)} variants passed")
    return Trained(config, fitted, metrics, proof, choice, {one.name: one.model for one in measured})


def _ask(fitted: Fitted, config: ModelConfig) -> Answers:
    try:
        answers = ask_pipeline(fitted.pipeline, fitted.held_out, config.task)
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise DataCheckFailed(
            f"the pipeline itself has no answer to the rows ({type(error).__name__}); give rows that it can predict"
        ) from error
    if np.isnan(answers.numbers).any():
        raise DataCheckFailed("the pipeline answers NaN to some of the rows; give rows that it can predict")
    return answers


def prove_pipeline(fitted: Fitted, config: ParityConfig) -> tuple[ModelProto, Reference, Parity]:
    """The first form that agrees, with what it was compared with; where none does, the first refusal is raised.

    The strict proof goes to the last float64 on each side of every threshold. Logarithms and powers differ there by a
    rounding between any two libraries, so a pipeline that fails is asked again, and the steps left out are on record.
    """
    refusal: ParityError | None = None
    real = parity.real_rows(fitted.held_out, fitted.learn)
    for blind_steps in (0, BLIND_STEPS):
        expected = parity.reference(fitted.pipeline, fitted.signature, real, config, blind_steps)
        try:
            for graph in forms(fitted.pipeline, fitted.signature):
                try:
                    return graph, expected, parity.prove(graph.SerializeToString(), expected, fitted.signature, config)
                except ParityError as error:
                    refusal = refusal or error
        except ConversionError:
            if refusal is None:
                raise
    raise refusal or AssertionError("neither proved nor refused")  # our bug
