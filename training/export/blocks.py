"""Blocks: what flows between the steps of a pipeline, as wires of a graph under construction.

A block is a matrix of columns of one type, float64 or text; a table is a list of blocks side by side. An answer is what
an estimator gives: a label and perhaps probabilities, or a value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from training.errors import ConversionError
from training.export.assembly import Assembly


@dataclass(frozen=True, slots=True)
class Block:
    """The wire of a matrix [rows, width]."""

    wire: str
    width: int
    is_text: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """Wires of an estimator's answer; `numbers` are probabilities [rows, classes] or values [rows, 1]."""

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
    wire = assembly.add("Concat", [block.wire for block in blocks], axis=1)
    return Block(wire, sum(block.width for block in blocks), blocks[0].is_text)


def _part(assembly: Assembly, block: Block, columns: list[int]) -> Block:
    if columns == list(range(block.width)):
        return block
    indices = assembly.constant(np.array(columns, dtype=np.int64))
    return Block(assembly.add("Gather", [block.wire, indices], axis=1), len(columns), block.is_text)
