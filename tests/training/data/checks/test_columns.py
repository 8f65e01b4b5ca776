import pytest

from slipway_ml.contract.signature import Kind
from slipway_training.data.checks.columns import check_columns
from slipway_training.data.summary import ColumnSummary
from tests.training.tables import config_for


def column(kind: Kind = Kind.INTEGER, present: int = 1000, distinct: int = 10, high: float = 9.0) -> ColumnSummary:
    return ColumnSummary("a", kind, 1000, present, distinct, present, 0.0, high)


def checks_of(column: ColumnSummary) -> list[tuple[str, str]]:
    return [(finding.check, finding.severity) for finding in check_columns({"a": column}, config_for())]


@pytest.mark.parametrize(
    ("summary", "found"),
    [
        (column(), []),
        (column(present=0, distinct=0), [("empty", "error")]),
        (column(distinct=1), [("constant", "warning")]),
        (column(present=400, distinct=1), [("missing_share", "warning")]),
        (column(distinct=1000, high=999.0), [("identifier", "warning")]),
        (column(distinct=1000, high=1e6), []),
        (column(Kind.CATEGORY, distinct=999), [("identifier", "error")]),
    ],
    ids=["honest", "empty", "constant", "mostly missing", "counter", "far apart", "text"],
)
def test_column_is_found_out_by_its_counts(summary: ColumnSummary, found: list[tuple[str, str]]) -> None:
    assert checks_of(summary) == found


def test_finding_says_how_many_rows_and_what_to_do() -> None:
    (finding,) = check_columns({"a": column(distinct=1000, high=999.0)}, config_for(data={"drop": ["b"]}))

    assert (finding.column, finding.rows, finding.of) == ("a", 1000, 1000)
    assert finding.remedy == "write data.drop = ['b', 'a'] in the config"
