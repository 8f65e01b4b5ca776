"""draft(columns, …) -> text: a config for a table, with every guess written down for a person to check."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from slipway_ml.contract.csv_format import CsvFormat
from slipway_ml.contract.dates import EXAMPLES, DateOrder, is_date
from slipway_ml.contract.signature import Kind
from slipway_training.data.csv_detection import Detected
from slipway_training.data.date_forms import order_of
from slipway_training.data.kinds import guess_kind
from slipway_training.errors import DataCheckFailed, closest
from slipway_training.workflows.forest_size import forest_size

_FEW_VALUES = 20
_MOST_REPEATED = 0.9
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def draft(name: str, path: str, columns: Mapping[str, Sequence[str]], target: str, found: Detected) -> str:
    """TOML with comments; raises DataCheckFailed where the target is not among the columns.

    `found` is the format by which the columns were read, with its evidence.
    """
    if target not in columns:
        raise DataCheckFailed(f"the file has no column {target!r}{closest(target, columns)}")
    csv_format = found.csv_format
    features = {column: cells for column, cells in columns.items() if column != target}
    is_classifier = _is_classifier(columns[target], csv_format)
    kinds = {column: guess_kind(cells, csv_format) for column, cells in features.items()}
    orders = {column: order_of(cells) for column, cells in features.items() if kinds[column] is Kind.CATEGORY}
    dates = {column: order for column, order in orders.items() if order is not None}
    doubtful = [
        column for column, cells in features.items() if column not in dates and _names_rows(kinds[column], cells)
    ]
    lacking = sum(not cell for cell in columns[target])
    size = forest_size(len(columns[target]) - lacking)
    lines = [
        "# Drafted from the file. Read it, change what is not so, then: slipway train " + f"{name}.toml",
        f"name = {_text(name)}",
        f'task = "{"classification" if is_classifier else "regression"}"  # guessed from the values of the target',
        'description = ""',
        "",
        "[data]",
        'source = "csv"',
        f"path = {_text(path)}",
        f"target = {_text(target)}",
        *([f'empty_targets = "drop"  # {lacking} of {len(columns[target])} rows have none'] if lacking else []),
        *(f"{key} = {_value(value)}  # {_comment(found.evidence[key])}" for key, value in found.keys.items()),
        f"drop = [{', '.join(map(_text, doubtful))}]" + "  # columns that name a row, or give the target away",
        "",
        "[data.kinds]  # number, integer, boolean or category; guessed from the cells",
        *(_line(column, kinds[column], features[column]) for column in features if column not in doubtful),
        "",
        "[features]",
        'scale = "standard"',
        *(line for column, order in dates.items() for line in _date(column, order, features[column])),
        "",
        "[estimator]",
        f'type = "{"RandomForestClassifier" if is_classifier else "RandomForestRegressor"}"',
        *(f"# {reason}" for reason in size.reasons),
        f"parameters = {_value(size.parameters)}",
    ]
    return "\n".join(lines) + "\n"


def _date(column: str, order: DateOrder, cells: Sequence[str]) -> list[str]:
    others = [other for other in EXAMPLES if other != order and all(is_date(cell, other) for cell in cells if cell)]
    note = f"; {others[0]} fits every row too, so look at what they mean" if others else ""
    written = f'order = "{order}"  # such as {EXAMPLES[order]}{note}'
    return ["", f"[features.columns.{_key(column)}]", 'encode = "date"', *([written] if order != "ymd" else [])]


def _line(column: str, kind: Kind, cells: Sequence[str]) -> str:
    lacking = sum(not cell for cell in cells)
    distinct = len({cell for cell in cells if cell})
    note = f"{distinct} different values" + (f", {lacking} missing" if lacking else "")
    if kind is Kind.INTEGER and distinct <= _FEW_VALUES:
        note += "; a category, if the numbers are only names"
    return f'{_key(column)} = "{kind}"  # {note}'


def _is_classifier(cells: Sequence[str], csv_format: CsvFormat) -> bool:
    kind = guess_kind(cells, csv_format)
    return kind in {Kind.BOOLEAN, Kind.CATEGORY} or (kind is Kind.INTEGER and len(set(cells)) <= _FEW_VALUES)


def _names_rows(kind: Kind, cells: Sequence[str]) -> bool:
    """Text or whole numbers of which nearly every row has its own."""
    present = [cell for cell in cells if cell]
    if kind not in {Kind.CATEGORY, Kind.INTEGER} or len(present) <= _FEW_VALUES:
        return not present
    return len(set(present)) > _MOST_REPEATED * len(present)


def _key(column: str) -> str:
    return column if _BARE.fullmatch(column) else _text(column)


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{_key(column)} = {_value(words)}' for column, words in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str) -> str:
    """One line, whatever a column is called."""
    return " ".join(text.split())


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
