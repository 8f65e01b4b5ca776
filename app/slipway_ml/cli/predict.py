"""slipway predict MODEL ROWS.csv: score a small file through the codecs of the server, without a server.

Each cell is read as the kind that the signature gives its column; what cannot be read so is sent as it is, so that the
same schema refuses it in the same words. Needs nothing of training.
"""

import csv
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, TextIO

import orjson
import typer

from slipway_ml.contract.manifest import Cell
from slipway_ml.contract.signature import Feature, Kind, Signature
from slipway_ml.errors import InvalidRows, UsageError
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.protocol.rows import RowCodec
from slipway_ml.registry.store import Registry
from slipway_ml.runtime.session import OnnxSession

_BATCH = 1000
_TRUTH = {"true": True, "1": True, "false": False, "0": False}
_MISSING = frozenset({"", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "NULL", "null"})


def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")],
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="A CSV with a header line; other columns are left out.")],
    *,
    version: Annotated[int | None, typer.Option(min=1, help="The version; the champion when left out.")] = None,
    models: Annotated[Path, typer.Option(metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder.")] = Path(
        "models"
    ),
) -> None:
    """Score the rows of a CSV, without a server.

    Prints the predictions as a CSV, one line per row.
    """
    registry = Registry(models)
    number = registry.resolve(model, version)
    stored = registry.read(model, number)
    signature = stored.manifest.signature
    codec = RowCodec(model, str(number), signature, ContentLimits())
    session = OnnxSession(stored.read_model())
    try:
        with rows.open(encoding="utf-8-sig", newline="") as file:
            _score(codec, session, file, rows.name)
    except OSError as error:
        raise UsageError(f"{str(rows)!r} cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, csv.Error):
        raise UsageError(f"{rows.name} is not CSV in UTF-8") from None


def _score(codec: RowCodec, session: OnnxSession, file: TextIO, name: str) -> None:
    reader = csv.DictReader(file, strict=True)
    absent = [f.name for f in codec.signature.features if f.name not in (reader.fieldnames or ())]
    if absent:
        raise UsageError(f"{name} has no column {absent[0]!r}, which the model requires")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(_header(codec.signature))
    done = 0
    for batch in _batches(_row(codec.signature, cells) for cells in reader):
        try:
            tensors = codec.decode(orjson.dumps({"instances": batch}))
        except InvalidRows as error:
            first = error.problems[0]
            where = f"row {done + (first.row or 0) + 1}" + (f", column {first.field!r}" if first.field else "")
            raise UsageError(f"{name} {where}: {first.problem}") from None
        answer = orjson.loads(codec.encode(session.run(tensors), ""))
        writer.writerows(_cells(prediction) for prediction in answer["predictions"])
        done += len(batch)


def _batches(rows: Iterable[dict[str, Cell]]) -> Iterator[list[dict[str, Cell]]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        yield batch


def _row(signature: Signature, cells: dict[str, str | None]) -> dict[str, Cell]:
    return {feature.name: _cell(feature, (cells[feature.name] or "").strip()) for feature in signature.features}


def _cell(feature: Feature, text: str) -> Cell:
    if text in _MISSING:
        return None
    if feature.kind is Kind.CATEGORY:
        return text
    if feature.kind is Kind.BOOLEAN:
        return _TRUTH.get(text.lower(), text)
    try:
        return int(text) if feature.kind is Kind.INTEGER else float(text)
    except ValueError:
        return text


def _header(signature: Signature) -> list[str]:
    if signature.labels is None:
        return list(signature.targets or ("value",))
    labels = signature.labels if signature.has_probabilities else ()
    return ["label", *(label if isinstance(label, str) else orjson.dumps(label).decode() for label in labels)]


def _cells(prediction: dict[str, Any]) -> list[Any]:
    if "value" in prediction:
        value = prediction["value"]
        return list(value.values()) if isinstance(value, dict) else [value]
    return [_text(prediction["label"]), *prediction.get("probabilities", {}).values()]


def _text(label: Any) -> str:
    return label if isinstance(label, str) else orjson.dumps(label).decode()
