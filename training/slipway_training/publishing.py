"""write(registry, trained, …): everything that a version is made of, written through the registry.

Every way to a version ends here, wherever its pipeline was fitted.
"""

import platform
from datetime import UTC, datetime

import onnx

from slipway_ml import __version__
from slipway_ml.contract.evaluation import About
from slipway_ml.contract.manifest import EarlierVersion, FileDigest, ModelManifest, OnnxFormat, Provenance, schema_of
from slipway_ml.contract.profile import PROFILE_FILE, profile_to_json
from slipway_ml.registry.store import MODEL_FILE, Registry, StoredVersion
from slipway_ml.runtime.session import OnnxSession
from slipway_training.candidate import Trained
from slipway_training.config.model import ModelConfig, TrainingConfig
from slipway_training.data.lineage import Recipe
from slipway_training.parity.golden_rows import TOLERANCE, golden_rows
from slipway_training.progress import UNDER_WAY, Progress
from slipway_training.report.files import MODEL_CARD, REPORT
from slipway_training.report.model_card import model_card


def write(
    registry: Registry,
    trained: Trained,
    recipe: Recipe,
    *,
    promote: bool = False,
    report: bool = True,
    progress: Progress,
    earlier: StoredVersion | None = None,
) -> StoredVersion:
    """The next version; the first that is better than the baseline becomes the champion, any when asked to.

    Raises RegistryError.

    `report` says whether a page of plots is written into it, which takes about a second. `earlier` is the version whose
    graph was optimised anew: what was learned, decided and evaluated is then as it is there.
    """
    progress(UNDER_WAY, "drawing the report and writing the version" if report else "writing the version")
    version = _write(registry, trained, recipe, report, earlier)
    name, number = version.manifest.model_name, version.manifest.model_version
    if promote:
        registry.promote(name, number, reason="promoted when it was trained")
    progress("publish", f"version {number} of {name}")
    return version


def _report(trained: Trained) -> bytes:
    # matplotlib takes its time to import, which a run without a report need not wait for.
    from slipway_training.report.page import render  # noqa: PLC0415

    return render(trained).encode()


def _write(
    registry: Registry, trained: Trained, recipe: Recipe, report: bool, earlier: StoredVersion | None
) -> StoredVersion:
    config, choice = trained.config, trained.choice
    chosen = trained.graphs[choice.name]
    stored_graphs = {v.file: trained.graphs[v.name] for v in choice.variants if v.passed and v.file}
    card = model_card(trained, recipe.libraries)
    files = {MODEL_FILE: chosen, **stored_graphs, MODEL_CARD: card.encode()}
    profile = trained.candidate.profile
    if profile is not None:
        files[PROFILE_FILE] = profile_to_json(profile)
    if report:
        files[REPORT] = _report(trained)
    # Integer kernels predict a little differently on another processor; the gate said how much is acceptable.
    tolerance = TOLERANCE if choice.is_portable else config.gate.probability_change
    golden = golden_rows(OnnxSession(chosen), trained.signature, tolerance)
    created = datetime.now(UTC)

    def build(version: int, digests: dict[str, FileDigest]) -> ModelManifest:
        manifest = ModelManifest(
            schema_=schema_of(trained.signature),
            model_name=config.name,
            model_version=version,
            created_at=created,
            signature=trained.signature,
            onnx=_onnx_format(chosen),
            files=digests,
            variant=choice.name,
            variant_reason=choice.reason,
            variants=choice.variants,
            variant_order={config.optimize.hardware: choice.order},
            quantized=choice.quantized,
            metrics=trained.metrics,
            parity=trained.parity,
            golden_rows=golden,
            findings=trained.candidate.findings,
            decision=trained.candidate.cost.recorded if trained.candidate.cost else None,
            selection=trained.candidate.search.recorded if trained.candidate.search else None,
            provenance=_provenance(trained, recipe),
            about=about(config),
            evaluation=trained.evaluation,
            serving=config.serving,
            inputs=config.inputs,
        )
        return manifest if earlier is None else _as_learnt(manifest, earlier)

    return registry.publish(config.name, files, build)


def _as_learnt(manifest: ModelManifest, earlier: StoredVersion) -> ModelManifest:
    """What the graph of another version has learned is on record there; the recipe is that of the optimisation."""
    known, own = earlier.manifest, manifest.provenance
    made_from = EarlierVersion(version=known.model_version, manifest_sha256=earlier.manifest_sha256)
    kept = {"rows": known.provenance.rows, "sources": known.provenance.sources, "seed": known.provenance.seed}
    return manifest.model_copy(
        update={
            "decision": known.decision,
            "selection": known.selection,
            "evaluation": known.evaluation,
            "findings": known.findings,
            "provenance": own.model_copy(update={**kept, "optimized_from": made_from}),
        }
    )


def about(config: ModelConfig) -> About:
    """What people say of the model."""
    return About(
        description=config.description,
        owner=config.owner,
        intended_use=config.intended_use,
        unit=config.unit,
        limitations=config.limitations,
    )


def _onnx_format(model: bytes) -> OnnxFormat:
    proto = onnx.load_from_string(model)
    return OnnxFormat(ir_version=proto.ir_version, opsets={entry.domain: entry.version for entry in proto.opset_import})


def _provenance(trained: Trained, recipe: Recipe) -> Provenance:
    return Provenance(
        data_digest=recipe.data_digest,
        config_digest=recipe.config_digest,
        code_digest=recipe.code_digest,
        recipe_digest=recipe.digest,
        code_version=__version__,
        config=recipe.config,
        rows=trained.candidate.rows,
        sources=trained.candidate.sources,
        seed=trained.config.split.random_state if isinstance(trained.config, TrainingConfig) else None,
        libraries=recipe.libraries,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
    )
