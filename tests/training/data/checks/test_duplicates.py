from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from slipway_training.data.checks.duplicates import check_duplicates
from slipway_training.data.engine import connect
from slipway_training.data.relation import TARGET, of_table
from slipway_training.data.table import Table
from tests.training.tables import table

CELLS = st.tuples(st.sampled_from([0, 1]), st.sampled_from([np.nan, 1.0]), st.sampled_from(["", "x"]))


def found(rows: Table, *, has_classes: bool = True) -> dict[str, int]:
    with connect() as connection:
        relation = of_table(connection, rows, "rows")
        findings = list(check_duplicates(connection, relation, list(rows.kinds), TARGET, has_classes=has_classes))
    return {finding.check: finding.rows for finding in findings}


@settings(deadline=None, max_examples=20)
@given(st.lists(CELLS, min_size=1, max_size=8))
def test_repeated_rows_are_counted_as_python_counts_them(cells: list[tuple[int, float, str]]) -> None:
    targets, numbers, texts = (list(column) for column in zip(*cells, strict=True))
    rows = table(targets, a=[*numbers], b=texts)
    wanted = sum(count - 1 for count in Counter(map(repr, cells)).values())

    assert found(rows, has_classes=False).get("duplicate_rows", 0) == wanted


def test_alike_rows_with_other_labels_are_counted() -> None:
    assert found(table([0, 1, 0], a=[1.0, 1.0, 2.0])) == {"conflicting_labels": 2}
