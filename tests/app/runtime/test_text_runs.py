"""Runs in groups of like length, with a run that remembers its groups."""

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.text_runs import GROUP_BYTES, TextRuns


class Recorder:
    """A run that gives each text back with its length, and remembers the shape of the padded table of each run."""

    def __init__(self) -> None:
        self.tables: list[tuple[int, int]] = []

    def run(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        texts = tensors["note"].ravel().tolist()
        self.tables.append((len(texts), max(map(len, texts))))
        return [tensors["note"].ravel(), np.array([[float(len(text))] for text in texts])]


def column(texts: list[str]) -> dict[str, Tensor]:
    return {"note": np.array([*texts, ""], object)[:-1].reshape(-1, 1)}


@given(st.lists(st.text(max_size=5).map(lambda text: text * 300), min_size=1, max_size=50))
def test_every_row_gets_its_own_outputs_in_its_place(texts: list[str]) -> None:
    again, lengths = TextRuns(Recorder().run, vocabulary=5000).run(column(texts))

    assert again.tolist() == texts
    assert lengths.ravel().tolist() == [len(text) for text in texts]


def test_one_long_text_does_not_pad_a_thousand_short_ones() -> None:
    recorder = Recorder()

    TextRuns(recorder.run, vocabulary=100).run(column(["ab"] * 500 + ["c" * 20_000] + ["de"] * 500))

    assert recorder.tables == [(1000, 2), (1, 20_000)]


def test_texts_that_are_alike_run_together() -> None:
    recorder = Recorder()

    TextRuns(recorder.run, vocabulary=100).run(column(["a" * length for length in range(250)]))

    assert recorder.tables == [(250, 249)]


@pytest.mark.parametrize(("rows", "length", "vocabulary"), [(4000, 1000, 0), (20_000, 1, 1000), (3, 10**6, 10**6)])
def test_no_table_is_larger_than_its_bound_unless_one_row_is(rows: int, length: int, vocabulary: int) -> None:
    recorder = Recorder()

    TextRuns(recorder.run, vocabulary).run(column(["a" * length] * rows))

    assert sum(count for count, _ in recorder.tables) == rows
    assert all(count == 1 or count * (32 * length + 8 * vocabulary) <= GROUP_BYTES for count, length in recorder.tables)


def test_longest_of_a_rows_texts_decides() -> None:
    recorder = Recorder()
    tensors = {**column(["a", "b" * 5000]), "city": np.array([["c" * 5000], ["d"]], object), "n": np.zeros((2, 1))}

    TextRuns(recorder.run, vocabulary=1).run(tensors)

    assert [count for count, _ in recorder.tables] == [2]
