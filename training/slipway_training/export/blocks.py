"""Blocks: what flows between the steps of a pipeline, as wires of a graph under construction.

A block is a matrix of columns of one type, float64 or text; a table is a list of blocks side by side. A prediction is
what an estimator gives: a label and perhaps probabilities, or a value. A block may know its origin: a matrix of which
each of its columns is a function that grows with the same column. Trees compare the origin, so that the steps between
are never written; they are written when somebody asks for the block's wire. A block that scikit-learn has as a sparse
matrix says so: its zeros are not stored, which XGBoost takes for missing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from slipway_training.errors import ConversionError
from slipway_training.export.assembly import Assembly

Floats = NDArray[np.float64]
See = Callable[[Floats], Floats]
"""A matrix of raw columns -> what the transformers make of it, column by column, float64."""

_ANY_NUMBER = 1.0
"""In the domain of every transformer, for the columns that nobody asks about."""


@dataclass(slots=True)
class Block:
    """A matrix [rows, width]; `made` is its wire, or writes the nodes that give it."""

    made: str | Callable[[], str]
    width: int
    is_text: bool = False
    origin: "Origin | None" = None
    is_sparse: bool = False

    @property
    def wire(self) -> str:
        """The name of the wire, whose nodes are written when it is first asked for; raises ConversionError."""
        if not isinstance(self.made, str):
            self.made = self.made()
        return self.made


@dataclass(frozen=True, slots=True)
class Origin:
    """The block that another grew from, and what becomes of its numbers on the way, as scikit-learn computes it."""

    block: Block
    see: See


@dataclass(frozen=True, slots=True)
class EstimatorOutput:
    """Wires of an estimator's prediction; `numbers` are probabilities [rows, classes] or values [rows, 1]."""

    label: str | None
    numbers: str | None
    is_double: bool = True


def select(assembly: Assembly, blocks: Sequence[Block], columns: Sequence[int]) -> list[Block]:
    """Some columns of a table, in the order given; neighbours from one block stay one block."""
    places = [(number, column) for number, block in enumerate(blocks) for column in range(block.width)]
    runs: list[tuple[int, list[int]]] = []
    for number, column in (places[position] for position in columns):
        if runs and runs[-1][0] == number:
            runs[-1][1].append(column)
        else:
            runs.append((number, [column]))
    return [_part(assembly, blocks[number], chosen) for number, chosen in runs]


def join(assembly: Assembly, blocks: Sequence[Block], what: str) -> Block:
    """A table as one block; raises ConversionError where text and numbers meet."""
    if len({block.is_text for block in blocks}) > 1:
        raise ConversionError(f"{what} gets text and numbers in one matrix; give each its own ColumnTransformer branch")
    if not blocks:
        raise ConversionError(f"{what} gets no columns; remove the step")
    if len(blocks) == 1:
        return blocks[0]
    whole = _Joined(assembly, tuple(blocks))
    is_sparse = any(block.is_sparse for block in blocks)
    return Block(whole.write, sum(block.width for block in blocks), blocks[0].is_text, whole.origin(), is_sparse)


@dataclass(frozen=True, slots=True)
class _Joined:
    assembly: Assembly
    blocks: tuple[Block, ...]

    def write(self) -> str:
        return self.assembly.add("Concat", [block.wire for block in self.blocks], axis=1)

    def origin(self) -> Origin | None:
        if all(block.origin is None for block in self.blocks):
            return None
        parts = [block.origin or Origin(block, lambda numbers: numbers) for block in self.blocks]
        ends = np.cumsum([block.width for block in self.blocks])[:-1]

        def see(numbers: Floats) -> Floats:
            own = np.split(numbers, ends, axis=1)
            return np.column_stack([part.see(columns) for part, columns in zip(parts, own, strict=True)])

        return Origin(join(self.assembly, [part.block for part in parts], ""), see)


def _part(assembly: Assembly, block: Block, columns: list[int]) -> Block:
    if columns == list(range(block.width)):
        return block

    def write() -> str:
        indices = assembly.constant(np.array(columns, dtype=np.int64))
        return assembly.add("Gather", [block.wire, indices], axis=1)

    origin = block.origin
    if origin is None:
        return Block(write, len(columns), block.is_text, is_sparse=block.is_sparse)

    def see(numbers: Floats) -> Floats:
        whole = np.full((len(numbers), block.width), _ANY_NUMBER)
        whole[:, columns] = numbers
        return origin.see(whole)[:, columns]

    own = Origin(_part(assembly, origin.block, columns), see)
    return Block(write, len(columns), block.is_text, own, block.is_sparse)
