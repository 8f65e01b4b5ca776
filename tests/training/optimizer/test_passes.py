from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from slipway_ml.contract.variant import Variant
from slipway_training.export.onnx_export import export
from slipway_training.optimizer.passes import families, worker
from slipway_training.workflows.publish_fitted import publish
from slipway_training.workflows.signature_inference import infer

WINE = load_wine(return_X_y=True)


@pytest.mark.parametrize(
    ("estimator", "family", "words"),
    [
        (SVC(), "support vectors", "SVMClassifier"),
        (KNeighborsClassifier(3), "neighbours", "Scan, for neighbours,"),
    ],
)
def test_what_does_the_work_is_told_in_words(estimator: Any, family: str, words: str) -> None:
    found = infer(estimator.fit(*WINE), WINE[0], WINE[1], None, ())

    graph = export(found.pipeline, found.signature)

    assert families(graph) == {family}
    assert worker(graph) == words


@pytest.mark.parametrize("estimator", [SVC(), KNeighborsClassifier(3)], ids=["SVC", "KNeighborsClassifier"])
def test_manifest_says_of_every_variant_why_there_is_none(estimator: Any, tmp_path: Path) -> None:
    fitted = estimator.fit(*WINE)

    manifest = publish(fitted, *WINE, name="model", models=tmp_path, report=False).manifest

    others: list[Variant] = [one for one in manifest.variants if one.name != "exported"]
    assert manifest.variant == "exported"
    assert np.all([not one.passed and " " in one.verdict for one in others])
    assert len(others) > 10
