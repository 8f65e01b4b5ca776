"""Bodies of every shape that costs much for its size: what a caller sends who means no good, and large good ones.

For the models of `tests.factories`: `numbers`, a matrix of thirty, and `houses`, a column of each kind. The same seed
gives the same bodies.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

COLUMNS = 30
NAMES = [f"f{number}" for number in range(COLUMNS)]
_ROWS, _INFER = "/predict/{}", "/v2/models/{}/infer"
_V1 = "/v1/models/{}:predict"
_MOST_ROWS = 100_000
HOUSE: list[Any] = [30.5, 3, 2, True, "Ulm", "gas"]
HOUSE_NAMES = ["age", "rooms", "floors", "garden", "city", "heating"]


@dataclass(frozen=True, slots=True)
class Body:
    """One request; `json_length` where bytes follow its JSON."""

    name: str
    path: str
    content: bytes
    json_length: int | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {} if self.json_length is None else {"Inference-Header-Content-Length": str(self.json_length)}


def _filled(start: bytes, item: bytes, end: bytes, size: int, most: int | None = None) -> bytes:
    count = max(1, (size - len(start) - len(end)) // (len(item) + 1))
    return start + b",".join([item] * (count if most is None else min(count, most))) + end


def dense(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _rows(name: str, model: str, item: bytes, size: int, most: int | None = None) -> Body:
    return Body(f"rows: {name}", _ROWS.format(model), _filled(b'{"instances":[', item, b"]}", size, most))


def _tensor(name: str, item: bytes, size: int, datatype: str = "FP64", columns: int = COLUMNS) -> Body:
    rows = max(1, (size - 150) // ((len(item) + 1) * columns))
    head = b'{"inputs":[{"name":"X","datatype":"%b","shape":[%d,%d],"data":[' % (datatype.encode(), rows, columns)
    data = b",".join([item] * (rows * columns))
    return Body(f"tensor: {name}", _INFER.format("numbers"), head + data + b"]}]}")


def _binary(name: str, datatype: str, shape: list[int], tail: bytes, model: str = "numbers", column: str = "X") -> Body:
    tensor = {"name": column, "datatype": datatype, "shape": shape, "parameters": {"binary_data_size": len(tail)}}
    head = dense({"inputs": [tensor]})
    return Body(f"binary: {name}", _INFER.format(model), head + tail, len(head))


def good_bodies(size: int) -> Iterator[Body]:
    """Large requests that are answered 200."""
    row = [0.5] * COLUMNS
    house = dict(zip(HOUSE_NAMES, HOUSE, strict=True))
    yield _rows("objects", "numbers", dense(dict(zip(NAMES, row, strict=True))), size, _MOST_ROWS)
    yield _rows("lists of zeros", "numbers", dense([0] * COLUMNS), size, _MOST_ROWS)
    yield _rows("houses", "houses", dense(house), size, _MOST_ROWS)
    yield _rows("houses as lists", "houses", dense(HOUSE), size, _MOST_ROWS)
    yield _tensor("zeros", b"0", size)
    yield _tensor("decimals", b"0.123456", size)
    yield _tensor("zeros in FP32", b"0", size, "FP32")
    rows = max(1, size // (2 * COLUMNS + 2))
    lists = b",".join([dense([0] * COLUMNS)] * rows)
    head = b'{"inputs":[{"name":"X","datatype":"FP64","shape":[%d,%d],"data":[' % (rows, COLUMNS)
    yield Body("tensor: rows of zeros", _INFER.format("numbers"), head + lists + b"]}]}")
    column = b"[" + b",".join([b"0"] * min(_MOST_ROWS, size // COLUMNS // 2 - 20)) + b"]"
    columns = b",".join([b'"%b":%b' % (name.encode(), column) for name in NAMES])
    yield Body("V1: columns of zeros", _V1.format("numbers"), b'{"inputs":{%b}}' % columns)
    signed = _filled(b'{"signature_name":"a","instances":[', dense([0] * COLUMNS), b"]}", size, _MOST_ROWS)
    yield Body("V1: rows with a signature", _V1.format("numbers"), signed)
    rows = size // (8 * COLUMNS)
    yield _binary("FP64", "FP64", [rows, COLUMNS], bytes(8 * rows * COLUMNS))
    yield _binary("FP16", "FP16", [4 * rows, COLUMNS], bytes(8 * rows * COLUMNS))


def bad_bodies(size: int) -> Iterator[Body]:
    """Requests that are refused, one way or another."""
    for name, item in {
        "empty objects": b"{}",
        "empty lists": b"[]",
        "numbers": b"0",
        "texts": b'""',
        "one unknown field": b'{"a":1}',
        "lists of lists": dense([[]] * COLUMNS),
        "NaN": dense([float("nan")] * COLUMNS),
    }.items():
        yield _rows(name, "numbers", item, size)
    keys = b",".join([b'"%x":0' % number for number in range(size // 11)])
    deep = b"[" * (size // 2 - 20) + b"]" * (size // 2 - 20)
    wide = b"[" + b",".join([b"0"] * (size // 2 - 20)) + b"]"
    text = b'"\xf0\x9f\x98\x80' + b"a" * (size - 60) + b'"'
    for name, row in {"keys": b"{%b}" % keys, "deep": deep, "wide": wide, "long text": text}.items():
        yield Body(f"rows: one row, {name}", _ROWS.format("numbers"), b'{"instances":[%b]}' % row)
        yield Body(f"V1: one row, {name}", _V1.format("numbers"), b'{"inputs":[%b]}' % row)
        yield Body(f"tensor: beside, {name}", _INFER.format("numbers"), b'{"x":%b,"inputs":[]}' % row)
        inputs = b'{"inputs":[{"name":"X","datatype":"BYTES","shape":[1],"data":[%b]}]}' % row
        yield Body(f"tensor: one value, {name}", _INFER.format("numbers"), inputs)
    yield Body("tensor: keys of the request", _INFER.format("numbers"), b'{%b,"inputs":[]}' % keys)
    yield Body("tensor: keys of an input", _INFER.format("numbers"), b'{"inputs":[{%b}]}' % keys)
    yield Body("tensor: many inputs", _INFER.format("numbers"), _filled(b'{"inputs":[', b"{}", b"]}", size))
    yield Body(
        "tensor: many outputs", _INFER.format("numbers"), _filled(b'{"inputs":[],"outputs":[', b"{}", b"]}", size)
    )
    yield Body("tensor: a list", _INFER.format("numbers"), _filled(b"[", b"{}", b"]", size))
    for name, item in {"null": b"null", "NaN": b"NaN", "objects": b"{}", "lists": b"[]", "true": b"true"}.items():
        yield _tensor(name, item, size)
    yield _tensor("texts", b'""', size, "BYTES")
    yield _tensor("truths", b"true", size, "BOOL")
    rng = random.Random(size)
    texts = [b"%04x" % rng.getrandbits(16) for _ in range(size // 8)]
    data = b",".join([b'"%b"' % text for text in texts])
    head = b'{"inputs":[{"name":"city","datatype":"BYTES","shape":[%d,1],"data":[' % len(texts)
    yield Body("tensor: short texts", _INFER.format("houses"), head + data + b"]}]}")
    tail = b"".join([b"\x04\0\0\0" + text for text in texts])
    yield _binary("short texts", "BYTES", [len(texts), 1], tail, "houses", "city")
    yield _binary("no texts", "BYTES", [size // 4, 1], bytes(4 * (size // 4)), "houses", "city")
    yield Body("repository: index", "/v2/repository/index", _filled(b'{"a":[', b"{}", b"]}", size))


_ATOMS = (
    b"0",
    b'""',
    b"null",
    b"1e9",
    b'"ab"',
    b"true",
    b"{}",
    b"[]",
    b'{"a":0}',
    b"NaN",
    b'"\\u20ac"',
    b'"\xe2\x82\xac"',
)


def fuzzed_bodies(size: int, seed: int) -> Iterator[Body]:
    """Bodies without end: lists of anything at any of the places where a request has a list."""
    rng = random.Random(seed)
    endpoints = [
        (_ROWS.format("numbers"), b'{"instances":[', b"]}"),
        (_ROWS.format("houses"), b'{"instances":[', b"]}"),
        (_V1.format("numbers"), b'{"inputs":[', b"]}"),
        (_V1.format("houses"), b'{"inputs":{"age":[', b"]}}"),
        (_INFER.format("numbers"), b'{"inputs":[{"name":"X","datatype":"FP64","shape":[9,30],"data":[', b"]}]}"),
        (_INFER.format("houses"), b'{"inputs":[{"name":"city","datatype":"BYTES","shape":[9,1],"data":[', b"]}]}"),
        (_INFER.format("numbers"), b'{"inputs":[', b"]}"),
        (_INFER.format("numbers"), b'{"outputs":[', b'],"inputs":[]}'),
        (_INFER.format("numbers"), b'{"x":[', b'],"inputs":[]}'),
    ]
    while True:
        path, start, end = rng.choice(endpoints)
        item = _item(rng, rng.randrange(4))
        if rng.random() < 0.5:
            items = [item] + [_item(rng, rng.randrange(3)) for _ in range(rng.randrange(4))]
            item = b",".join(items)
        name = f"fuzzed: {start.decode()}{item[:24].decode(errors='replace')}…"
        yield Body(name, path, _filled(start, item, end, size))


def _item(rng: random.Random, depth: int) -> bytes:
    if not depth:
        return rng.choice(_ATOMS)
    inner = [_item(rng, depth - 1) for _ in range(rng.choice([0, 1, 2, 6, COLUMNS]))]
    if rng.random() < 0.5:
        return b"[" + b",".join(inner) + b"]"
    names = rng.choice([HOUSE_NAMES, NAMES, [f"{number:x}" for number in range(COLUMNS)]])
    return (
        b"{"
        + b",".join([b'"%b":%b' % (name.encode(), value) for name, value in zip(names, inner, strict=False)])
        + b"}"
    )


def all_bodies(size: int, seed: int, fuzzed: int) -> Iterator[Body]:
    """All of them, and so many of those without end."""
    yield from good_bodies(size)
    yield from bad_bodies(size)
    yield from islice(fuzzed_bodies(size, seed), fuzzed)
