"""publish(...): what training found out, written as one immutable version through the registry."""

import platform
from dataclasses import dataclass
from datetime import UTC, datetime

import onnx

from app import __version__
from app.contract.manifest import FileDigest, ModelManifest, OnnxFormat, Parity, Provenance, Score
from app.contract.signature import Signature
from app.registry.store import MODEL_FILE, Registry, StoredVersion
from app.runtime.session import OnnxSession
from training.config import TrainingConfig
from training.data.lineage import Recipe
from training.export.golden import TOLERANCE, golden_rows
from training.optimizer.gates import Choice
from training.report.model_card import model_card

MODEL_CARD = "model_card.md"


@dataclass(frozen=True, slots=True)
class Trained:
    """Everything a version is made of."""

    config: TrainingConfig
    recipe: Recipe
    signature: Signature
    rows: dict[str, int]
    metrics: tuple[Score, ...]
    parity: Parity
    choice: Choice
    graphs: dict[str, bytes]


def publish(registry: Registry, trained: Trained) -> StoredVersion:
    """Write the next version; raises RegistryError."""
    chosen = trained.graphs[trained.choice.name]
    stored_graphs = {v.file: trained.graphs[v.name] for v in trained.choice.variants if v.passed and v.file}
    card = model_card(trained.config, trained.rows, trained.metrics, trained.parity, trained.choice)
    files = {MODEL_FILE: chosen, **stored_graphs, MODEL_CARD: card.encode()}
    # Integer kernels answer a little differently on another processor; the gate said how much is acceptable.
    tolerance = TOLERANCE if trained.choice.is_portable else trained.config.gate.probability_change
    golden = golden_rows(OnnxSession(chosen), trained.signature, tolerance)
    created = datetime.now(UTC)

    def build(version: int, digests: dict[str, FileDigest]) -> ModelManifest:
        return ModelManifest(
            model_name=trained.config.name,
            model_version=version,
            created_at=created,
            signature=trained.signature,
            onnx=_onnx_format(chosen),
            files=digests,
            variant=trained.choice.name,
            variant_reason=trained.choice.reason,
            variants=trained.choice.variants,
            metrics=trained.metrics,
            parity=trained.parity,
            golden_rows=golden,
            provenance=_provenance(trained),
        )

    return registry.publish(trained.config.name, files, build)


def _onnx_format(model: bytes) -> OnnxFormat:
    proto = onnx.load_from_string(model)
    return OnnxFormat(ir_version=proto.ir_version, opsets={entry.domain: entry.version for entry in proto.opset_import})


def _provenance(trained: Trained) -> Provenance:
    recipe = trained.recipe
    return Provenance(
        data_digest=recipe.data_digest,
        config_digest=recipe.config_digest,
        code_digest=recipe.code_digest,
        recipe_digest=recipe.digest,
        code_version=__version__,
        config=recipe.config,
        rows=trained.rows,
        libraries=recipe.libraries,
        python=platform.python_version(),
        platform=f"{platform.system()} {platform.machine()}",
    )
