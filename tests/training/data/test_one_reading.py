"""Training, slipway predict and a request read one value one way, or each refuses it."""

import csv
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway_ml.contract.csv_format import KNOWN_MISSING, CsvFormat
from slipway_ml.contract.signature import Feature, Kind, Signature, Task
from slipway_ml.errors import SlipwayError
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.rows import RowCodec
from slipway_training.config.sources import SourceConfig
from slipway_training.data.csv_file import read_csv
from slipway_training.data.engine import connect
from slipway_training.data.joining import csv_files
from slipway_training.data.joining.files import Files
from slipway_training.data.kinds import parse_column
from slipway_training.errors import DataCheckFailed

NUMBERS = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.integers(-(2**54), 2**54).map(str),
    st.from_regex(r"[+-]?[0-9]{0,4}([.,' ][0-9]{0,3}){0,3}(e[+-]?[0-9]{1,3})?( ?%)?", fullmatch=True),
    st.sampled_from(
        ["1_000", "1e999", "inf", "-nan", "0x1F", "١٢", "\uff11\uff12", "+5", ".5", "5.", "1.234,5", "9007199254740993"]
    ),
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
CELLS = st.one_of(
    NUMBERS,
    TEXTS,
    st.sampled_from(
        [*KNOWN_MISSING, "", " ", "true", "FALSE", "1", "0", "yes", "2026-01-31", "31.01.2026", 'a"b', "a\nb;c"]
    ),
)
FORMATS = st.sampled_from(
    [
        CsvFormat(),
        CsvFormat(missing=("NA", "?")),
        CsvFormat(missing={"a": ("NA",), "row": ("?",)}),
        CsvFormat(delimiter=";", decimal=",", thousands=".", percent=True),
        CsvFormat(delimiter="\t", thousands=" ", encoding="utf-16"),
    ]
)  # fmt: skip
REFUSED = "refused"


def write(path: Path, cells: list[str], csv_format: CsvFormat) -> Path:
    with path.open("w", encoding=csv_format.encoding, newline="") as file:
        writer = csv.writer(file, delimiter=csv_format.delimiter, quoting=csv.QUOTE_ALL)
        writer.writerows([["a", "row"], *([cell, number] for number, cell in enumerate(cells))])
    return path


def comparable(value: Any) -> Any:
    """What reaches the graph: missing numbers are alike, as are 1 and 1.0."""
    if isinstance(value, str):
        return value
    return "missing" if np.isnan(float(value)) else float(value)


def trained(path: Path, kind: Kind, csv_format: CsvFormat) -> Any:
    content = read_csv(path, csv_format)
    try:
        return comparable(parse_column("a", content.columns["a"], kind, content.line, csv_format)[0])
    except DataCheckFailed:
        return REFUSED


def requested(value: Any, kind: Kind) -> Any:
    feature = Feature(name="a", kind=kind, nullable=True, max_characters=1000)
    layout = "matrix" if kind is Kind.NUMBER else "columns"
    signature = Signature(task=Task.REGRESSION, layout=layout, features=(feature,))
    try:
        tensors = RowCodec("m", "1", signature, ContentLimits()).decode(orjson.dumps({"instances": [{"a": value}]}))
    except SlipwayError:
        return REFUSED
    return comparable(next(iter(tensors.values())).ravel()[0])


@settings(deadline=None, max_examples=100)
@given(cell=CELLS, kind=st.sampled_from(Kind), csv_format=FORMATS)
def test_cell_is_the_same_input_in_training_in_a_scored_file_and_in_a_request(
    cell: str, kind: Kind, csv_format: CsvFormat
) -> None:
    feature = Feature(name="a", kind=kind, nullable=True)
    with tempfile.TemporaryDirectory() as folder:
        learnt = trained(write(Path(folder) / "rows.csv", [cell], csv_format), kind, csv_format)

    assert requested(csv_format.read(feature, cell), kind) == learnt
    if kind is Kind.CATEGORY and cell == cell.strip() and cell not in csv_format.missing_words("a"):
        assert requested(cell, kind) == learnt
    if kind in {Kind.NUMBER, Kind.INTEGER} and cell.strip() not in csv_format.missing_words("a"):
        assert requested(cell, kind) == REFUSED
        if csv_format == CsvFormat() and learnt != REFUSED:
            assert requested(float(cell), kind) == learnt


@settings(deadline=None, max_examples=5)
@given(cells=st.lists(CELLS, min_size=1, max_size=8), csv_format=FORMATS)
def test_table_that_is_joined_is_read_as_a_single_file(cells: list[str], csv_format: CsvFormat) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "rows.csv", cells, csv_format)
        content = read_csv(path, csv_format)
        for kind in Kind:
            source = SourceConfig.model_validate(
                {"name": "rows", "path": "rows.csv", "kinds": {"a": kind}, **csv_format.model_dump()}
            )
            try:
                learnt = [
                    comparable(v) for v in parse_column("a", content.columns["a"], kind, content.line, csv_format)
                ]
            except DataCheckFailed:
                learnt = [REFUSED]
            assert stored(Path(folder), path, source) == learnt


def stored(folder: Path, path: Path, source: SourceConfig) -> list[Any]:
    with connect() as connection:
        try:
            csv_files.store(connection, source, Files((str(path),), "csv", ""), folder / "rows.parquet")
        except DataCheckFailed:
            return [REFUSED]
        rows = connection.read_parquet(str(folder / "rows.parquet")).order("row").project("a").fetchall()
    missing = "" if source.kinds["a"] is Kind.CATEGORY else np.nan
    return [comparable(missing if value is None else value) for (value,) in rows]
