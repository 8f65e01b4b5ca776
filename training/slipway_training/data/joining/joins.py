"""Joining tables by declared keys, and checking first that the keys do what was declared of them.

A join that goes wrong makes rows up or loses them without a word. Here a key that matches nothing, a key that fans
rows out and rows without a partner are errors with counts, before anything is joined.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slipway_training.config.sources import SourceConfig
from slipway_training.data.engine import DuckDBPyConnection, integer, one, quoted
from slipway_training.data.joining import as_of
from slipway_training.data.joining.views import ROW
from slipway_training.errors import ConfigError, DataCheckFailed, closest

_TYPES = {"BIGINT": "whole numbers", "DOUBLE": "numbers", "BOOLEAN": "true and false", "VARCHAR": "text"}
_NUMBERS = {"BIGINT", "DOUBLE"}
Columns = Mapping[str, str]
"""Names of columns and their types in the engine."""


@dataclass(frozen=True, slots=True)
class Joined:
    """The query that joins, the columns it gives with their types, and what was counted."""

    query: str
    columns: dict[str, str]
    rows: dict[str, int]


def join(connection: DuckDBPyConnection, sources: Sequence[SourceConfig], tables: Mapping[str, Columns]) -> Joined:
    """Check every join in its order; raises ConfigError or DataCheckFailed with counts.

    `tables` are the views of `make_view`, by source. The rows come in the order of the first source.
    """
    first = sources[0]
    relation = f"(SELECT * FROM {quoted(first.name)})"
    columns = dict(tables[first.name])
    rows = {source.name: integer(connection, f"SELECT count(*) FROM {quoted(source.name)}") for source in sources}
    for name, count in rows.items():
        if not count:
            raise DataCheckFailed(f"source {name!r} has no rows")
    for source in sources[1:]:
        own = tables[source.name]
        _check_names(source, columns, own)
        rows[f"{source.name}_unmatched"] = _check_keys(connection, source, relation, columns, own)
        brought = [name for name in own if name not in _joining(source)]
        row = ROW.format(source.name)
        if source.as_of is not None:
            found = as_of.AsOf(source, source.as_of, columns, own)
            relation = found.join(relation, [*brought, row], is_inner=source.how == "inner")
        else:
            terms = ", ".join(f"b.{quoted(name)}" for name in (*brought, row))
            kind = "LEFT" if source.how == "left" else "INNER"
            relation = f"(SELECT a.*, {terms} FROM {relation} a {kind} JOIN {quoted(source.name)} b ON {_on(source)})"
        columns |= {name: own[name] for name in brought}
    order = ", ".join(quoted(ROW.format(source.name)) for source in sources)
    names = ", ".join(map(quoted, columns))
    return Joined(f"SELECT {names} FROM {relation} ORDER BY {order}", columns, rows)


def _check_names(source: SourceConfig, columns: Columns, own: Columns) -> None:
    for left, right in source.keys.items():
        for name, known, whose in ((left, columns, "the tables before it have"), (right, own, "it has")):
            if name not in known:
                raise ConfigError(
                    f"source {source.name!r}: its key {name!r} is no column that {whose}{closest(name, known)}"
                )
        if columns[left] != own[right] and not {columns[left], own[right]} <= _NUMBERS:
            raise DataCheckFailed(
                f"source {source.name!r}: its key {right!r} holds {_TYPES[own[right]]}, but {left!r} before it "
                f"{_TYPES[columns[left]]}; write kinds = {{ {right} = 'category' }} where it is read, or the like"
            )
    for name in own:
        if name in columns and name not in _joining(source):
            raise ConfigError(
                f"source {source.name!r}: the column {name!r} is in a table before it too; "
                f"write rename = {{ {name} = '{source.name}_{name}' }} or leave it out of columns"
            )


def _joining(source: SourceConfig) -> set[str]:
    """Columns of the table by which it is joined; they are not brought along."""
    return {*source.keys.values(), *([] if source.as_of is None else [source.as_of.right])}


def _check_keys(connection: DuckDBPyConnection, source: SourceConfig, left: str, columns: Columns, own: Columns) -> int:
    """How many rows so far are without a partner."""
    rows = integer(connection, f"SELECT count(*) FROM {left}")
    right = quoted(source.name)
    keys = ", ".join(source.keys.values())
    if source.as_of is not None:
        lonely = as_of.AsOf(source, source.as_of, columns, own).check(connection, left)
        keys = f"{keys}{', ' if keys else ''}as of {source.as_of.left}"
    else:
        lonely = integer(connection, f"SELECT count(*) FROM {left} a ANTI JOIN {right} b ON {_on(source)}")
    if lonely == rows:
        raise DataCheckFailed(
            f"source {source.name!r}: its key ({keys}) matches none of {rows} rows; most likely it is the wrong key"
        )
    if source.cardinality != "one_to_many" and source.as_of is None:
        _check_unique(connection, source, left, rows)
    if source.cardinality != "many_to_one":
        names = list(source.keys)
        repeated, most = _repeated(connection, left, names)
        if repeated:
            raise DataCheckFailed(
                f"source {source.name!r}: {repeated} keys ({', '.join(names)}) stand on more than one row (up to "
                f"{most}) of the tables before it, which cardinality = '{source.cardinality}' rules out; remove them, "
                "or declare 'many_to_one'"
            )
    if lonely > source.unmatched * rows:
        lost = "would be lost" if source.how == "inner" else "would be without its columns"
        raise DataCheckFailed(
            f"source {source.name!r}: {lonely} of {rows} rows have no partner by the key ({keys}) and {lost}; "
            f"correct the key, or accept them with unmatched = {_share(lonely, rows)}"
        )
    return lonely


def _check_unique(connection: DuckDBPyConnection, source: SourceConfig, left: str, rows: int) -> None:
    right = quoted(source.name)
    names = list(source.keys.values())
    repeated, most = _repeated(connection, right, names)
    if repeated:
        after = integer(connection, f"SELECT count(*) FROM {left} a LEFT JOIN {right} b ON {_on(source)}")
        raise DataCheckFailed(
            f"source {source.name!r}: {repeated} of its keys ({', '.join(names)}) stand on more than one row (up to "
            f"{most}), so that {rows} rows would fan out to {after}; remove the repeated rows, or declare "
            "cardinality = 'one_to_many' if that is meant"
        )


def _repeated(connection: DuckDBPyConnection, relation: str, names: Sequence[str]) -> tuple[int, int]:
    """How many keys stand on several rows, and on how many at most; a key with a missing part is none."""
    keys = ", ".join(map(quoted, names))
    is_whole = " AND ".join(f"{quoted(name)} IS NOT NULL" for name in names)
    query = f"SELECT count(*), max(n) FROM (SELECT count(*) AS n FROM {relation} WHERE {is_whole} GROUP BY {keys})"
    repeated, most = one(connection, f"{query} WHERE n > 1")
    return int(repeated or 0), int(most or 0)


def _on(source: SourceConfig) -> str:
    return " AND ".join(f"a.{quoted(left)} = b.{quoted(right)}" for left, right in source.keys.items())


def _share(part: int, whole: int) -> float:
    """The share in two digits, rounded up, so that writing it down accepts these rows."""
    return min(1.0, -(-part * 1000 // whole) / 1000)
