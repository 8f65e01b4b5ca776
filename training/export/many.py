"""many_rows(…): as many different rows as asked for, most of them where a graph and a pipeline would part first.

The edge rows, which hit every threshold on both sides, and rows mixed from the columns of these and of real rows.
"""

from typing import Any

import numpy as np
import pandas as pd

from app.contract.signature import Signature
from training.export.edges import edge_rows
from training.export.parity import answerable

_BATCH = 20_000
_ATTEMPTS = 50


def many_rows(
    pipeline: Any, signature: Signature, base: pd.DataFrame, count: int, blind_steps: int = 0
) -> pd.DataFrame:
    """`count` distinct rows that the pipeline answers, fewer where columns have too few values for so many."""
    edges = edge_rows(pipeline, signature, base, count, blind_steps)
    found = answerable(pipeline, pd.concat([base, edges], ignore_index=True)).drop_duplicates(ignore_index=True)
    pools = {name: found[name].to_numpy() for name in found.columns}
    random = np.random.default_rng(0)
    for _ in range(_ATTEMPTS):
        if len(found) >= count:
            break
        mixed = pd.DataFrame({name: random.choice(pool, _BATCH) for name, pool in pools.items()})
        found = pd.concat([found, answerable(pipeline, mixed)], ignore_index=True).drop_duplicates(ignore_index=True)
    return found.iloc[:count].reset_index(drop=True)
