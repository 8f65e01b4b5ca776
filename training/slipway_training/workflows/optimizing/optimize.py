"""optimize(subject, rows) -> Trained: every pass and candidate tried on a graph that exists, and one of them chosen.

compare with itself -> build -> measure -> gate -> choose -> publish

What `slipway train` does after its proof, save that the graph itself stands for the pipeline. What may change
predictions is tried only where real rows are there to judge it.
"""

from dataclasses import dataclass, replace

import onnx

from slipway_ml.contract.evaluation import Score
from slipway_ml.contract.variant import Guarantee, Variant
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_ml.runtime.session import OnnxSession
from slipway_training.candidate import ModelCandidate, Trained
from slipway_training.config.optimize import QUANTIZED, Candidate
from slipway_training.data.lineage import recipe_of_optimized
from slipway_training.data.tensors import to_tensors
from slipway_training.errors import ParityError
from slipway_training.evaluation.metrics import scores
from slipway_training.evaluation.predictions import as_probabilities, some
from slipway_training.optimizer import candidates, gates, variants
from slipway_training.optimizer.catalogue import ON_TOP
from slipway_training.optimizer.passes import Material
from slipway_training.optimizer.variants import Built
from slipway_training.parity import parity
from slipway_training.parity.parity import Reference
from slipway_training.progress import Progress
from slipway_training.publishing import write
from slipway_training.workflows.optimizing.reference import expectations
from slipway_training.workflows.optimizing.rows import Rows
from slipway_training.workflows.optimizing.subjects import Subject

NOT_TRIED = "it may change predictions, which only real rows can show; give some with --data"


@dataclass(frozen=True, slots=True)
class Optimized:
    """What came of it: everything a version is made of, with the choice among the variants."""

    subject: Subject
    rows: Rows
    trained: Trained

    @property
    def chosen(self) -> Variant:
        """The variant that was chosen."""
        return next(one for one in self.trained.choice.variants if one.name == self.trained.choice.name)

    @property
    def model(self) -> bytes:
        """Its graph."""
        return self.trained.graphs[self.trained.choice.name]

    @property
    def is_served_already(self) -> bool:
        """Whether the version that it comes from serves this very graph."""
        return self.subject.earlier is not None and self.subject.earlier.read_model() == self.model


def optimize(subject: Subject, rows: Rows, progress: Progress) -> Optimized:
    """Every variant; raises SlipwayError."""
    signature, config = subject.signature, subject.config
    graph = onnx.load_from_string(subject.graph)
    name = f"{subject.what}, as {'exported' if subject.earlier is not None else 'it came'}"
    expected = expectations(graph, signature, rows, config.parity.max_edge_rows, name)

    def objection(model: bytes) -> str:
        return parity.objection(parity.measure(OnnxSession(model), expected, signature, config.parity.tolerance))

    why_not = objection(subject.graph)
    if why_not:
        raise ParityError(
            f"the graph gives single rows other predictions than in a batch, so variants cannot be compared: {why_not}"
        )
    edges = len(expected.probes) - len(rows.judged)
    progress("compare", f"with {name}, on {len(rows.judged):,} rows that judge and {edges:,} others, edges among them")
    judge = rows.kind != "made_up"
    tried = tuple(one for one in config.optimize.candidates if judge or _guarantee(one) == "exact")
    material = Material(to_tensors(rows.calibrate, signature), signature, config.optimize.min_samples)
    built = candidates.build(graph, config.optimize.model_copy(update={"candidates": tried}), material, objection)
    built += [
        Built(one, ON_TOP[one][0], None, _guarantee(one), failure=NOT_TRIED, is_quantized=one in QUANTIZED)
        for one in config.optimize.candidates
        if one not in tried
    ]
    measured = variants.measure(built, expected, rows.target, signature, config)
    progress("optimize", f"{len(measured)} of {len(built)} variants could be built and measured")
    choice = gates.choose(built, measured, config, _own_score(subject, rows, expected))
    progress("gate", f"{sum(v.passed for v in choice.variants)} of {len(choice.variants)} variants passed")
    graphs = {one.name: one.model for one in measured}
    trained = Trained(
        config,
        _candidate(subject, rows),
        some(expected.predictions, slice(expected.held_out)),
        subject.evaluation if rows.kind == "held_out" else None,
        subject.metrics,
        subject.parity,
        choice,
        graphs,
    )
    return Optimized(subject, rows, trained)


def publish(
    found: Optimized, registry: Registry, progress: Progress, *, promote: bool = False, report: bool = True
) -> StoredVersion:
    """The chosen graph as a new version of the model; what was learned is on record as it was. Raises RegistryError."""
    subject, earlier = found.subject, found.subject.earlier
    recipe = subject.recipe
    if earlier is not None:
        recipe = recipe_of_optimized(subject.config, earlier.manifest.provenance, found.model)
    if recipe is None:
        raise AssertionError("neither from a version nor from a file")  # our bug
    return write(registry, found.trained, recipe, promote=promote, report=report, progress=progress, earlier=earlier)


def _guarantee(candidate: Candidate) -> Guarantee:
    return candidates.weakest(ON_TOP[candidate][1])


def _own_score(subject: Subject, rows: Rows, expected: Reference) -> Score | None:
    if rows.target is None:
        return None
    predictions = as_probabilities(some(expected.predictions, slice(expected.held_out)))
    return scores(rows.target, predictions, subject.signature.labels, subject.config.evaluation)[0]


def _candidate(subject: Subject, rows: Rows) -> ModelCandidate:
    """What the pages and the card of a version say of its rows."""
    provenance = subject.earlier.manifest.provenance if subject.earlier is not None else None
    counts = {} if rows.kind == "made_up" else {"given": len(rows.judged)}
    if provenance is not None and rows.kind == "held_out":
        counts = provenance.rows
    candidate = ModelCandidate(
        signature=subject.signature,
        learn=rows.calibrate,
        held_out=rows.judged,
        rows=counts,
        source=rows.source or "nothing but its signature",
        about=f"the graph of {subject.about}",
        findings=subject.findings,
        profile=subject.profile,
    )
    return candidate if rows.target is None else replace(candidate, target=rows.target)
