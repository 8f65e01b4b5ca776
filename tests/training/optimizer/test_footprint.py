from pathlib import Path

import numpy as np
import pytest

from slipway_training.optimizer.footprint import footprints
from tests.training.optimizer.graphs import product

pytestmark = pytest.mark.skipif(not Path("/proc/self/smaps_rollup").exists(), reason="only Linux tells resident memory")


def graph(side: int) -> bytes:
    model: bytes = product(np.ones((side, side), dtype=np.float32)).SerializeToString()
    return model


def test_larger_graph_keeps_more_memory_about_as_much_as_its_weights() -> None:
    small, large = footprints([graph(8), graph(2048)])

    assert small is not None
    assert large is not None
    assert large.memory - small.memory > 0.9 * 4 * 2048**2
    assert small.load_ms > 0


def test_graph_that_cannot_be_opened_leaves_all_untold() -> None:
    assert footprints([graph(8), b"no graph"]) == [None, None]
