"""Predictions that are the same for every row."""

from typing import Any

import numpy as np

from slipway_training.export.assembly import Assembly
from slipway_training.export.blocks import Block


def repeat(assembly: Assembly, block: Block, row: Any) -> str:
    """A wire that holds the array once for every row of the block."""
    values = np.asarray(row)
    rows = assembly.add("Shape", [block.wire], start=0, end=1)
    shape = assembly.add("Concat", [rows, assembly.constant(np.array(values.shape, dtype=np.int64))], axis=0)
    return assembly.add("Expand", [assembly.constant(values[np.newaxis]), shape])
