"""What the requests of a batch bring: tensors, or rows that become columns together once all of the batch are known.

Making an array costs the same for one value as for thirty, so the rows of a batch are turned into columns at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from slipway_ml.contract.tensors import Tensor

Tensors = Mapping[str, Tensor]


@dataclass(slots=True)
class PendingRows:
    """Rows that a model's schema has found good; `build` makes tensors of any number of such rows and cannot fail."""

    rows: list[Any]
    build: Callable[[list[Any]], dict[str, Tensor]]


Part = Tensors | PendingRows


def tensors_of(part: Part) -> Tensors:
    """One request's tensors."""
    return part.build(part.rows) if isinstance(part, PendingRows) else part


def join(parts: Sequence[Part]) -> Tensors:
    """The tensors of all requests, one below the other."""
    if len(parts) == 1:
        return tensors_of(parts[0])
    first = parts[0]
    if isinstance(first, PendingRows) and all(_is_built_alike(part, first) for part in parts):
        return first.build([row for part in parts if isinstance(part, PendingRows) for row in part.rows])
    every = [tensors_of(part) for part in parts]
    return {name: np.concatenate([tensors[name] for tensors in every]) for name in every[0]}


def _is_built_alike(part: Part, first: PendingRows) -> bool:
    return isinstance(part, PendingRows) and part.build == first.build
