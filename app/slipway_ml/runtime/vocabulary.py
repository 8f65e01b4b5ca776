"""How many columns the words of a graph become: what a row of text weighs once it is counted.

onnxruntime tells the operators of a graph and not their attributes, and the onnx package is no part of the service. So
the serialized graph is walked by the wire format of protocol buffers: model → graph → node → attribute, everything else
skipped by its length.
"""

from collections.abc import Iterator

_GRAPH, _FUNCTIONS = 7, 25
_GRAPH_NODES, _FUNCTION_NODES = 1, 7
_OPERATOR, _ATTRIBUTE = 4, 5
_NAME, _INTS = 1, 8
_VARINT, _SIZED = 0, 2
_FIXED_SIZES = {1: 8, 5: 4}
_LAST = 0x80
"""The last byte of a number is below this."""
_VOCABULARY = b"TfIdfVectorizer"
_COLUMNS = b"ngram_indexes"


def largest_vocabulary(model: bytes) -> int:
    """The most words or phrases that one operator of the graph counts; 0 where none does.

    Raises ValueError for bytes that are no serialized model, which onnxruntime does not load either.
    """
    try:
        return max(map(_columns, _nodes(memoryview(model))), default=0)
    except IndexError:
        raise ValueError("the bytes are no serialized model") from None


def _nodes(model: memoryview) -> Iterator[memoryview]:
    for number, content in _fields(model):
        if number == _GRAPH:
            yield from (node for inner, node in _fields(content) if inner == _GRAPH_NODES)
        elif number == _FUNCTIONS:
            yield from (node for inner, node in _fields(content) if inner == _FUNCTION_NODES)


def _columns(node: memoryview) -> int:
    fields = list(_fields(node))
    if not _holds(fields, _OPERATOR, _VOCABULARY):
        return 0
    attributes = [list(_fields(content)) for number, content in fields if number == _ATTRIBUTE]
    return max((_count(attribute) for attribute in attributes if _holds(attribute, _NAME, _COLUMNS)), default=0)


def _holds(fields: list[tuple[int, memoryview]], number: int, text: bytes) -> bool:
    return any(found == number and content.tobytes() == text for found, content in fields)


def _count(attribute: list[tuple[int, memoryview]]) -> int:
    """Integers of an attribute: one in each field, or many packed into one."""
    return sum(sum(byte < _LAST for byte in content) for number, content in attribute if number == _INTS)


def _fields(message: memoryview) -> Iterator[tuple[int, memoryview]]:
    """Number and content of each field of a message."""
    place = 0
    while place < len(message):
        key, start = _varint(message, place)
        kind = key & 7
        if kind == _VARINT:
            _, place = _varint(message, start)
        elif kind == _SIZED:
            size, start = _varint(message, start)
            place = start + size
        elif kind in _FIXED_SIZES:
            place = start + _FIXED_SIZES[kind]
        else:
            raise IndexError
        if place > len(message):
            raise IndexError
        yield key >> 3, message[start:place]


def _varint(message: memoryview, place: int) -> tuple[int, int]:
    """The number that begins here, and where it ends."""
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < _LAST:
            return value, place
        shift += 7
