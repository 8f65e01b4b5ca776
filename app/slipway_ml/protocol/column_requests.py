"""Long row requests of TensorFlow Serving and KServe v1 clients, which `row_requests` rewrites where they are short.

Gives what that gives, some rows at a time: rows are read once more by the rows' own reader, and columns are read beside
each other.
"""

from typing import Any

from slipway_ml.contract.signature import MATRIX_INPUT
from slipway_ml.errors import MalformedRequest
from slipway_ml.protocol.json_beside import Span
from slipway_ml.protocol.json_cuts import PIECE, NotJson, Steps, any_comma, contains, find_arrays, read_array
from slipway_ml.protocol.json_values import InvalidJson, parse
from slipway_ml.protocol.parts import Part
from slipway_ml.protocol.row_pieces import Charge, RowPieces, look_at, read_long_lists
from slipway_ml.protocol.row_requests import KEYS_OF_OTHERS, check_columns, check_form, check_lengths, value
from slipway_ml.protocol.rows import RowCodec

_SMALLEST_PIECE = 512
_SMALLEST_COLUMN = 128
_VALUES_AT_ONCE = 4096


def read_in_steps(body: bytes, codec: RowCodec, charge: Charge, piece: int = PIECE) -> Steps[tuple[Part, int, bool]]:
    """What a body brings to its batch, how many rows, and whether they came in columns.

    Raises InvalidRows, MalformedRequest or RequestTooLarge.
    """
    pieces = codec.pieces(len(body), charge, piece)
    if not (yield from contains(body, KEYS_OF_OTHERS)):
        yield from pieces.read(body)
        return (*pieces.finish(), False)
    names = codec.names
    is_shallow = bool((yield from find_arrays(body, 2, _SMALLEST_COLUMN, len(names) + 2)))
    document, spans = yield from read_long_lists(body, 2 if is_shallow else 3, _SMALLEST_COLUMN, len(names) + 2)
    try:
        check_form(document)
    except MalformedRequest:
        yield from look_at(body, spans)
        raise
    by_column = "inputs" in document
    rows = document["inputs"] if by_column else document["instances"]
    if by_column and type(rows) is dict and rows.keys() == {MATRIX_INPUT} and codec.signature.layout == "matrix":
        rows = rows[MATRIX_INPUT]
    if not by_column or type(rows) in {Span, list}:
        yield from pieces.read_found(body, rows, spans, is_rewritten=True)
    else:
        yield from _read_columns(body, rows, spans, codec, pieces, piece)
    return (*pieces.finish(), by_column)


def _read_columns(
    body: bytes, inputs: Any, spans: list[Span], codec: RowCodec, pieces: RowPieces, piece: int
) -> Steps[None]:
    names = codec.names
    try:
        check_columns(inputs, names, codec.extra)
    except MalformedRequest:
        yield from look_at(body, spans)
        raise
    size = max(min(_SMALLEST_PIECE, piece), piece // len(names))
    columns = [_Column(body, inputs[name], size) for name in names]
    most = max(1, _VALUES_AT_ONCE // len(names))
    while True:
        for column in columns:
            while not column.values and column.advance():
                yield None
        count = min(most, *[len(column.values) for column in columns])
        if not count:
            break
        pieces.take_values(list(zip(*[column.take(count) for column in columns], strict=True)))
        yield None
    check_lengths({len(column.values) for column in columns})


class _Column:
    """One column, as far as it was read."""

    def __init__(self, body: bytes, where: Any, size: int) -> None:
        self.values: list[Any] = [] if type(where) is Span else [value(cell) for cell in where]
        self._steps = read_array(body, *where, any_comma, self._read, lambda: size) if type(where) is Span else None

    def advance(self) -> bool:
        """Do one step; False where all of it was read."""
        if self._steps is None:
            return False
        try:
            next(self._steps)
        except StopIteration:
            self._steps = None
        return True

    def take(self, count: int) -> list[Any]:
        """The next values."""
        taken = self.values[:count]
        del self.values[:count]
        return taken

    def _read(self, text: bytes) -> int:
        try:
            cells = parse(text)
        except InvalidJson:
            raise NotJson from None
        self.values += [value(cell) for cell in cells]
        return len(cells)
