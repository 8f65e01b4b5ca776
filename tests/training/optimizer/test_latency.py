from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from slipway_ml.contract.tensors import Tensor
from slipway_ml.runtime.session import OnnxSession
from slipway_training.optimizer.latency import BATCHES, latencies, timing_rows
from tests.training.optimizer.graphs import product
from tests.training.prepared import prepared


def test_rows_for_timing_are_many_and_like_those_given() -> None:
    given = prepared("titanic").held_out.frame

    rows = timing_rows(given)

    assert len(rows) == 4000
    assert all(set(rows[name].dropna()) <= set(given[name].dropna()) for name in given.columns)


@pytest.mark.parametrize("name", ["breast_cancer", "digits", "titanic"])
def test_rows_for_timing_are_all_different(name: str) -> None:
    rows = timing_rows(prepared(name).held_out.frame)

    assert (len(rows), rows.duplicated().sum()) == (4000, 0)


def test_rows_that_were_given_twice_are_timed_once() -> None:
    twice = pd.concat([prepared("digits").held_out.frame.iloc[:30]] * 2)

    assert not timing_rows(twice).duplicated().any()


def test_few_different_rows_come_again_so_that_a_batch_is_full() -> None:
    rows = timing_rows(pd.DataFrame({"x": [1.0, 2.0], "y": ["a", "b"]}))

    assert (len(rows), len(rows.drop_duplicates())) == (4000, 4)


def test_every_graph_is_timed_at_every_batch_size_in_turns() -> None:
    """A graph that works ten times as long is told from the other, whichever comes first."""
    quick, slow = (
        OnnxSession(product(np.ones((200, width), dtype=np.float32)).SerializeToString()) for width in (1, 4000)
    )
    rows = {"x": np.random.default_rng(0).normal(size=(1000, 200)).astype(np.float32)}

    found, other = latencies([quick, slow], rows), latencies([slow, quick], rows)

    assert found.keys() == other.keys() == set(BATCHES)
    assert found[1000][0] < found[1000][1]
    assert other[1000][0] > other[1000][1]


def test_rows_for_timing_are_the_same_for_the_same_frame() -> None:
    given = prepared("titanic").held_out.frame

    assert_frame_equal(timing_rows(given), timing_rows(pd.DataFrame(given)))


class Heard(OnnxSession):
    """A session that says when it is asked."""

    def __init__(self, name: str, heard: list[str]) -> None:
        super().__init__(product(np.ones((3, 2), dtype=np.float32)).SerializeToString())
        self._name, self._heard = name, heard

    def run(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        self._heard.append(self._name)
        return super().run(tensors)


def test_graphs_are_asked_in_turns_whose_order_changes() -> None:
    heard: list[str] = []

    latencies([Heard(name, heard) for name in "abc"], {"x": np.ones((1000, 3), dtype=np.float32)})

    turns = ["".join(heard[place : place + 3]) for place in range(0, len(heard), 3)]
    assert {"".join(sorted(turn)) for turn in turns} == {"abc"}
    assert len(set(turns)) == 6
