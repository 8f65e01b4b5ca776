"""`slipway keys`: make, list and revoke the keys that callers of a server need.

A key is printed once, alone on standard output; everything else that `new` says goes to standard error, so that
`KEY=$(slipway keys new shop)` works. The file holds hashes only. It is replaced in one step under a lock, keeps its
owner and mode, and is flushed before anybody is told that it has changed.
"""

import fcntl
import os
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from slipway_ml.errors import UsageError
from slipway_ml.registry import durable
from slipway_ml.security.key_file import encode_keys, read_keys
from slipway_ml.security.keys import Key, Scope, new_key

keys = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Create, list and revoke API keys.")

File = Annotated[Path, typer.Option("--keys", metavar="FILE", envvar="SLIPWAY_KEYS", help="The keys file.")]

_DEFAULT_FILE = Path("keys.json")
_OWNER_ONLY = 0o600
_DAYS = re.compile(r"([0-9]{1,5})d")


@keys.command()
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Who or what will use the key; shown in lists.")],
    scope: Annotated[list[Scope] | None, typer.Option(help="What it may do; repeat it. Default: predict.")] = None,
    model: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this model; repeat it. Default: all models.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="DAYS|DATE", help="Until when, as 90d or 2030-12-31. Default: for ever.")
    ] = None,
    keys: File = _DEFAULT_FILE,
) -> None:
    """Make a key and print it, once."""
    scopes = scope or [Scope.PREDICT]
    if model and Scope.METRICS in scopes:
        raise UsageError("metrics cover all models, so --scope metrics and --model exclude each other")
    until = None if expires is None else _read_expiry(expires, datetime.now(UTC))
    try:
        text, key = new_key(name, scopes, models=model, expires=until)
    except ValidationError:
        raise UsageError("NAME is a letter or digit, then letters, digits, spaces or . _ @ -, 64 in all") from None
    with _locked(keys):
        _replace(keys, (*_read_if_there(keys), key))
    typer.echo(text)
    typer.echo(f"Key {key.id} is in {keys} as a hash; this is the only time that it is shown.", err=True)
    typer.echo(f"Next: slipway serve --keys {keys}   (servers with this file accept the key within a second)", err=True)
    typer.echo('Then: curl -H "Authorization: Bearer KEY" http://127.0.0.1:8000/v2/models', err=True)


@keys.command("list")
def list_keys(keys: File = _DEFAULT_FILE) -> None:
    """List the keys by id, name and what they may do.

    The keys themselves are not kept anywhere, so they are never shown.
    """
    now = datetime.now(UTC)
    table = Table(box=None, pad_edge=False)
    for column in ("ID", "NAME", "SCOPES", "MODELS", "CREATED", "EXPIRES"):
        table.add_column(column, overflow="fold")
    for key in _read_if_there(keys):
        models = "all" if key.models is None else ", ".join(sorted(key.models))
        scopes = ", ".join(sorted(key.scopes))
        created, expires = f"{key.created.astimezone(UTC):%Y-%m-%d}", _expiry(key, now)
        table.add_row(key.id, escape(key.name), scopes, escape(models), created, expires)
    if not table.row_count:
        typer.echo(f"No keys in {keys}. Next: slipway keys new NAME --keys {keys}")
        return
    Console(emoji=False).print(table)


@keys.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The id, as 'slipway keys list' shows it.")],
    keys: File = _DEFAULT_FILE,
) -> None:
    """Take a key out of the file.

    Servers refuse it within a second or two.
    """
    with _locked(keys):
        known = read_keys(keys)
        kept = tuple(key for key in known if key.id != key_id)
        if len(kept) == len(known):
            raise UsageError(f"no key of that id in {keys}; 'slipway keys list' shows the ids")
        _replace(keys, kept)
    typer.echo(f"Key {key_id} is revoked in {keys}; {len(kept)} left")
    typer.echo(f"Next: slipway keys new NAME --keys {keys}, if another is needed")


def _expiry(key: Key, now: datetime) -> str:
    if key.expires is None:
        return "never"
    return f"{key.expires.astimezone(UTC):%Y-%m-%d %H:%M}Z{' (expired)' if key.expires <= now else ''}"


def _read_expiry(text: str, now: datetime) -> datetime:
    until: datetime | None = None
    days = _DAYS.fullmatch(text)
    with suppress(ValueError, OverflowError):
        until = now + timedelta(days=int(days[1])) if days else datetime.fromisoformat(text)
    if until is None:
        raise UsageError("--expires takes a number of days, as 90d, or a date, as 2030-12-31")
    until = until.replace(tzinfo=until.tzinfo or UTC, microsecond=0)
    if until <= now:
        raise UsageError("--expires is in the past; choose a later date")
    return until


def _read_if_there(path: Path) -> tuple[Key, ...]:
    return read_keys(path) if path.exists() else ()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Alone among commands that change this file; the lock is on its folder, because the file itself is replaced."""
    try:
        folder = os.open(path.resolve().parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise UsageError(f"the folder of {path} cannot be opened: {os.strerror(error.errno or 0).lower()}") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _replace(path: Path, kept: tuple[Key, ...]) -> None:
    target = path.resolve()  # a link to the file stays a link
    staged = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        durable.write_file(staged, encode_keys(kept), _OWNER_ONLY)
        _take_after(staged, target)
        staged.replace(target)
        durable.sync_folder(target.parent)
    except OSError as error:
        staged.unlink(missing_ok=True)
        raise UsageError(f"{path} cannot be written: {os.strerror(error.errno or 0).lower()}") from None


def _take_after(staged: Path, target: Path) -> None:
    """Keep owner, group and mode, else a server under another user could not read the file any more."""
    if not target.exists():
        return
    status = target.stat()
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(staged, status.st_uid, status.st_gid)
    staged.chmod(status.st_mode & 0o755)
