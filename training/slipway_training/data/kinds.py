"""From columns of text to typed columns: which kind a column is, and its values in the conventions of Table.

A column where nearly every cell is a number is numeric, and the few other cells are errors with their line: that is
how a typing mistake looks. A column with fewer numbers is text.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from slipway_ml.contract.signature import Kind, Task
from slipway_training.errors import DataCheckFailed

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_INTEGER = re.compile(r"[+-]?\d+")
_EXACT = 2**53  # integers beyond this are not all float64 values
_TRUTH = {"true": 1.0, "false": 0.0}
_NUMERIC_SHARE = 0.9

Line = Callable[[int], str]


def guess_kind(cells: Sequence[str]) -> Kind:
    """The kind of a column of text; a column without any value counts as text."""
    present = [cell for cell in cells if cell]
    if not present:
        return Kind.CATEGORY
    if all(cell.lower() in _TRUTH for cell in present):
        return Kind.BOOLEAN
    if all(_INTEGER.fullmatch(cell) and abs(int(cell)) <= _EXACT for cell in present):
        return Kind.INTEGER
    numbers = sum(_NUMBER.fullmatch(cell) is not None for cell in present)
    return Kind.NUMBER if numbers >= _NUMERIC_SHARE * len(present) else Kind.CATEGORY


def parse_column(name: str, cells: Sequence[str], kind: Kind, line: Line) -> NDArray[Any]:
    """The values of a column; raises DataCheckFailed naming the first cell that is not of its kind."""
    if kind is Kind.CATEGORY:
        return np.array(cells, dtype=object)
    parse = {Kind.NUMBER: _number, Kind.INTEGER: _integer, Kind.BOOLEAN: _boolean}[kind]
    values = np.empty(len(cells), dtype=np.float64)
    for row, cell in enumerate(cells):
        value = parse(cell) if cell else np.nan
        if value is None:
            raise DataCheckFailed(
                f"{line(row)}, column {name!r}: not {_ARTICLE[kind]}; "
                f"correct the cell, or write data.kinds = {{ {name!r} = 'category' }} if the column holds text"
            )
        values[row] = value
    return values


def parse_target(name: str, cells: Sequence[str], task: Task, line: Line) -> NDArray[Any]:
    """The target in the type of its labels: booleans, integers or text; numbers for regression."""
    for row, cell in enumerate(cells):
        if not cell:
            raise DataCheckFailed(f"{line(row)} has no value for the target {name!r}; fill it in or remove the row")
    kind = guess_kind(cells)
    if task is Task.REGRESSION:
        return parse_column(name, cells, Kind.NUMBER, line)
    if kind is Kind.BOOLEAN:
        return np.array([_TRUTH[cell.lower()] == 1.0 for cell in cells], dtype=np.bool_)
    if kind is Kind.INTEGER:
        return np.array([int(cell) for cell in cells], dtype=np.int64)
    if kind is Kind.NUMBER:
        values = parse_column(name, cells, Kind.NUMBER, line)
        if np.array_equal(values, np.round(values)):
            return values.astype(np.int64)
        raise DataCheckFailed(f"the target {name!r} holds fractions, which are no classes; set task = 'regression'")
    return np.array(cells, dtype=object)


_ARTICLE = {Kind.NUMBER: "a number", Kind.INTEGER: "an integer", Kind.BOOLEAN: "true or false"}


def _number(cell: str) -> float | None:
    value = float(cell) if _NUMBER.fullmatch(cell) else None
    return value if value is not None and np.isfinite(value) else None


def _integer(cell: str) -> float | None:
    value = _number(cell)
    return value if value is not None and value.is_integer() and abs(value) <= _EXACT else None


def _boolean(cell: str) -> float | None:
    return _TRUTH.get(cell.lower(), {"1": 1.0, "0": 0.0}.get(cell))
