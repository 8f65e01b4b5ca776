import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_training.data.checks.drift import check_drift, stability_index
from tests.training.tables import table

RANDOM = np.random.default_rng(0)
BEFORE = RANDOM.normal(size=600)
COLOURS = RANDOM.choice(["red", "green", "blue"], size=600).tolist()


def test_shifted_number_is_found_by_name() -> None:
    learn = table([0, 1] * 300, a=BEFORE.tolist(), b=BEFORE.tolist())
    held_out = table([0, 1] * 100, a=(BEFORE[:200] + 1.0).tolist(), b=BEFORE[200:400].tolist())

    (finding,) = check_drift(learn, held_out)

    assert (finding.check, finding.severity, finding.column) == ("drift", "warning", "a")
    assert "is distributed differently in the held-out rows (PSI" in finding.message


@pytest.mark.parametrize("shifted", [["red"] * 150 + COLOURS[:50], ["violet"] * 60 + COLOURS[:140]])
def test_category_that_becomes_frequent_is_found(shifted: list[str]) -> None:
    findings = list(check_drift(table([0, 1] * 300, a=COLOURS), table([0, 1] * 100, a=shifted)))

    assert [finding.column for finding in findings] == ["a"]


def test_column_that_begins_to_be_missing_is_found() -> None:
    gaps = np.where(np.arange(200) % 2, np.nan, BEFORE[:200])

    findings = list(check_drift(table([0, 1] * 300, a=BEFORE.tolist()), table([0, 1] * 100, a=gaps.tolist())))

    assert [finding.column for finding in findings] == ["a"]


@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(30, 400))
def test_random_halves_of_one_table_do_not_drift(seed: int, rows: int) -> None:
    random = np.random.default_rng(seed)
    whole = table([0, 1] * rows, a=random.normal(size=2 * rows).tolist(), b=random.integers(0, 3, 2 * rows).tolist())
    mixed = random.permutation(2 * rows)

    assert not list(check_drift(whole.take(mixed[:rows]), whole.take(mixed[rows:])))


@given(seed=st.integers(0, 2**32 - 1), values=st.integers(2, 300))
def test_text_of_many_values_does_not_drift_by_chance(seed: int, values: int) -> None:
    random = np.random.default_rng(seed)
    whole = table([0, 1] * 300, a=random.integers(0, values, 600).astype(str).tolist())
    mixed = random.permutation(600)

    assert not list(check_drift(whole.take(mixed[:400]), whole.take(mixed[400:])))


@given(st.lists(st.integers(0, 1000), min_size=2, max_size=12).filter(sum))
def test_index_is_zero_for_equal_histograms_and_never_negative(counts: list[int]) -> None:
    histogram = np.array(counts)

    assert stability_index(histogram, 3 * histogram) == pytest.approx(0.0)
    assert stability_index(histogram, histogram[::-1]) >= 0.0
