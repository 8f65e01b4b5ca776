"""slipway predict MODEL ROWS.csv: score a small file through the codecs of the server, without a server.

Each cell is read as the kind that the signature gives its column, in the format of the CSV that the version was trained
on unless an option says otherwise; what cannot be read so is sent as it is, so that the same schema refuses it in the
same words. Needs nothing of training.
"""

import csv
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import IO, Annotated, Any

import orjson
import typer
from pydantic import ValidationError

from slipway_ml.contract.csv_format import UNREADABLE, CsvFormat
from slipway_ml.contract.manifest import Cell
from slipway_ml.contract.signature import Signature
from slipway_ml.errors import InvalidRows, RowProblem, UsageError
from slipway_ml.protocol.limits import MAX_PROBLEMS, ContentLimits
from slipway_ml.protocol.rows import RowCodec
from slipway_ml.protocol.unusual_values import Listed
from slipway_ml.registry.store import Registry
from slipway_ml.runtime.session import OnnxSession
from slipway_ml.serving.input_check import Look, input_check_of

_BATCH = 1000


def predict(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")],
    rows: Annotated[Path, typer.Argument(metavar="ROWS", help="A CSV with a header line; other columns are left out.")],
    *,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            "--id", metavar="COLUMN", help="A column to put before the predictions as it is; may be repeated."
        ),
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, help="The version; the champion when left out.")] = None,
    models: Annotated[Path, typer.Option(metavar="DIR", envvar="SLIPWAY_MODELS", help="The models folder.")] = Path(
        "models"
    ),
    delimiter: Annotated[str | None, typer.Option(help="What divides the cells; else as in training.")] = None,
    decimal: Annotated[str | None, typer.Option(help="The decimal separator, . or ,; else as in training.")] = None,
    thousands: Annotated[str | None, typer.Option(help="What groups digits by three; else as in training.")] = None,
    missing: Annotated[
        list[str] | None, typer.Option(help="A word that means missing; may be repeated; else as in training.")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="The character encoding; else as in training.")] = None,
) -> None:
    """Score the rows of a CSV, without a server.

    Prints the predictions as a CSV, one line per row.
    """
    registry = Registry(models)
    number = registry.resolve(model, version)
    stored = registry.read(model, number)
    changes = {
        "delimiter": delimiter,
        "decimal": decimal,
        "thousands": thousands,
        "missing": missing,
        "encoding": encoding,
    }
    csv_format = _format(stored.manifest.provenance.config, changes)
    codec = RowCodec(model, str(number), stored.manifest.signature, ContentLimits())
    session, look = OnnxSession(stored.read_model()), input_check_of(stored)
    try:
        with rows.open("rb") as binary, csv_format.text_of(binary) as file:
            _score(codec, session, look, file, csv_format, rows.name, keep or [])
    except BrokenPipeError:  # whoever reads the predictions has enough of them, as head has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (*UNREADABLE, csv.Error) as error:
        if isinstance(error, OSError) and error.strerror:
            raise UsageError(f"{str(rows)!r} cannot be read: {error.strerror}") from None
        raise UsageError(f"{rows.name} is not CSV in {csv_format.encoding.upper()}") from None


def _score(
    codec: RowCodec,
    session: OnnxSession,
    look: Look | None,
    file: IO[str],
    csv_format: CsvFormat,
    name: str,
    keep: list[str],
) -> None:
    reader = csv.reader(file, delimiter=csv_format.delimiter, quotechar=csv_format.quote, strict=True)
    header = [column.strip() for column in next(reader, [])]
    for column, wanted in [(one.name, "the model requires") for one in codec.signature.features] + [
        (one, "--id names") for one in keep
    ]:
        if header.count(column) != 1:
            what = "more than one column" if column in header else "no column"
            raise UsageError(f"{name} has {what} {column!r}, which {wanted}")
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*keep, *_header(codec.signature)])
    kept: list[list[str]] = []
    records = _keeping(reader, [header.index(column) for column in keep], kept)
    done = 0
    warnings = _Warnings(name)
    for batch in _batches(_rows(codec.signature, header, records, csv_format, name)):
        try:
            tensors = codec.decode(orjson.dumps({"instances": batch}))
            unusual = None if look is None else look(tensors)
            found = None if unusual is None else unusual.within(0, len(batch))
            if found is not None and found.refused.total:
                raise found.as_invalid_rows()
        except InvalidRows as error:
            raise UsageError(_in_words(name, error.problems[0], done)) from None
        if found is not None:
            warnings.add(found.warned, done)
        answer = orjson.loads(codec.encode(session.run(tensors), ""))
        writer.writerows(
            [*own, *_cells(prediction)] for own, prediction in zip(kept, answer["predictions"], strict=True)
        )
        kept.clear()
        done += len(batch)
    warnings.end()


class _Warnings:
    """Says on stderr which values are unlike those of training: the first of them, and how many more there are."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told = 0
        self._total = 0

    def add(self, found: Listed, done: int) -> None:
        """Those of a batch that comes after so many rows."""
        for problem in found.problems[: MAX_PROBLEMS - self._told]:
            typer.echo(f"warning: {_in_words(self._name, problem, done)}", err=True)
            self._told += 1
        self._total += found.total

    def end(self) -> None:
        """All rows are done."""
        if self._total > self._told:
            typer.echo(f"warning: and {self._total - self._told} more values unlike those of training", err=True)


def _in_words(name: str, problem: RowProblem, done: int) -> str:
    where = f"row {done + (problem.row or 0) + 1}" + (f", column {problem.field!r}" if problem.field else "")
    return f"{name} {where}: {problem.problem}"


def _keeping(records: Iterable[list[str]], places: list[int], kept: list[list[str]]) -> Iterator[list[str]]:
    """The records that are not empty; the cells at these places go to `kept` as they pass."""
    for cells in filter(None, records):
        kept.append([cells[place] for place in places if place < len(cells)])
        yield cells


def _batches(rows: Iterable[dict[str, Cell]]) -> Iterator[list[dict[str, Cell]]]:
    source = iter(rows)
    while batch := list(islice(source, _BATCH)):
        yield batch


def _rows(
    signature: Signature, header: Sequence[str], records: Iterable[list[str]], csv_format: CsvFormat, name: str
) -> Iterator[dict[str, Cell]]:
    places = [(feature, header.index(feature.name)) for feature in signature.features]
    for number, cells in enumerate(filter(None, records), start=1):
        if len(cells) != len(header):
            raise UsageError(f"{name} row {number} has {len(cells)} cells, the header has {len(header)}")
        yield {feature.name: csv_format.read(feature, cells[place]) for feature, place in places}


def _format(trained: Mapping[str, Any], changes: Mapping[str, Any]) -> CsvFormat:
    """The format of the training data, where the version says one, with what the command line says instead."""
    known = {key: value for key, value in trained.get("data", {}).items() if key in CsvFormat.model_fields}
    given = {key: value for key, value in changes.items() if value not in (None, [])}
    try:
        return CsvFormat.model_validate({**known, **given})
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        where = f"--{problem['loc'][0]}: " if problem["loc"] else ""
        raise UsageError(f"{where}{str(problem['msg']).removeprefix('Value error, ')}") from None


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
