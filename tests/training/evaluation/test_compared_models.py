import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slipway_ml.contract.signature import Kind, Task
from slipway_ml.registry.store import Registry
from slipway_training.data.lineage import as_saved
from slipway_training.errors import GateFailed
from slipway_training.evaluation.compared_models import Incumbent, baseline, champion, current_champion
from slipway_training.workflows.train import run, train
from tests.training.prepared import Copied, Published, prepared, shipped

CONFIG = shipped("breast_cancer")
SAVED = as_saved(CONFIG)


def silent(step: str, result: str) -> None:
    """A progress report that nobody reads."""


def test_baseline_of_classes_is_the_most_frequent_one_with_the_shares_of_all() -> None:
    compared_model = baseline(np.array(["a", "a", "a", "b"]), pd.DataFrame({"x": [1.0, 2.0]}), Task.CLASSIFICATION)

    assert compared_model.predictions is not None
    assert compared_model.predictions.labels is not None
    assert compared_model.predictions.labels.tolist() == ["a", "a"]
    assert compared_model.predictions.numbers.tolist() == [[0.75, 0.25]] * 2


def test_baseline_of_values_is_the_mean() -> None:
    compared_model = baseline(np.array([1.0, 2.0, 6.0]), pd.DataFrame({"x": [1.0, 2.0]}), Task.REGRESSION)

    assert compared_model.predictions is not None
    assert compared_model.predictions.numbers.tolist() == [[3.0], [3.0]]


def test_champion_answers_through_its_own_graph(published: Published) -> None:
    ready = prepared("breast_cancer")

    compared_model = champion(Incumbent(1, published("breast_cancer")), ready.held_out.frame, ready.signature, SAVED)

    assert compared_model.predictions is not None
    assert compared_model.predictions.labels is not None
    assert compared_model.predictions.labels.tolist() == ready.pipeline.predict(ready.held_out.frame).tolist()
    assert (compared_model.name, compared_model.note) == ("version 1, the champion", "")


def test_champion_that_may_know_some_of_the_rows_is_said_to_be_flattered(published: Published) -> None:
    ready = prepared("breast_cancer")

    compared_model = champion(
        Incumbent(1, published("breast_cancer")), ready.held_out.frame, ready.signature, {**SAVED, "split": {}}
    )

    assert "may have seen some of these" in compared_model.note


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"task": Task.REGRESSION, "labels": None}, "it has another task"),
        ({"labels": ("ill", "well")}, "it has other labels"),
        ({"features": ()}, "it needs a column 'mean radius' of kind number"),
    ],
)
def test_champion_of_other_columns_or_labels_is_not_compared(
    published: Published, change: dict[str, object], why: str
) -> None:
    ready = prepared("breast_cancer")
    other = ready.signature.model_copy(update=change)

    compared_model = champion(Incumbent(1, published("breast_cancer")), ready.held_out.frame, other, SAVED)

    assert compared_model.predictions is None
    assert re.match(why, compared_model.note)


def test_champion_that_takes_no_missing_values_is_not_compared_on_rows_with_some(published: Published) -> None:
    ready = prepared("breast_cancer")
    rows = ready.held_out.frame.assign(**{"mean radius": np.nan})

    compared_model = champion(Incumbent(1, published("breast_cancer")), rows, ready.signature, SAVED)

    assert ready.signature.features[0].kind is Kind.NUMBER
    assert compared_model.note == "it does not take missing values in column 'mean radius'"


def test_damaged_champion_is_not_compared(copied: Copied, tmp_path: Path) -> None:
    stored = copied("breast_cancer", tmp_path)
    (stored.folder / "model.onnx").write_bytes(b"damaged")
    ready = prepared("breast_cancer")

    compared_model = champion(Incumbent(1, stored), ready.held_out.frame, ready.signature, SAVED)

    assert compared_model.note.startswith("it cannot predict these rows: ")


def test_model_without_versions_has_no_champion(tmp_path: Path) -> None:
    assert current_champion(Registry(tmp_path), "breast_cancer") is None


def test_worse_model_than_the_champion_is_refused_where_the_gate_asks(published: Published) -> None:
    worse = shipped(
        "breast_cancer", "estimator.parameters.C=0.00001", "gate.minimum_score=0.1", 'gate.champion="not_worse"'
    )

    with pytest.raises(GateFailed, match=r"that of version 1, the champion on the same rows 0\.9532") as refused:
        train(worse, silent, Incumbent(1, published("breast_cancer")))

    assert refused.value.exit_code == 3


def test_champion_is_compared_when_a_second_version_is_trained(copied: Copied, tmp_path: Path) -> None:
    copied("breast_cancer", tmp_path)
    worse = shipped("breast_cancer", "estimator.parameters.C=0.00001", "gate={}")

    manifest = run(worse, Registry(tmp_path), silent, report=False).version.manifest

    assert manifest.evaluation is not None
    assert manifest.evaluation.champion is not None
    assert manifest.evaluation.champion.other == "version 1, the champion"
    assert (manifest.evaluation.champion.difference or 0) < 0
    assert manifest.evaluation.champion.note == ""


def test_champion_that_cannot_be_read_does_not_keep_its_successor_from_being_made(
    copied: Copied, tmp_path: Path
) -> None:
    stored = copied("breast_cancer", tmp_path)
    (stored.folder / "manifest.json").write_text("{")

    incumbent = current_champion(Registry(tmp_path), "breast_cancer")

    assert incumbent is not None
    trained = train(CONFIG, silent, incumbent)
    assert trained.evaluation is not None
    assert trained.evaluation.champion is not None
    assert trained.evaluation.champion.note.startswith("it cannot be read: ")
