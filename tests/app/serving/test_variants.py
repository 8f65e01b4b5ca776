"""The graph that runs: the first of the manifest's order for the hardware, or the one that was pinned."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from slipway_ml.contract.manifest import FileDigest, ModelManifest
from slipway_ml.contract.model_options import ModelOptions
from slipway_ml.contract.variant import Variant
from slipway_ml.errors import DamagedVersion
from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.registry.store import MODEL_FILE, Registry, StoredVersion
from slipway_ml.runtime.providers import CPU_PROVIDER
from slipway_ml.serving.batcher import QueueLimits
from slipway_ml.serving.options import ServingOptions
from slipway_ml.serving.servable import Servable, open_servable
from tests.factories import make_manifest, slow_signature
from tests.graphs import looping_graph, sum_graph

SIGNATURE = slow_signature(5000.0)
SLOW, FAST = looping_graph(SIGNATURE), sum_graph(SIGNATURE)
"""Both answer with the row's one number, the first by counting up to it."""

OTHER_FIRST = {"cpu": ("other", "published"), "gpu": ("published",)}


def version(
    root: Path,
    published: bytes = SLOW,
    other: bytes = FAST,
    *,
    order: dict[str, tuple[str, ...]] | None = None,
    bit_equal: bool = True,
    passed: bool = True,
) -> StoredVersion:
    """A version with the variants "published" and "other"."""

    def manifest(number: int, files: dict[str, FileDigest]) -> ModelManifest:
        made = make_manifest("m", number, SIGNATURE, published, files)
        first = made.variants[0].model_copy(update={"name": "published", "file": MODEL_FILE})
        second = Variant(
            name="other", description="", file="variants/other.onnx", bit_equal=bit_equal, passed=passed, verdict=""
        )
        said = {"variant": "published", "variants": (first, second), "variant_order": order or {}}
        return made.model_copy(update=said)

    return Registry(root).publish("m", {MODEL_FILE: published, "variants/other.onnx": other}, manifest)


def served(stored: StoredVersion, variant: str | None = None) -> Servable:
    models = {"m": ModelOptions(variant=variant)}
    options = ServingOptions([CPU_PROVIDER], "cpu", 1, QueueLimits(8, 8), 1.0, ContentLimits(), models)
    with ThreadPoolExecutor(1) as executor:
        return open_servable(stored, options, executor, Metrics())


def test_first_of_the_order_for_the_hardware_serves(tmp_path: Path) -> None:
    variant = served(version(tmp_path, FAST, SLOW, order=OTHER_FIRST)).variant

    assert (variant.name, variant.reason) == ("other", "the first in the manifest's order for a CPU")


def test_published_graph_serves_where_its_version_has_no_order_for_the_hardware(tmp_path: Path) -> None:
    assert served(version(tmp_path)).variant.name == "published"
    assert served(version(tmp_path, order={"gpu": ("other",)})).variant.reason == "the published one"


def test_only_the_graph_that_serves_is_read(tmp_path: Path) -> None:
    stored = version(tmp_path, order=OTHER_FIRST)
    (stored.folder / MODEL_FILE).unlink()

    assert served(stored).variant.name == "other"


@pytest.mark.parametrize(("bit_equal", "passed"), [(False, True), (True, False)], ids=["answers otherwise", "refused"])
def test_variant_is_never_chosen_here(tmp_path: Path, bit_equal: bool, passed: bool) -> None:
    stored = version(tmp_path, order=OTHER_FIRST, bit_equal=bit_equal, passed=passed)

    assert served(stored).variant.name == "published"
    with pytest.raises(DamagedVersion, match="no variant 'other' that may serve; it has: published"):
        served(stored, "other")


@pytest.mark.parametrize("damage", [b"", b"no graph"])
@pytest.mark.parametrize("pinned", [None, "other"])
def test_published_graph_stands_in_for_a_damaged_variant(tmp_path: Path, damage: bytes, pinned: str | None) -> None:
    stored = version(tmp_path, order=OTHER_FIRST)
    (stored.folder / "variants/other.onnx").write_bytes(damage)

    variant = served(stored, pinned).variant

    assert variant.name == "published"
    assert variant.reason.startswith("other")
    assert variant.reason.endswith("cannot be used")


@pytest.mark.parametrize("name", ["published", "other"])
def test_pinned_variant_serves_whatever_the_order(tmp_path: Path, name: str) -> None:
    variant = served(version(tmp_path, order=OTHER_FIRST), name).variant

    assert (variant.name, variant.reason) == (name, "pinned")
