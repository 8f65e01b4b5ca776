"""Rows of the user's own for a load test: JSON, JSON lines or CSV with a header, by the file's ending."""

import csv
import json
from pathlib import Path
from typing import Any

from slipway_loadtests.errors import CannotRun
from slipway_loadtests.published import Field, PublishedModel, Row, Value

_TRUE, _FALSE = frozenset({"true", "1", "1.0", "yes"}), frozenset({"false", "0", "0.0", "no"})


def read_rows(file: Path, model: PublishedModel) -> list[Row]:
    """The rows with the fields of the model, in its order; raises CannotRun where they are not to be had."""
    try:
        found = _read(file, model)
    except OSError as error:
        raise CannotRun(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, UnicodeDecodeError):
        raise CannotRun(f"{file} holds no rows: give JSON, JSON lines or CSV with a header") from None
    names = [field.name for field in model.fields]
    for number, row in enumerate(found, 1):
        missing = [name for name in names if name not in row]
        if missing:
            raise CannotRun(f"row {number} of {file} lacks {', '.join(missing[:5])}, which model {model.name!r} needs")
    if not found:
        raise CannotRun(f"{file} holds no rows")
    return [{name: row[name] for name in names} for row in found]


def _read(file: Path, model: PublishedModel) -> list[dict[str, Any]]:
    if file.suffix == ".csv":
        with file.open(encoding="utf-8-sig", newline="") as lines:
            fields = {field.name: field for field in model.fields}
            return [
                {name: _value(fields[name], text) for name, text in row.items() if name in fields}
                for row in csv.DictReader(lines)
            ]
    text = file.read_text("utf-8-sig")
    if file.suffix == ".jsonl":
        rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    else:
        document = json.loads(text)
        rows = document.get("instances", []) if isinstance(document, dict) else document
    names = [field.name for field in model.fields]
    return [dict(zip(names, row, strict=True)) if isinstance(row, list) else dict(row) for row in rows]


def _value(field: Field, text: str | None) -> Value:
    if not text:
        return None
    if field.kind == "boolean":
        if text.lower() not in _TRUE | _FALSE:
            raise ValueError
        return text.lower() in _TRUE
    if field.kind == "string":
        return text
    number = float(text)
    return int(number) if field.kind == "integer" and number.is_integer() else number
