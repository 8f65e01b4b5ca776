"""Signatures, manifests and registries of tiny real models for the tests."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from slipway_ml.contract.evaluation import Comparison, Evaluation, Score
from slipway_ml.contract.manifest import Cell, FileDigest, GoldenRow, GoldenRows, ModelManifest, OnnxFormat, Provenance
from slipway_ml.contract.parity import Parity
from slipway_ml.contract.profile import PROFILE_FILE, Profile, profile_to_json
from slipway_ml.contract.signature import Feature, Kind, Label, Signature, Task
from slipway_ml.contract.variant import Variant
from slipway_ml.registry.store import MODEL_FILE, Registry, StoredVersion
from slipway_ml.runtime.session import OnnxSession
from slipway_ml.serving.manifest_rows import to_tensors
from tests.graphs import sum_graph

_DIGEST = "0" * 64


def matrix_signature(
    features: int = 3, labels: tuple[Label, ...] | None = None, *, nullable: bool = False
) -> Signature:
    """All-numeric: one input X."""
    names = [f"f{number}" for number in range(features)]
    return Signature(
        task=Task.REGRESSION if labels is None else Task.CLASSIFICATION,
        layout="matrix",
        features=tuple(Feature(name=name, kind=Kind.NUMBER, nullable=nullable, example=1.5) for name in names),
        labels=labels,
    )


def mixed_signature() -> Signature:
    """One input per column, of every kind, with and without missing values."""
    return Signature(
        task=Task.REGRESSION,
        layout="columns",
        features=(
            Feature(name="age", kind=Kind.NUMBER, nullable=True, minimum=0, maximum=80, example=30.5),
            Feature(name="rooms", kind=Kind.INTEGER, example=3),
            Feature(name="floors", kind=Kind.INTEGER, nullable=True, example=2),
            Feature(name="garden", kind=Kind.BOOLEAN, example=True),
            Feature(name="city", kind=Kind.CATEGORY, categories=("Bonn", "Ulm"), nullable=True, example="Ulm"),
            Feature(
                name="heating",
                kind=Kind.CATEGORY,
                categories=("gas", "oil"),
                unseen_categories="refused",
                example="gas",
            ),
        ),
    )


def with_golden_row(value: float) -> Callable[[ModelManifest], ModelManifest]:
    """A manifest whose only golden row has this number in its one feature."""
    row = GoldenRow(row={"f0": value}, value=value)
    return lambda manifest: manifest.model_copy(update={"golden_rows": GoldenRows(rows=(row,), tolerance=1e-6)})


def slow_signature(example: float = 20_000.0) -> Signature:
    """For the looping graph: its golden row is slow too, so that a server knows it to be."""
    feature = Feature(name="f0", kind=Kind.NUMBER, example=example)
    return Signature(task=Task.REGRESSION, layout="matrix", features=(feature,))


def golden_rows(signature: Signature, graph: bytes, rows: list[dict[str, Cell]] | None = None) -> GoldenRows:
    """Answers that this graph gives for these rows (default: the features' examples)."""
    rows = rows or [{feature.name: feature.example for feature in signature.features}]
    outputs = OnnxSession(graph).run(to_tensors(signature, rows))
    if signature.labels is None:
        return GoldenRows(
            rows=tuple(
                GoldenRow(row=row, value=float(value)) for row, value in zip(rows, outputs[0].ravel(), strict=True)
            ),
            tolerance=1e-6,
        )
    if not signature.has_probabilities:
        labelled = zip(rows, outputs[0].tolist(), strict=True)
        return GoldenRows(rows=tuple(GoldenRow(row=row, label=label) for row, label in labelled), tolerance=1e-6)
    answers = zip(rows, outputs[0].tolist(), outputs[1].tolist(), strict=True)
    return GoldenRows(
        rows=tuple(GoldenRow(row=row, label=label, probabilities=tuple(p)) for row, label, p in answers),
        tolerance=1e-6,
    )


def make_manifest(
    name: str, version: int, signature: Signature, graph: bytes, files: dict[str, FileDigest]
) -> ModelManifest:
    """A complete manifest whose measurements are made up and whose golden rows are true."""
    parity = Parity(rows=10, edge_rows=0, label_flips=0, largest_difference=0.0, p999_difference=0.0, tolerance=1e-5)
    return ModelManifest(
        model_name=name,
        model_version=version,
        created_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        signature=signature,
        onnx=OnnxFormat(ir_version=10, opsets={"": 21}),
        files=files,
        variant="fp32",
        variant_reason="the only one",
        variants=(Variant(name="fp32", description="as exported", size=len(graph), passed=True, verdict="exact"),),
        metrics=(),
        parity=parity,
        golden_rows=golden_rows(signature, graph),
        provenance=Provenance(
            data_digest=_DIGEST,
            config_digest=_DIGEST,
            code_digest=_DIGEST,
            recipe_digest=_DIGEST,
            code_version="0",
            config={},
            rows={},
            libraries={},
            python="3",
            platform="test",
        ),
    )


def publish(
    root: Path,
    name: str = "sum",
    signature: Signature | None = None,
    graph: bytes | None = None,
    change: Callable[[ModelManifest], ModelManifest] = lambda manifest: manifest,
    profile: Profile | None = None,
) -> StoredVersion:
    """Publish a version into a registry folder; by default a model that sums three numbers."""
    signature = signature or matrix_signature()
    content = graph or sum_graph(signature)
    beside = {} if profile is None else {PROFILE_FILE: profile_to_json(profile)}
    return Registry(root).publish(
        name,
        {MODEL_FILE: content, **beside},
        lambda version, files: change(make_manifest(name, version, signature, content, files)),
    )


def no_better_than_baseline(manifest: ModelManifest) -> ModelManifest:
    """The same version with an evaluation by which it knows no more than the baseline."""
    baseline = Comparison(other="always the mean", score=Score(name="r2", value=0.0), difference=-0.1)
    update = {"evaluation": Evaluation(rows=10, confidence=0.95, resamples=100, baseline=baseline)}
    return manifest.model_copy(update=update)
