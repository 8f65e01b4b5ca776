import bz2
import gzip
import lzma
from pathlib import Path

import pytest

from slipway_ml.contract.csv_format import CsvFormat
from slipway_ml.contract.signature import Task
from slipway_training.data import sources
from slipway_training.data.csv_file import read_bytes, read_csv
from slipway_training.errors import ConfigError, DataCheckFailed
from tests.training.tables import config_for


def written(folder: Path, content: bytes) -> Path:
    path = folder / "rows.csv"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "rows.csv is empty; the first line must name the columns"),
        (b"\n\n", "rows.csv is empty"),
        (b"a,b\n", "rows.csv has a header but no rows"),
        (b"a,,c\n1,2,3\n", "rows.csv line 1: column 2 has no name"),
        (b"a,b,a\n1,2,3\n", "rows.csv line 1 names the column 'a' twice"),
        (b"a,b\n1,2\n1,2,3\n", "rows.csv line 3 has 3 cells, the header has 2"),
        (b'a,b\n1,"x"y\n', "rows.csv line 2 is not CSV"),
        (b"a,b\n1,\xff\n", "rows.csv is not UTF-8 text"),
        (b"a," + b"b" * 300 + b"\n1,2\n", "rows.csv line 1: column 2 has a name of over 256 characters"),
    ],
)
def test_unreadable_file_is_refused_with_its_line(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(DataCheckFailed) as refusal:
        read_csv(written(tmp_path, content))

    assert sentence in str(refusal.value)


def test_missing_file_is_said_with_what_to_give(tmp_path: Path) -> None:
    with pytest.raises(DataCheckFailed, match=r"there is no data file .*; give the path of a CSV"):
        read_csv(tmp_path / "none.csv")


def test_folder_is_no_data_file(tmp_path: Path) -> None:
    with pytest.raises(DataCheckFailed, match="cannot be read"):
        read_csv(tmp_path)


def test_config_without_a_file_asks_for_one() -> None:
    with pytest.raises(ConfigError, match="give the path of a CSV with --data"):
        read_bytes(None)


def test_rows_keep_their_line_after_quoted_line_breaks_and_blank_lines(tmp_path: Path) -> None:
    content = read_csv(written(tmp_path, b'a,b\n1,"two\nlines"\n\n2,x\n'))

    assert [content.line(row) for row in range(2)] == ["line 2", "line 5"]
    assert content.columns == {"a": ["1", "2"], "b": ["two\nlines", "x"]}


def test_words_are_text_unless_the_format_says_that_they_mean_missing(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbfa,b\nNA, x \nnan,null\n,NA\n")

    assert read_csv(path).columns == {"a": ["NA", "nan", ""], "b": ["x", "null", "NA"]}
    assert read_csv(path, CsvFormat(missing=("NA", "nan"))).columns == {"a": ["", "", ""], "b": ["x", "null", ""]}
    assert read_csv(path, CsvFormat(missing={"a": ("NA",)})).columns == {"a": ["", "nan", ""], "b": ["x", "null", "NA"]}


def test_words_for_missing_of_a_column_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"data\.missing names the column 'c', which rows.csv has not"):
        read_csv(written(tmp_path, b"a,b\n1,2\n"), CsvFormat(missing={"c": ("NA",)}))


def test_file_is_read_in_the_format_that_is_named(tmp_path: Path) -> None:
    text = "preis;ort\n1.234,50;'Köln;\nDeutz'\n-7,25;Bern\n"
    named = CsvFormat(delimiter=";", quote="'", decimal=",", thousands=".", encoding="cp1252")
    wanted = {"preis": ["1.234,50", "-7,25"], "ort": ["Köln;\nDeutz", "Bern"]}

    for pack in (bytes, gzip.compress, bz2.compress, lzma.compress):
        content = read_csv(written(tmp_path, pack(text.encode("cp1252"))), named)
        assert content.columns == wanted
        assert content.line(1) == "line 4"
    assert [named.number(cell) for cell in wanted["preis"]] == [1234.5, -7.25]


def test_broken_compression_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataCheckFailed, match=r"not compressed as data.compression says"):
        read_csv(written(tmp_path, gzip.compress(b"a,b\n1,2\n" * 100)[:-20]))


def test_header_of_one_cell_names_the_delimiter_that_it_holds(tmp_path: Path) -> None:
    config = config_for(written(tmp_path, b"a;y\n1;0\n2;1\n"))

    with pytest.raises(DataCheckFailed, match="the header is one cell with ';' in it: write delimiter = "):
        sources.load(config.data, Task.CLASSIFICATION)
