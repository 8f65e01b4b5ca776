"""What the rows of one request take of a run's outputs."""

import numpy as np

from slipway_ml.protocol.outputs import Outputs, RunOutputs


def test_bytes_are_those_of_the_rows_and_of_their_texts() -> None:
    run = RunOutputs([np.zeros((10, 40), np.float32), np.array(["label"] * 10, dtype=object)])

    assert Outputs(run, 0, 10).nbytes == 10 * (160 + 8 + 64)
    assert Outputs(run, 4, 6).nbytes == 2 * (160 + 8 + 64)
