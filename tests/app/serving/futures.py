"""Rows put into a batcher's queue for a future, which is a caller like any other."""

import asyncio
from collections.abc import Mapping
from math import inf

from slipway_ml.contract.tensors import Tensor
from slipway_ml.protocol.outputs import Outputs
from slipway_ml.serving.batcher import Batcher


def submit(queue: Batcher, tensors: Mapping[str, Tensor], rows: int, latest: float = inf) -> asyncio.Future[Outputs]:
    """The outputs to come."""
    caller: asyncio.Future[Outputs] = asyncio.get_running_loop().create_future()
    queue.submit(tensors, rows, caller, latest)
    return caller
