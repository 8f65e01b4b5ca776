"""Text that is most likely something else is warned of, with what to write."""

from pathlib import Path
from typing import Any

import pytest

from slipway_ml.contract.manifest import Finding
from slipway_training.config.model import TrainingConfig
from slipway_training.data import sources
from slipway_training.data.checks.inspection import inspect_table
from slipway_training.data.findings import stop
from slipway_training.errors import DataCheckFailed
from tests.training.tables import config_for, write_csv

N = 60
SWAPPED = str.maketrans(",.", ".,")
PRICES = [5 * (number % 9) + 0.5 for number in range(N)]


def found(path: Path, column: list[Any], **sections: Any) -> tuple[list[Finding], TrainingConfig]:
    """What is found of the column `price`."""
    rows = {"price": column, "size": [number / 7 for number in range(N)], "y": [number % 2 for number in range(N)]}
    config = config_for(write_csv(path / "rows.csv", rows), **sections)
    table = sources.load(config.data, config.task)
    return [finding for finding in inspect_table(table, config) if finding.column == "price"], config


@pytest.mark.parametrize(
    ("column", "remedy"),
    [
        ([f"{price:.2f}".replace(".", ",") for price in PRICES], "data.decimal = ','"),
        ([f"{price * 1000:,.1f}" for price in PRICES], "data.thousands = ','"),
        ([f"{price * 1000:,.0f}" for price in PRICES], "data.decimal = ',' or thousands = ','"),
        ([f"{price / 100:.1%}" for price in PRICES], "data.percent = true"),
        ([f"{price * 1000:,.2f}".translate(SWAPPED) for price in PRICES], "data.decimal = ',' and thousands = '.'"),
    ],
)
def test_numbers_in_another_form_are_not_taken_for_text_without_a_word(
    tmp_path: Path, column: list[str], remedy: str
) -> None:
    findings, _ = found(tmp_path, column)

    assert [(finding.check, finding.rows) for finding in findings] == [("number_form", N)]
    assert f"write {remedy}," in findings[0].remedy


def test_category_that_the_config_names_is_one(tmp_path: Path) -> None:
    findings, _ = found(tmp_path, [f"{price / 100:.1%}" for price in PRICES], data={"kinds": {"price": "category"}})

    assert not findings


def test_word_for_missing_among_categories_is_warned_of(tmp_path: Path) -> None:
    findings, _ = found(tmp_path, ["NA", "DE", "FR"] * (N // 3))

    assert [(finding.check, finding.rows) for finding in findings] == [("missing_word", N // 3)]
    assert "data.missing = { 'price' = ['NA'] }" in findings[0].remedy


def test_word_for_missing_among_numbers_is_an_error_with_the_key(tmp_path: Path) -> None:
    with pytest.raises(DataCheckFailed, match=r"line 3, column 'price': '\?' is not a number; write data.missing"):
        found(tmp_path, [1.5, "?", *PRICES[2:]])


GERMAN = [f"{1 + number % 28:02}.{1 + number % 12:02}.2026" for number in range(N)]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "60 of 60 cells, the first in line 2, are no dates such as 2026-01-31"),
        ({"order": "mdy"}, "the first in line 14, are no dates such as 01/31/2026"),
    ],
)
def test_date_in_another_form_than_declared_is_an_error_with_its_line(
    tmp_path: Path, options: dict[str, str], sentence: str
) -> None:
    findings, _ = found(tmp_path, GERMAN, features={"columns": {"price": {"encode": "date", **options}}})

    with pytest.raises(DataCheckFailed) as refusal:
        stop(findings)

    assert sentence in str(refusal.value)
    assert "write features.columns.price.order = 'dmy'" in str(refusal.value)


def test_date_in_the_declared_form_is_accepted(tmp_path: Path) -> None:
    findings, _ = found(tmp_path, GERMAN, features={"columns": {"price": {"encode": "date", "order": "dmy"}}})

    assert not findings


def test_column_of_dates_is_warned_of_with_how_to_encode_it(tmp_path: Path) -> None:
    findings, _ = found(tmp_path, GERMAN)

    dates = [finding for finding in findings if finding.check == "date_form"]
    assert "write features.columns.price = { encode = 'date', order = 'dmy' }" in dates[0].remedy
