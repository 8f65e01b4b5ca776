"""Rows of the user's own: read from what people have, and refused in a sentence where they do not fit."""

from pathlib import Path

import pytest

from slipway_loadtests.errors import CannotRun
from slipway_loadtests.own_rows import read_rows
from slipway_loadtests.published import Field, PublishedModel
from tests.claims import for_each

FIELDS = tuple(
    Field(name, kind, nullable=True, example=None, low=0.0, high=1.0, choices=())  # type: ignore[arg-type]
    for name, kind in (("age", "number"), ("rooms", "integer"), ("garden", "boolean"), ("city", "string"))
)
MODEL = PublishedModel("house", FIELDS, (), None)
ROWS = [
    {"age": 1.5, "rooms": 3, "garden": True, "city": "Ulm"},
    {"age": None, "rooms": 2, "garden": False, "city": None},
]
FILES = {
    "a list": ("rows.json", """[{"age": 1.5, "rooms": 3, "garden": true, "city": "Ulm", "id": 7},
        {"age": null, "rooms": 2, "garden": false, "city": null}]"""),
    "a request": ("rows.json", """{"instances": [[1.5, 3, true, "Ulm"], [null, 2, false, null]]}"""),
    "JSON lines": ("rows.jsonl", """{"age": 1.5, "rooms": 3, "garden": true, "city": "Ulm"}

        {"age": null, "rooms": 2, "garden": false, "city": null}"""),
    "CSV": ("rows.csv", "\ufeffid,city,age,rooms,garden\n7,Ulm,1.5,3,true\n8,,,2.0,0\n"),
}  # fmt: skip
WRONG = {
    "a field that is missing": ("rows.json", '[{"age": 1, "rooms": 2, "garden": true}]', "row 1 of .* lacks city"),
    "nothing": ("rows.json", "[]", "holds no rows"),
    "no JSON": ("rows.json", "age;rooms", "holds no rows: give JSON, JSON lines or CSV"),
    "a word for a number": ("rows.csv", "age,rooms,garden,city\nold,1,true,Ulm\n", "holds no rows: give"),
    "a row that is too short": ("rows.json", "[[1]]", "holds no rows: give"),
}


@for_each("name, content", FILES)
def test_rows_have_the_fields_of_the_model_in_its_order(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)

    found = read_rows(tmp_path / name, MODEL)

    assert found == ROWS
    assert [list(row) for row in found] == [["age", "rooms", "garden", "city"]] * 2


@for_each("name, content, message", WRONG)
def test_file_that_does_not_fit_is_refused(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content)

    with pytest.raises(CannotRun, match=message):
        read_rows(tmp_path / name, MODEL)


def test_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CannotRun, match="cannot be read: No such file"):
        read_rows(tmp_path / "none.json", MODEL)
