"""Proving a published version again, from what its manifest records."""

from dataclasses import dataclass

import numpy as np

from app.contract.manifest import GoldenRow, Parity
from app.registry.store import StoredVersion
from app.runtime.session import OnnxSession
from training.config.model import TrainingConfig
from training.data.tensors import to_frame, to_tensors
from training.evaluation.answers import Answers, ask_pipeline, ask_session, compare, spread_of
from training.export.many import many_rows
from training.optimizer.variants import EXACT
from training.workflow import prepare


@dataclass(frozen=True, slots=True)
class Verified:
    """How many rows were asked of what, and what came of it; `parity` holds what is allowed too."""

    against: str
    parity: Parity
    allowed_flips: int = 0

    @property
    def holds(self) -> bool:
        """No more labels and no larger difference than the version was published with."""
        is_close = self.parity.largest_difference <= self.parity.tolerance
        return self.parity.label_flips <= self.allowed_flips and is_close

    def line(self) -> str:
        """For people."""
        found = self.parity
        return (
            f"{found.rows} rows against {self.against}: {found.label_flips} labels differ, largest difference "
            f"{found.largest_difference:.1e}, 99.9 % within {found.p999_difference:.1e} ({found.tolerance:.1e} allowed)"
        )


def repeat_proof(stored: StoredVersion, config: TrainingConfig, rows: int) -> Verified:
    """Train again, and ask the stored graph about so many different rows; raises SlipwayError.

    The exact graph must not flip a label. A smaller variant may do what the gate allows, which is part of the config.
    """
    manifest = stored.manifest
    fitted = prepare(config, lambda _step, _result: None)
    asked = many_rows(fitted.pipeline, fitted.signature, fitted.held_out, rows, manifest.parity.blind_steps)
    expected = ask_pipeline(fitted.pipeline, asked, config.task)
    judged = ask_pipeline(fitted.pipeline, fitted.held_out, config.task)
    given = ask_session(OnnxSession(stored.read_model()), to_tensors(asked, manifest.signature), config.task)
    is_exact = manifest.variant == EXACT
    tolerance = config.parity.tolerance if is_exact else config.gate.probability_change
    allowed = 0 if is_exact else int(config.gate.flip_share * len(asked))
    return Verified("scikit-learn", _parity(expected, given, spread_of(judged), tolerance), allowed)


def replay_golden_rows(stored: StoredVersion) -> Verified:
    """The stored answers of the synthetic rows; all that can be asked of a version whose pipeline was not kept."""
    manifest = stored.manifest
    golden = manifest.golden_rows
    frame = to_frame([row.row for row in golden.rows], manifest.signature)
    session = OnnxSession(stored.read_model())
    given = ask_session(session, to_tensors(frame, manifest.signature), manifest.signature.task)
    expected = _stored_answers(golden.rows)
    return Verified("its golden rows", _parity(expected, given, 1.0, golden.tolerance))


def _stored_answers(rows: tuple[GoldenRow, ...]) -> Answers:
    if rows[0].value is not None:
        return Answers(None, np.array([[row.value] for row in rows], dtype=np.float64))
    labels = np.array([row.label for row in rows])
    return Answers(labels, np.array([row.probabilities or () for row in rows], dtype=np.float64))


def _parity(expected: Answers, given: Answers, spread: float, tolerance: float) -> Parity:
    differences = compare(expected, given, spread)
    finite = np.minimum(differences.change, np.finfo(np.float64).max)
    return Parity(
        rows=len(expected),
        edge_rows=0,
        label_flips=int(differences.flips.sum()),
        largest_difference=float(finite.max(initial=0.0)),
        p999_difference=float(np.quantile(finite, 0.999, method="higher")),
        tolerance=tolerance,
    )
