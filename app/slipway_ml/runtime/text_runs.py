"""Runs of graphs that cut text into words, in groups of rows that are alike in length.

Their tokenizer makes a table of all rows by the words of the longest text, and what counts the words makes one of all
rows by the whole vocabulary. So one long text among a thousand short ones, or very many short ones, need gigabytes in
one run. In groups of like length, each within GROUP_BYTES, a run needs little whatever is sent; every row gets the
outputs that it gets alone, to the bit, and keeps its place.
"""

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from slipway_ml.contract.tensors import Tensor

Run = Callable[[Mapping[str, Tensor]], list[Tensor]]

TEXT_OPERATORS = frozenset(
    {"RegexFullReplace", "StringConcat", "StringNormalizer", "StringSplit", "TfIdfVectorizer", "Tokenizer"}
)
"""Operators whose work grows with the length of a text, beyond reading it once."""

GROUP_BYTES = 8 * 2**20
_CHARACTER_BYTES = 40
"""A word may be a single character and takes a string of 32 bytes; beside it stand the text and its copies."""
_COLUMN_BYTES = 40
"""A count of a word takes 4 bytes, and about four numbers of 8 bytes while it is weighed."""
_ALIKE = 2.0
"""The longest text of a group over its shortest."""
_SHORT = 256
"""Characters up to which texts are alike: so little padding costs less than another run."""


class TextRuns:
    """Runs batches of one graph; `vocabulary` is how many columns its words become."""

    def __init__(self, run: Run, vocabulary: int) -> None:
        self._run = run
        self._row_bytes = _COLUMN_BYTES * vocabulary

    def run(self, tensors: Mapping[str, Tensor]) -> list[Tensor]:
        """The outputs of all rows, in their order; raises what a run raises."""
        lengths = longest_texts(tensors)
        order = np.argsort(lengths, kind="stable")
        groups = [order[start:end] for start, end in self._groups(lengths[order].tolist())]
        if len(groups) == 1:
            return self._run(tensors)
        parts = [self._run({name: tensor[group] for name, tensor in tensors.items()}) for group in groups]
        back = np.empty_like(order)
        back[order] = np.arange(len(order))
        return [np.concatenate(outputs)[back] for outputs in zip(*parts, strict=True)]

    def _groups(self, lengths: list[int]) -> Iterator[tuple[int, int]]:
        """Where each group starts and ends, of lengths that ascend."""
        start = 0
        for place, length in enumerate(lengths):
            is_alike = length <= max(_SHORT, _ALIKE * lengths[start])
            size = (place + 1 - start) * (_CHARACTER_BYTES * length + self._row_bytes)
            if place > start and not (is_alike and size <= GROUP_BYTES):
                yield start, place
                start = place
        yield start, len(lengths)


def longest_texts(tensors: Mapping[str, Tensor]) -> Tensor:
    """Characters of the longest text in each row."""
    columns = [
        np.fromiter(map(len, tensor.ravel().tolist()), np.int64, tensor.size).reshape(len(tensor), -1).max(axis=1)
        for tensor in tensors.values()
        if tensor.dtype.hasobject
    ]
    longest: Tensor = np.maximum.reduce(columns)
    return longest
