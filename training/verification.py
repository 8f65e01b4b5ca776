"""Proving a published version again, from what its manifest records, by kind of row."""

from dataclasses import dataclass

import numpy as np

from app.contract.manifest import GoldenRow, ModelManifest, Selection
from app.contract.parity import Parity, RowsCompared
from app.registry.store import StoredVersion
from app.runtime.session import OnnxSession
from training.config.estimator import EstimatorConfig
from training.config.model import TrainingConfig
from training.config.proof import GateConfig
from training.data.tensors import to_frame, to_tensors
from training.evaluation.answers import Answers, ask_session, compare, some, spread_of
from training.export.certification import summary
from training.export.many import many_rows
from training.export.parity import Reference, measure, quietly_ask, real_rows, reference
from training.workflow import prepare


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of it, and in which kinds of rows more than allowed came out otherwise."""

    against: str
    parity: Parity
    broken: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """No kind of row differs by more than the version was published with."""
        return not self.broken


def repeat_proof(stored: StoredVersion, config: TrainingConfig, rows: int) -> Verified:
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
        answers = quietly_ask(fitted.pipeline, asked, fitted.signature)
        spread = spread_of(some(answers, asked.kinds == real.kinds[0]))
        expected = Reference(asked, int((asked.kinds == real.kinds[0]).sum()), answers, spread, blind_steps)
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


def replay_golden_rows(stored: StoredVersion) -> Verified:
    """The stored answers of the synthetic rows; all that can be asked of a version whose pipeline was not kept."""
    manifest = stored.manifest
    golden = manifest.golden_rows
    frame = to_frame([row.row for row in golden.rows], manifest.signature)
    session = OnnxSession(stored.read_model())
    given = ask_session(session, to_tensors(frame, manifest.signature), manifest.signature.task)
    parity = summary({"golden": compare(_stored_answers(golden.rows), given)}, tolerance=golden.tolerance)
    return Verified("its golden rows", parity, _broken_exact(parity))


def _broken_exact(parity: Parity) -> tuple[str, ...]:
    return tuple(one.kind for one in parity.kinds if one.label_flips or one.largest_difference > parity.tolerance)


def _broken_lossy(parity: Parity, manifest: ModelManifest, gate: GateConfig) -> tuple[str, ...]:
    """Kinds that came out worse than recorded; of a certificate without kinds, the rows it was judged on."""
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


def _stored_answers(rows: tuple[GoldenRow, ...]) -> Answers:
    if rows[0].value is not None:
        return Answers(None, np.array([row.numbers for row in rows], dtype=np.float64))
    labels = np.array([row.label for row in rows])
    return Answers(labels, np.array([row.probabilities or () for row in rows], dtype=np.float64))
