from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from slipway_ml.contract.signature import Signature
from slipway_training.config import documents as configs
from slipway_training.errors import DataCheckFailed
from slipway_training.workflows.optimizing.rows import find_rows, from_file, from_signature
from tests.training.passengers import PASSENGERS
from tests.training.prepared import Published, prepared


def signature() -> Signature:
    return prepared("titanic").signature


def test_version_from_shipped_data_finds_the_rows_that_were_held_out(published: Published) -> None:
    manifest = published("breast_cancer").manifest
    config = configs.changed(manifest.provenance.config)

    found = find_rows(manifest.signature, config, manifest.provenance, None, None)

    own = prepared("breast_cancer")
    assert found.kind == "held_out"
    assert found.judged.equals(own.held_out.frame)
    assert found.target is not None
    assert np.array_equal(found.target, own.held_out.target)
    assert found.calibrate.equals(own.learn.frame)


def test_version_from_a_csv_finds_its_rows_in_the_very_file_alone(published: Published, tmp_path: Path) -> None:
    manifest = published("titanic").manifest
    config = configs.changed(manifest.provenance.config)
    other = tmp_path / "other.csv"
    other.write_text(PASSENGERS.read_text().replace("Q", "S", 1))

    kinds = [
        find_rows(manifest.signature, config, manifest.provenance, path, None).kind
        for path in (PASSENGERS, other, None)
    ]

    assert kinds == ["held_out", "given", "made_up"]


def test_row_that_calibrates_never_judges() -> None:
    found = from_file(signature(), PASSENGERS, "survived")

    assert len(found.judged) + len(found.calibrate) == len(pd.read_csv(PASSENGERS))
    assert found.target is not None
    assert len(found.target) == len(found.judged)


def test_made_up_rows_stay_in_the_ranges_and_categories_of_training() -> None:
    found = from_signature(signature())

    closed = {f.name: set(f.categories or ()) for f in signature().features if f.categories}
    assert all(set(found.judged[name]) <= categories for name, categories in closed.items())
    assert found.target is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda table: table.drop(columns="fare"), "the rows have no column 'fare'"),
        (lambda table: table.assign(fare="much"), "column 'fare' does not hold numbers"),
        (lambda table: table.head(5), "has 5 rows; give at least 20"),
        (lambda table: table.assign(pclass=np.nan), "'pclass'"),
        (lambda table: table.assign(survived=7), "the target has labels that the model does not know"),
    ],
    ids=["column", "kind", "few", "missing", "labels"],
)
def test_rows_that_the_model_cannot_take_are_refused(change: object, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    change(pd.read_csv(PASSENGERS)).to_csv(path, index=False)  # type: ignore[operator]  # a lambda above

    with pytest.raises(DataCheckFailed, match=sentence):
        from_file(signature(), path, "survived")
