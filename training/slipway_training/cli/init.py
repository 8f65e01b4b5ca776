"""slipway init TABLE.csv --target NAME: a config with the guessed kinds, for a person to read before training."""

import re
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from slipway_training.data.csv_detection import detect, detect_cells
from slipway_training.data.csv_file import read_bytes, read_csv
from slipway_training.errors import ConfigError
from slipway_training.workflows.draft_config import draft


def init(
    data: Annotated[Path, typer.Argument(metavar="TABLE", help="A CSV with a header line.")],
    *,
    target: Annotated[str, typer.Option(help="The column to predict.")],
    name: Annotated[str | None, typer.Option(help="The model's name; the file's name when left out.")] = None,
    output: Annotated[Path | None, typer.Option(help="The config to write; NAME.toml beside the table.")] = None,
) -> None:
    """Draft a training configuration for a table.

    Every guess is in it, for review.
    """
    model = name or re.sub(r"[^A-Za-z0-9_.-]+", "-", data.stem).strip("-.") or "model"
    where = output or data.parent / f"{model}.toml"
    found = detect(read_bytes(data), data.name)
    detect_cells(read_csv(data, found.csv_format).columns, found)
    content = read_csv(data, found.csv_format)
    path = data.name if where.parent.resolve() == data.parent.resolve() else str(data.resolve())
    text = draft(model, path, content.columns, target, found)
    try:
        with where.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigError(f"{str(where)!r} is there already; remove it, or give another name with --output") from None
    except OSError as error:
        raise ConfigError(f"{str(where)!r} cannot be written: {error.strerror}") from None
    console = Console(highlight=False)
    console.print(f"Wrote {escape(str(where))}: read it, change what is not so.", soft_wrap=True)
    console.print(f"Next:  slipway train {escape(str(where))}", soft_wrap=True)
