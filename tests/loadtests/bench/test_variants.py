"""bench --variants: which variants it measures, and what it makes of the figures."""

import json
from pathlib import Path

import pytest

from slipway_loadtests.bench.variants import VariantFigure, advice, best, interchangeable
from slipway_loadtests.errors import CannotRun

SERVED = VariantFigure("compact", 100.0, 1000.0, 70.0, 1.0)


def test_only_stored_variants_with_the_same_bits_are_measured(tmp_path: Path) -> None:
    entries = {
        "exported": (True, True, "variants/exported.onnx"),
        "refused": (False, True, None),
        "other_bits": (True, False, "variants/other_bits.onnx"),
        "compact": (True, True, "variants/compact.onnx"),
    }
    variants = [
        {"name": name, "passed": passed, "bit_equal": bit_equal, "file": file}
        for name, (passed, bit_equal, file) in entries.items()
    ]
    files: dict[str, dict[str, object]] = {file: {} for _, _, file in entries.values() if file}
    manifest = tmp_path / "manifest.json"
    manifest.write_text(json.dumps({"variant": "compact", "variants": variants, "files": files}))

    assert interchangeable(manifest) == ["compact", "exported"]


def test_folder_without_the_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="the service may serve another folder"):
        interchangeable(tmp_path / "manifest.json")


def test_another_variant_is_chosen_only_where_it_is_clearly_faster() -> None:
    close, faster = (VariantFigure(name, us, us * 10, 70.0, 1.0) for name, us in (("close", 97.0), ("faster", 80.0)))

    assert best("compact", [SERVED, close]) is SERVED
    assert best("compact", [SERVED, close, faster]) is faster


def test_advice_is_a_file_that_the_server_takes() -> None:
    faster = VariantFigure("tree_ensemble", 50.0, 500.0, 70.0, 1.0)

    lines = list(advice("churn.v2", "compact", [SERVED, faster]))

    assert lines[0].startswith("This machine would choose tree_ensemble: 50% of the time of compact")
    assert lines[-2:] == ['  [models."churn.v2"]', '  variant = "tree_ensemble"']
    assert next(advice("churn", "compact", [SERVED])).startswith("compact is the only variant")
