"""Good bodies beside the same bodies with something wrong in them, to see what being wrong costs.

For the models of `tests.bodies`. Each kind of body comes with one wrong value at its beginning, middle or end, with
wrong values throughout, and cut off; each has about the bytes of the good one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.bodies import COLUMNS, HOUSE, HOUSE_NAMES, NAMES, Body, dense

WRONG: dict[str, bytes] = {
    "text": b'"x"',
    "null": b"null",
    "NaN": b"NaN",
    "list": b"[]",
    "object": b"{}",
    "true": b"true",
    "key": b'{"a":1}',
    "deep list": b"[[[[[]]]]]",
    "infinite": b"1e999",
    "large integer": b"1" + b"0" * 25,
    "control character": b'"\x01"',
}
_INFER, _ROWS, _V1 = "/v2/models/{}/infer", "/predict/{}", "/v1/models/{}:predict"
_MOST_ROWS = 100_000


@dataclass(frozen=True, slots=True)
class Spoiled:
    """A good body, and those made of it: with one thing wrong, or wrong throughout."""

    good: Body
    once: tuple[Body, ...]
    throughout: tuple[Body, ...]


def spoiled_bodies(size: int) -> Iterator[Spoiled]:
    """One for each kind of good body, of about `size` bytes."""
    house = dict(zip(HOUSE_NAMES, HOUSE, strict=True))
    for path in (_ROWS, _V1):
        yield _rows("lists of zeros", path.format("numbers"), [b"0"] * COLUMNS, None, size)
        yield _rows("lists of decimals", path.format("numbers"), [b"0.123456"] * COLUMNS, None, size)
        yield _rows("objects", path.format("numbers"), [b"0.5"] * COLUMNS, NAMES, size)
        yield _rows("houses", path.format("houses"), [dense(value) for value in house.values()], HOUSE_NAMES, size)
    yield _columns("numbers", dict.fromkeys(NAMES, b"0"), size)
    yield _columns("houses", {name: dense(value) for name, value in house.items()}, size)
    for atom in (b"0", b"0.123456"):
        yield _tensor(f"{atom.decode()}, flat", atom, size, is_nested=False)
        yield _tensor(f"{atom.decode()}, in rows", atom, size, is_nested=True)


def _rows(name: str, path: str, values: list[bytes], names: list[str] | None, size: int) -> Spoiled:
    """Rows as objects, or as lists where there are no names."""

    def row(cells: list[bytes]) -> bytes:
        if names is None:
            return b"[" + b",".join(cells) + b"]"
        return b"{" + b",".join([b'"%b":%b' % pair for pair in zip(map(str.encode, names), cells, strict=True)]) + b"}"

    def body(what: str, rows: list[bytes]) -> Body:
        return Body(f"rows: {name}, {what}", path, b'{"instances":[' + b",".join(rows) + b"]}")

    def filled(what: str, one: bytes) -> Body:
        return body(what, [one] * max(1, min(_MOST_ROWS, (size - 20) // (len(one) + 1))))

    good = filled("good", row(values))
    rows = [row(values)] * ((len(good.content) - 15) // (len(row(values)) + 1))
    once, throughout = [Body(f"rows: {name}, cut", path, good.content[:-2])], []
    for what, wrong in WRONG.items():
        bad = row([wrong, *values[1:]])
        once += [body(f"{what} {where}", _put(rows, bad, at)) for where, at in _places(len(rows)).items()]
        throughout += [filled(f"{what} in each row", bad), filled(f"{what} everywhere", row([wrong] * len(values)))]
    short = row(values).rpartition(b",")[0] + (b"]" if names is None else b"}")
    throughout += [filled("a value missing in each row", short), filled("no lists or objects", b"0")]
    throughout += [filled("empty rows", b"[]" if names is None else b"{}"), filled("one unknown field", b'{"a":1}')]
    return Spoiled(good, tuple(once), tuple(throughout))


def _columns(model: str, values: dict[str, bytes], size: int) -> Spoiled:
    path = _V1.format(model)
    beside = sum([len(name) + 6 for name in values])

    def body(what: str, columns: dict[str, list[bytes]]) -> Body:
        parts = [b'"%b":[%b]' % (name.encode(), b",".join(cells)) for name, cells in columns.items()]
        return Body(f"columns: {model}, {what}", path, b'{"inputs":{' + b",".join(parts) + b"}}")

    def filled(what: str, cells: dict[str, bytes]) -> Body:
        count = max(1, min(_MOST_ROWS, (size - beside) // sum([len(cell) + 1 for cell in cells.values()])))
        return body(what, {name: [cell] * count for name, cell in cells.items()})

    good = filled("good", values)
    first = next(iter(values))
    count = good.content.partition(b"]")[0].count(b",") + 1
    columns = {name: [cell] * count for name, cell in values.items()}
    once = [
        Body(f"columns: {model}, cut", path, good.content[:-1]),
        body("short", {**columns, first: columns[first][1:]}),
    ]
    throughout = []
    for what, wrong in WRONG.items():
        for where, at in _places(count).items():
            once.append(body(f"{what} {where}", {**columns, first: _put(columns[first], wrong, at)}))
        throughout.append(filled(f"{what} in a column", {**values, first: wrong}))
        throughout.append(filled(f"{what} everywhere", dict.fromkeys(values, wrong)))
    return Spoiled(good, tuple(once), tuple(throughout))


def _tensor(name: str, atom: bytes, size: int, *, is_nested: bool) -> Spoiled:
    path = _INFER.format("numbers")

    def body(what: str, cells: list[bytes], datatype: str = "FP64") -> Body:
        rows = len(cells) // COLUMNS
        if is_nested:
            cells = [b"[" + b",".join(cells[row * COLUMNS : (row + 1) * COLUMNS]) + b"]" for row in range(rows)]
        head = b'{"inputs":[{"name":"X","datatype":"%b","shape":[%d,%d],"data":[' % (datatype.encode(), rows, COLUMNS)
        return Body(f"tensor: {name}, {what}", path, head + b",".join(cells) + b"]}]}")

    def cells_of(value: bytes) -> list[bytes]:
        return [value] * (COLUMNS * max(1, (size - 100) // (COLUMNS * (len(value) + 1))))

    cells = cells_of(atom)
    good = body("good", cells)
    once = [Body(f"tensor: {name}, cut", path, good.content[:-1]), body("short", cells[:-1] + cells[:COLUMNS])]
    once += [body(f"as {datatype}", cells, datatype) for datatype in ("INT64", "BOOL", "BYTES", "FP61")]
    throughout = []
    for what, wrong in WRONG.items():
        once += [body(f"{what} {where}", _put(cells, wrong, at)) for where, at in _places(len(cells)).items()]
        throughout.append(body(f"{what} everywhere", cells_of(wrong)))
        throughout.append(body(f"{what} now and then", [wrong if n % 1000 == 999 else c for n, c in enumerate(cells)]))
    return Spoiled(good, tuple(once), tuple(throughout))


def _places(count: int) -> dict[str, int]:
    return {"first": 0, "in the middle": count // 2, "last": count - 1}


def _put(items: list[Any], item: Any, place: int) -> list[Any]:
    return [*items[:place], item, *items[place + 1 :]]
