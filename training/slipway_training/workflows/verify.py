"""Proving a published version again, from what its manifest records, by kind of row."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from slipway_ml.contract.manifest import GoldenRow, ModelManifest, Selection
from slipway_ml.contract.parity import Parity, RowsCompared
from slipway_ml.registry.store import StoredVersion
from slipway_ml.runtime.session import OnnxSession
from slipway_training.config.estimator import EstimatorConfig
from slipway_training.config.evaluation import EvaluationConfig
from slipway_training.config.model import TrainingConfig
from slipway_training.config.proof import GateConfig
from slipway_training.data.conforming import check_cells, conform, true_targets
from slipway_training.data.tensors import to_frame, to_tensors
from slipway_training.evaluation.metrics import gain, scores
from slipway_training.evaluation.predictions import (
    Predictions,
    as_probabilities,
    ask_one_by_one,
    compare,
    predict_with_session,
    some,
    spread_of,
)
from slipway_training.parity.certificate import summary
from slipway_training.parity.mixed_rows import many_rows
from slipway_training.parity.parity import Reference, measure, predict_without_warnings, real_rows, reference
from slipway_training.workflows.train import prepare

Target = pd.Series | pd.DataFrame

_NOT_KEPT = (
    "The pipeline that it came from was not kept, so it was not compared with scikit-learn; publish it again for that."
)
_AGAINST = {False: "its golden rows", True: "its golden rows, and the rows given alone"}
_MOST_ALONE = 1000


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of it, in which kinds of rows more than allowed came out otherwise, and what else there is to say."""

    against: str
    parity: Parity
    broken: tuple[str, ...]
    said: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """No kind of row differs by more than the version was published with."""
        return not self.broken


def repeat_parity_check(stored: StoredVersion, config: TrainingConfig, rows: int) -> Verified:
    """Train again and ask the stored graph; raises SlipwayError.

    The exact graph is asked about so many different rows and must not flip a label. A smaller variant is asked about
    the rows of its certificate, and may change of each kind what is recorded there and what the gate allows on top.
    """
    manifest = stored.manifest
    is_exact = any(one.name == manifest.variant and one.guarantee == "exact" for one in manifest.variants)
    fitted = prepare(_with_chosen(config, manifest.selection), lambda _step, _result: None)
    real, blind_steps = real_rows(fitted.held_out, fitted.learn), manifest.parity.blind_steps
    if is_exact:
        asked = many_rows(fitted.pipeline, fitted.signature, real, rows, blind_steps)
        predictions = predict_without_warnings(fitted.pipeline, asked, fitted.signature)
        spread = spread_of(some(predictions, asked.kinds == real.kinds[0]))
        expected = Reference(asked, int((asked.kinds == real.kinds[0]).sum()), predictions, spread, blind_steps)
    else:
        expected = reference(fitted.pipeline, fitted.signature, real, config.parity, blind_steps)
    tolerance = config.parity.tolerance if is_exact else config.gate.probability_change
    parity = measure(OnnxSession(stored.read_model()), expected, manifest.signature, tolerance)
    broken = _broken_exact(parity) if is_exact else _broken_lossy(parity, manifest, config.gate)
    return Verified("scikit-learn", parity, broken)


def _with_chosen(config: TrainingConfig, selection: Selection | None) -> TrainingConfig:
    """The estimator that a search took, without searching again: timings swing, and another might be taken."""
    if selection is None:
        return config
    document = {"type": selection.chosen.estimator, "parameters": selection.chosen.parameters}
    return config.model_copy(update={"search": None, "estimator": EstimatorConfig.model_validate(document)})


def replay(stored: StoredVersion, rows: pd.DataFrame | None = None, target: Target | None = None) -> Verified:
    """What can be asked of a version whose pipeline was not kept; raises SlipwayError.

    Its golden rows must have the predictions that are stored. Rows that are given must have equal predictions alone and
    in a batch, as a server that batches needs; with their target the score is put beside the one on record.
    """
    manifest = stored.manifest
    golden, signature = manifest.golden_rows, manifest.signature
    session = OnnxSession(stored.read_model())
    frame = to_frame([row.row for row in golden.rows], signature)
    predictions = predict_with_session(session, to_tensors(frame, signature), signature.task)
    kinds = {"golden": compare(_stored_predictions(golden.rows), predictions)}
    said: tuple[str, ...] = (_NOT_KEPT,)
    if rows is not None:
        frame = conform(rows, {feature.name: feature.kind for feature in signature.features}, "check --data")
        check_cells(frame, signature)
        tensors = to_tensors(frame, signature)
        predictions = predict_with_session(session, tensors, signature.task)
        chosen = np.unique(np.linspace(0, len(frame) - 1, _MOST_ALONE).astype(int))
        kinds["given"] = compare(ask_one_by_one(session, tensors, chosen, signature.task), some(predictions, chosen))
        said = (_score(manifest, predictions, target), *said)
    parity = summary(kinds, tolerance=golden.tolerance)
    return Verified(_AGAINST[rows is not None], parity, _broken_exact(parity), said)


def _score(manifest: ModelManifest, predictions: Predictions, target: Target | None) -> str:
    if target is None:
        return "Name their target with --target to have the score beside the one on record."
    signature = manifest.signature
    config = EvaluationConfig.model_validate(manifest.provenance.config.get("evaluation", {}))
    truth = true_targets(target, signature, len(predictions))
    score = scores(truth, as_probabilities(predictions), signature.labels, config)[0]
    interval = f" ({score.interval[0]:.4f} to {score.interval[1]:.4f})" if score.interval is not None else ""
    said = f"{score.name} is {score.value:.4f}{interval} on these {len(predictions)} rows"
    before = next((one for one in manifest.metrics if one.name == score.name), None)
    if before is None:
        return f"{said}; none is on record."
    ends = score.interval or (score.value, score.value)
    best = score.model_copy(update={"value": ends[1] if score.higher_is_better else ends[0]})
    worse = ", worse than chance explains" if gain(best, before.value) < 0 else ""
    return f"{said}, {before.value:.4f} on record{worse}."


def _broken_exact(parity: Parity) -> tuple[str, ...]:
    return tuple(one.kind for one in parity.kinds if one.label_flips or one.largest_difference > parity.tolerance)


def _broken_lossy(parity: Parity, manifest: ModelManifest, gate: GateConfig) -> tuple[str, ...]:
    """Kinds that came out worse than recorded; of a certificate without kinds, the rows it was evaluated on."""
    recorded = next((v.parity for v in manifest.variants if v.name == manifest.variant), None)
    known = {one.kind: one for one in recorded.kinds} if recorded is not None else {}
    return tuple(
        one.kind
        for number, one in enumerate(parity.kinds)
        if (one.kind in known or (not known and number == 0)) and _is_worse(one, known.get(one.kind), gate)
    )


def _is_worse(found: RowsCompared, before: RowsCompared | None, gate: GateConfig) -> bool:
    flips = (before.label_flips if before else 0) + int(gate.flip_share * found.rows)
    difference = (before.largest_difference if before else 0.0) + gate.probability_change
    return found.label_flips > flips or found.largest_difference > difference


def _stored_predictions(rows: tuple[GoldenRow, ...]) -> Predictions:
    if rows[0].value is not None:
        return Predictions(None, np.array([row.numbers for row in rows], dtype=np.float64))
    labels = np.array([row.label for row in rows])
    return Predictions(labels, np.array([row.probabilities or () for row in rows], dtype=np.float64))
