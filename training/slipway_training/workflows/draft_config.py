"""draft(columns, …) -> text: a config for a table, with every guess written down for a person to check."""

import json
import re
from collections.abc import Mapping, Sequence

from slipway_ml.contract.signature import Kind
from slipway_training.data.kinds import guess_kind
from slipway_training.errors import DataCheckFailed, closest

_FEW_VALUES = 20
_MOST_REPEATED = 0.9
_BARE = re.compile(r"[A-Za-z0-9_-]+")


def draft(name: str, path: str, columns: Mapping[str, Sequence[str]], target: str) -> str:
    """TOML with comments; raises DataCheckFailed where the target is not among the columns."""
    if target not in columns:
        raise DataCheckFailed(f"the file has no column {target!r}{closest(target, columns)}")
    features = {column: cells for column, cells in columns.items() if column != target}
    is_classifier = _is_classifier(columns[target])
    kinds = {column: guess_kind(cells) for column, cells in features.items()}
    doubtful = [column for column, cells in features.items() if _names_rows(kinds[column], cells)]
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
        f"drop = [{', '.join(map(_text, doubtful))}]" + "  # columns that name a row, or give the target away",
        "",
        "[data.kinds]  # number, integer, boolean or category; guessed from the cells",
        *(_line(column, kinds[column], features[column]) for column in features if column not in doubtful),
        "",
        "[features]",
        'scale = "standard"',
        "",
        "[estimator]",
        f'type = "{"RandomForestClassifier" if is_classifier else "RandomForestRegressor"}"',
        "parameters = { n_estimators = 200, random_state = 0 }",
    ]
    return "\n".join(lines) + "\n"


def _line(column: str, kind: Kind, cells: Sequence[str]) -> str:
    lacking = sum(not cell for cell in cells)
    distinct = len({cell for cell in cells if cell})
    note = f"{distinct} different values" + (f", {lacking} missing" if lacking else "")
    if kind is Kind.INTEGER and distinct <= _FEW_VALUES:
        note += "; a category, if the numbers are only names"
    key = column if _BARE.fullmatch(column) else _text(column)
    return f'{key} = "{kind}"  # {note}'


def _is_classifier(cells: Sequence[str]) -> bool:
    kind = guess_kind(cells)
    return kind in {Kind.BOOLEAN, Kind.CATEGORY} or (kind is Kind.INTEGER and len(set(cells)) <= _FEW_VALUES)


def _names_rows(kind: Kind, cells: Sequence[str]) -> bool:
    """Text or whole numbers of which nearly every row has its own."""
    present = [cell for cell in cells if cell]
    if kind not in {Kind.CATEGORY, Kind.INTEGER} or len(present) <= _FEW_VALUES:
        return not present
    return len(set(present)) > _MOST_REPEATED * len(present)


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)
