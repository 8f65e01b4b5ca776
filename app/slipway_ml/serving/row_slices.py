"""Runs of very many rows in slices, so that what a graph makes on the way does not grow with a request.

A graph's intermediate results and onnxruntime's copies of texts take several times what the rows take. Rows are
independent of each other, to the bit, where a session says so, and slices of a thousand rows cost nothing measurable.
"""

from collections.abc import Callable, Mapping

import numpy as np

from slipway_ml.contract.tensors import Tensor

_FEW = 1024
_ROWS = 2048
_VALUES = 64 * 1024

Run = Callable[[Mapping[str, Tensor]], list[Tensor]]


def in_slices(run: Run) -> Run:
    """`run` for any number of rows, called with a bounded number of them at a time."""

    def run_slices(tensors: Mapping[str, Tensor]) -> list[Tensor]:
        rows = len(next(iter(tensors.values())))
        if rows <= _FEW:
            return run(tensors)
        width = max(1, sum([tensor[0].size for tensor in tensors.values()]))
        step = max(1, min(_ROWS, _VALUES // width))
        slices = [
            run({name: tensor[first : first + step] for name, tensor in tensors.items()})
            for first in range(0, rows, step)
        ]
        return [np.concatenate(outputs) for outputs in zip(*slices, strict=True)]

    return run_slices
