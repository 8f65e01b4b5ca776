"""Bodies that are small on the wire and large in memory, slow to look through, or wrong where that was answered 500."""

import gzip
import json
from collections.abc import Iterator

from tests.e2e.attack.good_bodies import FEATURES, GOOD_ROW, MATRIX, ROWS, TEXT, WIDE, instances, matrix_infer

CAP = 16 * 1024 * 1024
"""What a body may be after inflating, by default."""

Body = tuple[str, bytes]
"""A path and what is posted to it."""

_PREDICT, _INFER = f"/predict/{ROWS}", f"/v2/models/{MATRIX}/infer"


def _filled(before: bytes, item: bytes, after: bytes, size: int = CAP) -> bytes:
    """`item` between commas, as often as fits."""
    return before + (item + b",") * ((size - len(before) - len(after)) // (len(item) + 1) - 1) + item + after


def _numbered(before: bytes, item: bytes, after: bytes, size: int = CAP) -> bytes:
    """The same with a number in each item, so that no two are one object."""
    count = (size - len(before) - len(after)) // (len(item) + 7)
    return before + b",".join(item % number for number in range(count)) + after


def empty_rows(size: int = CAP) -> bytes:
    """`[{},{},…]`: three bytes for each dictionary."""
    return _filled(b'{"instances":[', b"{}", b"]}", size)


def shapes() -> Iterator[Body]:
    """Other bodies whose objects take 20 to 60 times their text."""
    tensor = b'{"inputs":[{"name":"X","datatype":"FP64","shape":[1,30],"data":['
    yield _PREDICT, _filled(b'{"instances":[', b"[]", b"]}")
    yield _PREDICT, _filled(b'{"instances":[', b"[0]", b"]}")
    yield _PREDICT, _filled(b'{"instances":[', b"[[]]", b"]}")
    yield _PREDICT, _filled(b'{"instances":[', b'{"a":0}', b"]}")
    yield _PREDICT, _numbered(b'{"instances":[', b'{"%x":{}}', b"]}")
    yield _PREDICT, _filled(b'{"instances":[', b"0", b"]}")
    yield f"/v1/models/{ROWS}:predict", _numbered(b'{"instances":[', b'"%x"', b"]}")
    yield _INFER, _filled(b'{"inputs":[', b"{}", b"]}")
    yield _INFER, _filled(tensor, b"[]", b"]}]}")
    yield _INFER, _numbered(tensor, b'"%x"', b"]}]}")
    yield _INFER, _numbered(b'{"inputs":[],"parameters":{', b'"%x":[]', b"}}")
    yield _INFER, _filled(b'{"inputs":[],"outputs":[', b"{}", b"]}")


def many_keys() -> Iterator[Body]:
    """Distinct keys in the body, and within an input: linear look-ups made this quadratic."""
    outer = _numbered(b"{", b'"%x":0', b',"inputs":[]}', 403 * 1024)
    inner = _numbered(b'{"inputs":[{', b'"%x":0', b',"name":"X","datatype":"FP64","shape":[1],"data":[1]}]}', 250_000)
    large = _numbered(b"{", b'"%x":0', b',"inputs":[]}', 1_300_000)
    return iter([(_INFER, outer), (_INFER, inner), (_INFER, large)])


def long_text(rows: int = 6_000, words: int = 8_000) -> Body:
    """One long text among short ones, each of which is padded to the longest."""
    texts = [["good " * words]] + [["bad"]] * rows
    return f"/predict/{TEXT}", instances(texts)


def wide_rows(rows: int) -> Body:
    """A plain request whose response is fifty times as large."""
    return f"/predict/{WIDE}", instances([[number % 7] for number in range(rows)])


def _infer(rows: int = 1, **changes: object) -> bytes:
    tensor: dict[str, object] = {"name": "X", "datatype": "FP64", "shape": [rows, FEATURES]}
    tensor |= {"data": [0.5] * (rows * FEATURES)}
    if "of_input" in changes:
        tensor["parameters"] = changes.pop("of_input")
    return json.dumps({"inputs": [tensor], **changes}).encode()


def five_hundreds() -> Iterator[Body]:
    """What was answered 500, below and above the sizes at which another reader takes over."""
    for rows in (1, 20, 600):
        for value in (None, 5, "label", True, {"name": "label"}):
            yield _INFER, _infer(rows, outputs=value)
            yield _INFER, _infer(rows, of_input=value)
            yield _INFER, _infer(rows, parameters=value)
    for shape in ([0, 2147483647, 2147483647, 2147483647], [2147483647] * 8, [0] * 8, [-1, 30]):
        tensor = {"name": "X", "datatype": "FP64", "shape": shape, "data": []}
        yield _INFER, json.dumps({"inputs": [tensor]}).encode()


def wrong_rows(rows: int = 100) -> bytes:
    """As many rows as a good body, every one with a mistake."""
    return instances([{**GOOD_ROW, "age": "old"}] * rows)


def wrong_tensor(rows: int = 100) -> bytes:
    """A good tensor with a text among its numbers."""
    good = matrix_infer(rows)
    middle = good.index(b",", len(good) // 2) + 1
    return good[:middle] + b'"x",' + good[middle:]


def tiny_wrong() -> bytes:
    """A few bytes with as many mistakes as possible."""
    return b'{"instances":[{},{},{},{},{},{},{},{},{},{},{},{},{}]}'


def zipped(body: bytes) -> bytes:
    """The body as gzip makes it small; level 9 takes five times as long for the same bytes."""
    return gzip.compress(body, 6)
