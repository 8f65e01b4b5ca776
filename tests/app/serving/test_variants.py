"""The graph that runs: the fastest of those that give the same bits, or the one that was pinned."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slipway_ml.contract.manifest import FileDigest, ModelManifest, Variant
from slipway_ml.contract.model_options import ModelOptions
from slipway_ml.errors import DamagedVersion
from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.registry.store import MODEL_FILE, Registry, StoredVersion
from slipway_ml.runtime.providers import CPU_PROVIDER
from slipway_ml.serving.batcher import QueueLimits
from slipway_ml.serving.options import ServingOptions
from slipway_ml.serving.servable import Servable, open_servable
from tests.factories import looping_graph, make_manifest, slow_signature, sum_graph

SIGNATURE = slow_signature(5000.0)
SLOW, FAST = looping_graph(SIGNATURE), sum_graph(SIGNATURE)
"""Both answer with the row's one number, the first by counting up to it."""


def version(
    root: Path, published: bytes, other: bytes, *, bit_equal: bool = True, passed: bool = True
) -> StoredVersion:
    """A version with the variants "published" and "other"."""

    def manifest(number: int, files: dict[str, FileDigest]) -> ModelManifest:
        made = make_manifest("m", number, SIGNATURE, published, files)
        first = made.variants[0].model_copy(update={"name": "published", "file": MODEL_FILE})
        second = Variant(
            name="other", description="", file="variants/other.onnx", bit_equal=bit_equal, passed=passed, verdict=""
        )
        return made.model_copy(update={"variant": "published", "variants": (first, second)})

    return Registry(root).publish("m", {MODEL_FILE: published, "variants/other.onnx": other}, manifest)


def served(stored: StoredVersion, variant: str | None = None) -> Servable:
    models = {"m": ModelOptions(variant=variant)}
    options = ServingOptions([CPU_PROVIDER], "cpu", 1, QueueLimits(8, 8), 1.0, ContentLimits(), models)
    with ThreadPoolExecutor(1) as executor:
        return open_servable(stored, options, executor, Metrics())


def test_faster_variant_with_the_same_bits_serves(tmp_path: Path) -> None:
    variant = served(version(tmp_path, SLOW, FAST)).variant

    assert variant.name == "other"
    assert variant.reason.startswith("timed here at 1 and 64 rows: published ")


def test_published_graph_serves_where_it_is_the_fastest(tmp_path: Path) -> None:
    assert served(version(tmp_path, FAST, SLOW)).variant.name == "published"


@pytest.mark.parametrize(
    "said", [{"bit_equal": False}, {"passed": False}], ids=["that may answer differently", "that was refused"]
)
def test_variant_is_never_chosen_here(tmp_path: Path, said: dict[str, bool]) -> None:
    stored = version(tmp_path, SLOW, FAST, **said)

    assert served(stored).variant.name == "published"
    with pytest.raises(DamagedVersion, match="no variant 'other' that may serve; it has: published"):
        served(stored, "other")


def test_variant_that_answers_differently_after_all_is_left_out(tmp_path: Path) -> None:
    assert served(version(tmp_path, SLOW, sum_graph(SIGNATURE, offset=1.0))).variant.name == "published"


@pytest.mark.parametrize("damage", [b"", b"no graph"])
def test_damaged_variant_is_left_out(tmp_path: Path, damage: bytes) -> None:
    stored = version(tmp_path, SLOW, FAST)
    (stored.folder / "variants/other.onnx").write_bytes(damage)

    assert served(stored).variant.name == "published"


@pytest.mark.parametrize("name", ["published", "other"])
def test_pinned_variant_serves_whatever_its_speed(tmp_path: Path, name: str) -> None:
    assert served(version(tmp_path, SLOW, FAST), name).variant.name == name
    assert served(version(tmp_path, FAST, SLOW), name).variant.reason == "pinned"
