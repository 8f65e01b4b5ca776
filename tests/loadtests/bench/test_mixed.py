"""The model of mixed fields that the benchmark trains for itself."""

import json
from collections import Counter
from pathlib import Path

from slipway_loadtests.bench.mixed import NAME, mixed_models


def test_model_of_14_mixed_fields_is_trained_once(tmp_path: Path) -> None:
    models = mixed_models(tmp_path)
    again = mixed_models(tmp_path)

    manifest = json.loads((models / NAME / "1" / "manifest.json").read_text(encoding="utf-8"))
    kinds = Counter(feature["kind"] for feature in manifest["signature"]["features"])
    assert kinds == {"number": 6, "integer": 3, "category": 3, "boolean": 2}
    assert [path.name for path in (again / NAME).iterdir() if path.name.isdigit()] == ["1"]
