"""Splits on sets of categories, for trees that can only compare: each set becomes a column of its own.

The column is 0 where the category is in the set and 1 where it is not, so `at most one half` goes left exactly where
the fitted tree does. ONNX has a split on membership too, in an operator that older runtimes do not know.
"""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from onnx import TensorProto

from slipway_training.export.assembly import Assembly

HALF = 0.5
Key = tuple[int, frozenset[int], bool]


@dataclass(slots=True)
class Memberships:
    """The sets that the splits ask about, behind the `width` columns that trees see otherwise."""

    width: int
    keys: dict[Key, int] = field(default_factory=dict)

    def column(self, column: int, members: frozenset[int], *, takes_unknown: bool) -> int:
        """The number of the column for a set; `takes_unknown` where unknown and missing categories belong to it."""
        return self.keys.setdefault((column, members, takes_unknown), self.width + len(self.keys))

    def wires(self, assembly: Assembly, matches: dict[int, str], counts: dict[int, int]) -> list[str]:
        """One wire [rows, 1] per set, in the order of their columns.

        `matches` are wires [rows, categories] of 0 and 1 by column, all 0 where the category is not known.
        """
        add, constant = assembly.add, assembly.constant
        one = constant(np.array([1.0]))
        found = []
        for column, members, takes_unknown in self.keys:
            inside = np.zeros((counts[column], 1))
            inside[[member for member in members if member < counts[column]]] = 1.0
            # Where the unknown belong to the set, what counts is to be among the known outside of it.
            weights = 1.0 - inside if takes_unknown else inside
            wire = add("MatMul", [matches[column], constant(weights)])
            found.append(wire if takes_unknown else add("Sub", [one, wire]))
        return found


def matching(assembly: Assembly, wire: str, categories: list[Any]) -> str:
    """[rows, categories] of 0 and 1 for a column of text or of numbers."""
    is_text = any(isinstance(category, str) for category in categories)
    own = np.array([categories], dtype=object if is_text else np.float64)
    return assembly.add("Cast", [assembly.add("Equal", [wire, assembly.constant(own)])], to=TensorProto.DOUBLE)


def codes(assembly: Assembly, match: str, count: int) -> str:
    """[rows, 1]: the number of the category that matches, NaN where none does."""
    add, constant = assembly.add, assembly.constant
    code = add("MatMul", [match, constant(np.arange(count, dtype=np.float64)[:, np.newaxis])])
    known = add("MatMul", [match, constant(np.ones((count, 1)))])
    return add("Where", [add("Equal", [known, constant(np.array(0.0))]), constant(np.array(np.nan)), code])


def matching_codes(assembly: Assembly, wire: str, count: int) -> str:
    """The same for a column of whole numbers from 0, where a fraction counts as the number before it."""
    codes = assembly.add("Cast", [wire], to=TensorProto.INT64)
    found = assembly.add("Equal", [codes, assembly.constant(np.arange(count)[np.newaxis])])
    return assembly.add("Cast", [found], to=TensorProto.DOUBLE)
