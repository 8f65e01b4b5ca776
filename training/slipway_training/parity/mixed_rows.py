"""many_rows(…): as many different rows as asked for, most of them where a graph and a pipeline would part first.

The edge rows, which hit every threshold on both sides, and rows mixed from the columns of these and of real rows.
"""

from typing import Any

import numpy as np
import pandas as pd

from slipway_ml.contract.signature import Signature
from slipway_training.parity.edge_rows import edge_rows
from slipway_training.parity.parity import predictable
from slipway_training.parity.probes import Probes, of_kind, together

_BATCH = 20_000
_ATTEMPTS = 50


def many_rows(pipeline: Any, signature: Signature, base: Probes, count: int, blind_steps: int = 0) -> Probes:
    """`count` distinct rows that the pipeline can predict, fewer where columns have too few values for so many.

    The rows of `base` come first, in its order and with its kinds.
    """
    edges = edge_rows(pipeline, signature, base.frame, count, blind_steps)
    found = predictable(pipeline, together([base, edges])).distinct()
    pools = {name: found.frame[name].to_numpy() for name in found.frame.columns}
    random = np.random.default_rng(0)
    for _ in range(_ATTEMPTS):
        if len(found) >= count:
            break
        mixed = pd.DataFrame({name: random.choice(pool, _BATCH) for name, pool in pools.items()})
        found = together([found, predictable(pipeline, of_kind("mixed", mixed))]).distinct()
    return found.take(slice(count))
