"""How large a forest a draft proposes."""

import pytest

from slipway_training.workflows.forest_size import forest_size


@pytest.mark.parametrize("rows", [2_000, 54_000, 1_000_000])
def test_nodes_are_bounded_whatever_the_rows(rows: int) -> None:
    size = forest_size(rows)

    assert size.nodes <= 200_000
    assert size.parameters["min_samples_leaf"] > 1
    assert f"{rows:,} rows" in size.reasons[0]


def test_small_table_gets_fully_grown_trees() -> None:
    size = forest_size(890)

    assert size.parameters == {"n_estimators": 200, "random_state": 0}
    assert size.reasons == ["890 rows are few enough for 200 trees that are fully grown."]


def test_more_rows_get_larger_leaves_and_no_more_trees() -> None:
    sizes = [forest_size(rows) for rows in (1_000, 4_000, 6_000, 100_000, 300_000)]

    assert [size.trees for size in sizes] == [200, 200, 100, 100, 50]
    assert sizes[1].leaf < sizes[3].leaf < sizes[4].leaf
