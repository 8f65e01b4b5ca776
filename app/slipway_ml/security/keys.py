"""API keys: what one looks like, what is kept of it, and whether a presented one is good.

A key is `slw_<id>_<secret>`: the id (48 bits) names it in files and logs, the secret (256 bits) is shown once and never
kept. What is kept is SHA-256 of the whole key: a slow hash would add nothing to a random secret of that length.
Nothing here knows HTTP, files or the clock.
"""

import math
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Annotated

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

PREFIX = "slw_"

_ID_BYTES = 6
_SECRET_BYTES = 32
_ID_PLACE = slice(len(PREFIX), len(PREFIX) + 2 * _ID_BYTES)


class Scope(StrEnum):
    """What a key may be allowed and a route may ask for; none of them includes another."""

    PREDICT = "predict"
    METRICS = "metrics"
    ADMIN = "admin"


class Key(BaseModel):
    """What is kept of a key. `models` None means all of them, `expires` None means never."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{12}$")]
    name: Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._@-]*$")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    scopes: Annotated[frozenset[Scope], Field(min_length=1)]
    models: Annotated[frozenset[str], Field(min_length=1)] | None = None
    created: AwareDatetime
    expires: AwareDatetime | None = None


def new_key(
    name: str,
    scopes: Iterable[Scope],
    *,
    models: Iterable[str] | None = None,
    expires: datetime | None = None,
    now: datetime | None = None,
) -> tuple[str, Key]:
    """A fresh key: the text to hand out, which exists nowhere else, and what to keep of it."""
    key_id = secrets.token_hex(_ID_BYTES)
    text = f"{PREFIX}{key_id}_{secrets.token_hex(_SECRET_BYTES)}"
    key = Key(
        id=key_id,
        name=name,
        sha256=sha256(text.encode()).hexdigest(),
        scopes=frozenset(scopes),
        models=None if models is None else frozenset(models),
        created=(now or datetime.now(UTC)).replace(microsecond=0),
        expires=expires,
    )
    return text, key


class KeySet:
    """The keys that are good now, ready to be looked up."""

    def __init__(self, keys: Iterable[Key] = ()) -> None:
        self._by_id = {
            key.id.encode(): (
                bytes.fromhex(key.sha256),
                math.inf if key.expires is None else key.expires.timestamp(),
                key,
            )
            for key in keys
        }

    def __len__(self) -> int:
        return len(self._by_id)

    def find(self, presented: bytes, now: float) -> Key | None:
        """The key that was presented, unless it is unknown, wrong or expired at `now`; equal work in each case."""
        digest, expires, key = self._by_id.get(presented[_ID_PLACE], _NOBODY)
        is_right = compare_digest(sha256(presented).digest(), digest)
        return key if is_right and now < expires else None

    def known_id(self, presented: bytes) -> str | None:
        """The id that a refused key claims, where a key of that id is kept; other text may be part of a secret."""
        _, _, key = self._by_id.get(presented[_ID_PLACE], _NOBODY)
        return key.id if key else None


_NOBODY: tuple[bytes, float, Key | None] = (bytes(32), math.inf, None)
"""Compared with where the id is unknown, so that it takes as long as a wrong secret; even a match would be no key."""
