"""Who may call what: takes the key from a request's headers and asks whether it is good for the route and the model.

Every refusal is one log line with the id of the key, never the key; a flood of refusals is counted, not logged. A
caller without the right key learns nothing about models: it is refused before anybody looks whether one exists.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from app.errors import Forbidden, Unauthorized, UsageError
from app.front.exchange import Headers
from app.front.routes import Match, Scope
from app.security.key_file import KeyFile
from app.security.keys import KeyScope

logger = logging.getLogger("slipway.audit")

NEEDS: dict[Scope, KeyScope | None] = {
    Scope.PUBLIC: None,
    Scope.PREDICT: KeyScope.PREDICT,
    Scope.METRICS: KeyScope.METRICS,
    Scope.ADMIN: KeyScope.ADMIN,
    Scope.DOCS: KeyScope.PREDICT,
}
"""What a key must be allowed for a route of this scope; None asks for no key."""

_LINES_PER_SECOND = 20
_LOOK_SECONDS = 1.0
_BEARER = b"bearer "

_NO_KEY = "a key is needed; send it as 'Authorization: Bearer KEY' or as 'X-API-Key: KEY'"
_BAD_KEY = "the key is not valid; it may be mistyped, revoked or expired"
_AMBIGUOUS = "more than one key was sent; send one"
_OTHER_MODEL = "the key is for certain models only, and this is not one of them"


def refuse_open_address(*, is_loopback: bool, has_keys: bool, insecure: bool) -> None:
    """Raise UsageError where anybody who can reach the address could call and nobody has said that this is meant."""
    if has_keys and insecure:
        raise UsageError("--keys and --insecure exclude each other; leave one of them out")
    if not (is_loopback or has_keys or insecure):
        raise UsageError(
            "this address can be reached from other machines and there are no keys; make one with 'slipway keys new' "
            "and give --keys FILE, or say --insecure if something in front of the server decides who may call"
        )


def presented_key(headers: Headers) -> bytes | None:
    """The key of a request, None where there is none; raises Unauthorized where there is more than one.

    X-API-Key beats Authorization, whose schemes other than Bearer are none of ours.
    """
    own, bearer = [], []
    for name, value in headers:
        if name == b"x-api-key":
            own.append(value)
        elif name == b"authorization" and value[: len(_BEARER)].lower() == _BEARER:
            bearer.append(value[len(_BEARER) :])
    found = own or bearer
    if len(found) > 1:
        raise Unauthorized(_AMBIGUOUS)
    return found[0].strip() if found else None


@dataclass(slots=True)
class Audit:
    """Logs refusals, at most some per second; the next look says how many were left out."""

    lines: int = _LINES_PER_SECOND
    _left: int = field(default=_LINES_PER_SECOND, init=False)
    _left_out: int = field(default=0, init=False)

    def refused(self, template: str, why: str, key_id: str | None) -> None:
        """One refusal; `template` is the row of the route table, so nothing here was written by the caller."""
        if self._left <= 0:
            self._left_out += 1
            return
        self._left -= 1
        logger.warning("refused", extra={"route": template, "reason": why, "key_id": key_id})

    def next_second(self) -> None:
        """Allow lines again, and tell how many there would have been."""
        if self._left_out:
            logger.warning("more was refused", extra={"refusals": self._left_out})
        self._left, self._left_out = self.lines, 0


class DoorKeeper:
    """The guard's `authorize` of a service with keys."""

    def __init__(self, file: KeyFile, audit: Audit | None = None, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._audit = audit or Audit()
        self._clock = clock

    def __call__(self, match: Match, headers: Headers) -> None:
        """Raises Unauthorized or Forbidden unless the request carries a key that is good for this route and model."""
        needed = NEEDS[match.route.scope]
        if needed is None:
            return
        try:
            presented = presented_key(headers)
        except Unauthorized:
            self._audit.refused(match.route.template, "more than one key", None)
            raise
        if presented is None:
            self._audit.refused(match.route.template, "no key", None)
            raise Unauthorized(_NO_KEY)
        keys = self._file.keys
        key = keys.find(presented, self._clock())
        if key is None:
            self._audit.refused(match.route.template, "not a valid key", keys.known_id(presented))
            raise Unauthorized(_BAD_KEY)
        if needed not in key.scopes:
            self._audit.refused(match.route.template, f"lacks the scope {needed}", key.id)
            raise Forbidden(f"the key lacks the scope '{needed}'")
        if key.models is not None and match.params.get("model_name") not in key.models:
            # Routes without a model tell about all of them, so they are refused as well.
            self._audit.refused(match.route.template, "not a model of this key", key.id)
            raise Forbidden(_OTHER_MODEL)

    async def watch(self) -> None:
        """Look at the keys file every second, for ever; in a thread, because a disk may hang."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            self._audit.next_second()
            await asyncio.to_thread(self._file.refresh)
