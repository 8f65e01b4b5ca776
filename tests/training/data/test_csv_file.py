from pathlib import Path

import pytest

from slipway_training.data.csv_file import read_bytes, read_csv
from slipway_training.errors import ConfigError, DataCheckFailed


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


def test_words_for_missing_become_the_empty_text(tmp_path: Path) -> None:
    content = read_csv(written(tmp_path, b"\xef\xbb\xbfa,b\nNA, x \nnan,null\n"))

    assert content.columns == {"a": ["", ""], "b": ["x", ""]}
