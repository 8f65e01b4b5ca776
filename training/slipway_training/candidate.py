"""examine(fitted, …): everything between a fitted pipeline and a version that may be written.

evaluate -> export -> check parity -> optimize -> gate

It knows nothing of where the pipeline came from: a config of ours, a notebook, a file.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from onnx import ModelProto

from slipway_ml.contract.evaluation import Evaluation, Score
from slipway_ml.contract.manifest import Finding, SourceRecord
from slipway_ml.contract.parity import GivenRows, Parity
from slipway_ml.contract.profile import Profile
from slipway_ml.contract.signature import Signature
from slipway_ml.runtime.session import OnnxSession
from slipway_training.config.model import ModelConfig
from slipway_training.config.proof import ParityConfig
from slipway_training.data.lineage import as_saved
from slipway_training.data.tensors import to_tensors
from slipway_training.errors import ConversionError, DataCheckFailed, ParityError
from slipway_training.evaluation import compared_models
from slipway_training.evaluation import gates as model_gates
from slipway_training.evaluation.compared_models import Incumbent
from slipway_training.evaluation.outcome import EvaluatedRows, evaluate
from slipway_training.evaluation.predictions import Predictions, needs_double, predict_with_pipeline
from slipway_training.export.onnx_export import forms
from slipway_training.export.sub_estimators import tree_nodes
from slipway_training.optimizer import candidates, gates, variants
from slipway_training.optimizer.gates import Choice
from slipway_training.optimizer.passes import Material
from slipway_training.parity import as_given, parity
from slipway_training.parity.as_given import AsUsed
from slipway_training.parity.diagnosis import first_difference
from slipway_training.parity.neighbor_ties import refuse_neighbor_ties
from slipway_training.parity.parity import Reference
from slipway_training.progress import UNDER_WAY, Progress
from slipway_training.selection.curves import Curve
from slipway_training.selection.fitting import CostOutcome
from slipway_training.selection.search import SearchOutcome

_MANY_NODES = 500_000
_FIXED_SECONDS, _NODE_SECONDS = 10.0, 8e-6
"""What proving and publishing takes on one core of 2026, for a forest of any size and for each node."""

BLIND_STEPS = 16
"""What two libraries may be apart by in the last places of a logarithm and what follows, with room to spare."""


def _nothing() -> NDArray[Any]:
    return np.empty(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCandidate:
    """A model that may become a version, and the rows that are known of it: a fitted pipeline, or a graph alone.

    `learn` are the rows that say what its columns are like, `held_out` and `target` those it is evaluated on, `target`
    being empty where nothing is known to judge by; `rows` says how many there are of each, `source` where they came
    from and `about` what it is, in words, `findings` what the checks warned of, `cost` what a tuned decision costs,
    `sources` the tables that were joined, `search` how the estimator was found, `groups` which held-out rows belong
    together, where a column says so, `profile` what the rows to learn from were like, None where none were given.
    """

    signature: Signature
    learn: pd.DataFrame
    held_out: pd.DataFrame
    target: NDArray[Any] = field(default_factory=_nothing)
    rows: dict[str, int]
    source: str
    about: str
    findings: tuple[Finding, ...] = ()
    cost: CostOutcome | None = None
    sources: tuple[SourceRecord, ...] = ()
    search: SearchOutcome | None = None
    curves: tuple[Curve, ...] = ()
    groups: NDArray[Any] | None = None
    profile: Profile | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted(ModelCandidate):
    """A fitted pipeline that takes frames as Table has them; it has learned `learn_target` from the rows `learn`.

    `as_used` are the rows as a user gave them, with the predictions of the user's own pipeline; empty where the rows
    are ours.
    """

    pipeline: Any
    learn_target: NDArray[Any]
    as_used: tuple[AsUsed, ...] = ()


@dataclass(frozen=True, slots=True)
class Trained:
    """Everything a version is made of; `predictions` are the candidate's to the held-out rows.

    `evaluation` is None where nothing was known to judge by.
    """

    config: ModelConfig
    candidate: ModelCandidate
    predictions: Predictions
    evaluation: Evaluation | None
    metrics: tuple[Score, ...]
    parity: Parity
    choice: Choice
    graphs: dict[str, bytes]

    @property
    def signature(self) -> Signature:
        """What goes in and what comes out."""
        return self.candidate.signature


def examine(fitted: Fitted, config: ModelConfig, progress: Progress, champion: Incumbent | None = None) -> Trained:
    """Every step; raises SlipwayError, whose message names what is wrong and what to do."""
    signature = fitted.signature
    if (nodes := tree_nodes(fitted.pipeline)) > _MANY_NODES:
        seconds = _FIXED_SECONDS + nodes * _NODE_SECONDS
        progress("size", f"{nodes:,} nodes of trees, which take about {seconds:.0f} s to prove and publish")
    progress(UNDER_WAY, "evaluating on the held-out rows")
    refuse_neighbor_ties(fitted.pipeline, parity.real_rows(fitted.held_out, fitted.learn).frame)
    predictions = _ask(fitted, config)
    if needs_double(predictions, config.parity.tolerance):
        signature = signature.changed(double_values=True)
        fitted = replace(fitted, signature=signature)
    metrics, evaluation = _evaluate(fitted, predictions, config, champion)
    metrics += fitted.cost.scores if fitted.cost else ()
    model_gates.check(metrics, evaluation, config.gate)
    progress("evaluate", _in_words(metrics[0], evaluation))
    progress(UNDER_WAY, "exporting, and comparing the graph with the pipeline")
    exact, expected, proof = check_parity(fitted, config.parity)
    proof = _with_given(proof, exact.SerializeToString(), fitted, config.parity)
    progress("export", f"{exact.ByteSize()} bytes of ONNX, {len(exact.graph.node)} nodes")
    same = "same labels" if signature.labels else "same values"
    where = f"{proof.rows} real and {proof.edge_rows} edge rows"
    progress("check parity", f"{same} on {where}, within {proof.largest_difference:.1e}")
    material = Material(to_tensors(fitted.learn, signature), signature, config.optimize.min_samples)

    def objection(model: bytes) -> str:
        return parity.objection(parity.measure(OnnxSession(model), expected, signature, config.parity.tolerance))

    progress(UNDER_WAY, "building smaller variants and measuring them")
    built = candidates.build(exact, config.optimize, material, objection)
    measured = variants.measure(built, expected, fitted.target, signature, config)
    progress("optimize", f"{len(measured)} of {len(built)} variants could be built and measured")
    choice = gates.choose(built, measured, config, metrics[0])
    progress("gate", f"{sum(v.passed for v in choice.variants)} of {len(choice.variants)} variants passed")
    return Trained(
        config, fitted, predictions, evaluation, metrics, proof, choice, {one.name: one.model for one in measured}
    )


def _with_given(proof: Parity, model: bytes, fitted: Fitted, config: ParityConfig) -> Parity:
    """The certificate with the second claim; raises DtypeDifference."""
    if not fitted.as_used:
        return proof
    found = [as_given.compare_own(model, used, fitted.signature, config) for used in fitted.as_used]
    whole = GivenRows(
        rows=sum(one.rows for one in found),
        differing=sum(one.differing for one in found),
        label_flips=sum(one.label_flips for one in found),
        largest_difference=max(one.largest_difference for one in found),
        reason=next((one.reason for one in found if one.reason), ""),
    )
    return proof.model_copy(update={"as_given": whole})


def _ask(fitted: Fitted, config: ModelConfig) -> Predictions:
    try:
        predictions = predict_with_pipeline(fitted.pipeline, fitted.held_out, config.task)
    except (ValueError, IndexError, KeyError, TypeError) as error:
        raise DataCheckFailed(
            f"the pipeline cannot predict the rows ({type(error).__name__}); give rows that it can predict"
        ) from error
    if np.isnan(predictions.numbers).any():
        raise DataCheckFailed("the pipeline predicts NaN for some of the rows; give rows that it can predict")
    return predictions


def _evaluate(
    fitted: Fitted, predictions: Predictions, config: ModelConfig, champion: Incumbent | None
) -> tuple[tuple[Score, ...], Evaluation]:
    judged = EvaluatedRows(fitted.learn, fitted.held_out, fitted.target, predictions, fitted.signature, fitted.groups)
    compared_model = None
    if champion is not None:
        compared_model = compared_models.champion(champion, fitted.held_out, fitted.signature, as_saved(config))
    return evaluate(
        judged,
        config.evaluation,
        compared_models.baseline(fitted.learn_target, fitted.held_out, config.task),
        compared_model,
    )


def _in_words(first: Score, evaluation: Evaluation) -> str:
    words = f"{first.name} {first.value:.4f}"
    if first.interval is not None:
        words += f" ({first.interval[0]:.4f} to {first.interval[1]:.4f})"
    for compared_model in (evaluation.baseline, evaluation.champion):
        if compared_model is not None and compared_model.score is not None:
            words += f"; {compared_model.other}: {compared_model.score.value:.4f}"
    worst = evaluation.found_slices[0] if evaluation.found_slices else None
    return words + (f"; worse where {worst.name}: {worst.score.value:.4f}" if worst is not None else "")


def check_parity(fitted: Fitted, config: ParityConfig) -> tuple[ModelProto, Reference, Parity]:
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
    if refusal is None:
        raise AssertionError("neither agreed nor refused")  # our bug
    clause = first_difference(fitted.pipeline, fitted.signature, expected.frame)
    raise ParityError(f"{refusal}; {clause}" if clause else str(refusal)) from refusal
