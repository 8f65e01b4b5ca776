"""Keys files for tests: made by the service's own code, with real keys."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from slipway_ml.security.key_file import encode_keys, read_keys
from slipway_ml.security.keys import Scope, new_key


def add_key(path: Path, *scopes: Scope, models: Iterable[str] | None = None, expires: datetime | None = None) -> str:
    """Put one more key into the file, in one step as the command does, and return it."""
    text, key = new_key("test", scopes or [Scope.PREDICT], models=models, expires=expires)
    known = read_keys(path) if path.exists() else ()
    replace(path, encode_keys((*known, key)))
    return text


def replace(path: Path, content: bytes) -> None:
    """Give the file another content in one step."""
    staged = path.with_suffix(".new")
    staged.write_bytes(content)
    staged.replace(path)


def id_of(key: str) -> str:
    return key.split("_")[1]


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}
