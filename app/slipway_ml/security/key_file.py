"""The keys file: JSON that people can read, with a schema number, and its live copy in a running server.

The file is the operator's, so a damaged one is an error that names the place, but never what stands there. A server
that has read it once keeps the last good keys when it is damaged or gone, and says so once.
"""

import json
import logging
import os
import stat
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from slipway_ml.errors import UsageError
from slipway_ml.security.keys import Key, KeySet

logger = logging.getLogger("slipway.security")

_MAX_BYTES = 4 * 1024 * 1024
_MAX_KEYS = 10_000

Stamp = tuple[int, int, int]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")

    schema_number: Annotated[Literal[1], Field(alias="schema")]
    keys: Annotated[tuple[Key, ...], Field(max_length=_MAX_KEYS)]


def read_keys(path: Path) -> tuple[Key, ...]:
    """The keys of a file; raises UsageError when they cannot be used."""
    return _read(path)[0]


def encode_keys(keys: Iterable[Key]) -> bytes:
    """The content of a keys file."""
    listed = [key.model_dump(mode="json") for key in keys]
    for entry in listed:
        for name in ("scopes", "models"):
            entry[name] = sorted(entry[name]) if entry[name] else None
    return (json.dumps({"schema": 1, "keys": listed}, indent=2) + "\n").encode()


class KeyFile:
    """A keys file as a server sees it: `keys` is what was good in it last."""

    def __init__(self, path: Path) -> None:
        """Reads the file; raises UsageError when it cannot be used, because there is nothing older to keep."""
        self._path = path
        self.on_failure: Callable[[], None] = lambda: None
        self._complaint = ""
        keys, self._stamp = _read(path)
        self.keys = KeySet(keys)

    def refresh(self) -> None:
        """Read the file again if it has changed; never raises."""
        try:
            if _stamp(self._path.stat()) == self._stamp and not self._complaint:
                return
            keys, self._stamp = _read(self._path)
        except (UsageError, OSError) as error:
            self._report_damage(str(error) if isinstance(error, UsageError) else _unreadable(error))
            return
        self.keys = KeySet(keys)
        self._complaint = ""
        logger.info("keys were read again", extra={"keys": len(self.keys)})

    def _report_damage(self, complaint: str) -> None:
        if complaint == self._complaint:
            return
        self._complaint = complaint
        self.on_failure()
        logger.error("the previous keys stay in force", extra={"keys": len(self.keys), "reason": complaint})


def _read(path: Path) -> tuple[tuple[Key, ...], Stamp]:
    """Keys and stamp of one and the same file, even while it is being replaced."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            _refuse_unknown_entries(status)
            content = file.read(_MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(_unreadable(error)) from None
    if len(content) > _MAX_BYTES:
        raise UsageError(f"the keys file is over {_MAX_BYTES} bytes; 'slipway keys list' shows a right one")
    keys = _parse(content)
    if len({key.id for key in keys}) < len(keys):
        raise UsageError("the keys file has two keys of one id; remove one of them")
    return keys, _stamp(status)


def _refuse_unknown_entries(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UsageError("the keys file is no regular file; 'slipway keys new --keys FILE' makes one")
    if status.st_mode & stat.S_IWOTH:
        raise UsageError("the keys file can be written by everybody; run: chmod o-w FILE")


def _parse(content: bytes) -> tuple[Key, ...]:
    try:
        return _Document.model_validate_json(content).keys
    except ValidationError as error:
        detail = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(part if isinstance(part, str) and part in _NAMES else _number(part) for part in detail["loc"])
        words = {"json_invalid": "it is not JSON", "extra_forbidden": "a name that is not known"}
        reason = words.get(detail["type"], detail["msg"].lower())
        raise UsageError(f"the keys file cannot be used: {place + ': ' if place else ''}{reason}") from None


_NAMES = frozenset({"schema", "keys", *Key.model_fields})


def _number(part: str | int) -> str:
    return str(part) if isinstance(part, int) else "?"


def _unreadable(error: OSError) -> str:
    hint = "; make one with 'slipway keys new NAME --keys FILE'" if isinstance(error, FileNotFoundError) else ""
    return f"the keys file cannot be read: {os.strerror(error.errno or 0).lower()}{hint}"


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_mtime_ns, status.st_size, status.st_ino
