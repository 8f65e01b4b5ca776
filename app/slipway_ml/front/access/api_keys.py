"""Who may call what: takes the key from a request's headers and asks whether it is good for the route and the model.

A caller without the right key learns nothing about models: it is refused before anybody looks whether one exists. What
was refused, and who was let in to admin routes, stands in the audit log.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from slipway_ml.errors import Forbidden, Unauthorized, UsageError
from slipway_ml.front.access.audit import Audit
from slipway_ml.front.exchange import Headers
from slipway_ml.front.routes import Match
from slipway_ml.security.key_file import KeyFile
from slipway_ml.security.keys import Scope
from slipway_ml.security.rate_limit import RateLimit

logger = logging.getLogger("slipway.security")

_LOOK_SECONDS = 1.0  # how long a revoked key is still good
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
            "and give --keys FILE, or say --insecure if something in front of the server authenticates callers"
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


class ApiKeyAuthorizer:
    """The guard's `authorize` of a service with keys."""

    def __init__(
        self,
        file: KeyFile,
        audit: Audit | None = None,
        clock: Callable[[], float] = time.time,
        rate_limit: RateLimit | None = None,
    ) -> None:
        self._file = file
        self._rate_limit = rate_limit
        self._audit = audit or Audit()
        self._clock = clock

    def __call__(self, match: Match, headers: Headers) -> str | None:
        """The id of the request's key; raises Unauthorized or Forbidden unless it is good for this route and model.

        Raises RateLimited where the key is good, and used too often to predict.
        """
        needed = match.route.scope
        if needed is None:
            return None
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
        if self._rate_limit is not None and needed is Scope.PREDICT:
            self._rate_limit.take(key.id)
        if needed is Scope.ADMIN:
            self._audit.admitted(match.route.template, key.id)
        return key.id

    async def watch(self, look_seconds: float = _LOOK_SECONDS) -> None:
        """Look at the keys file every second, for ever; in a thread, because a disk may hang."""
        while True:
            await asyncio.sleep(look_seconds)
            self._audit.next_second()
            try:
                await asyncio.to_thread(self._file.refresh)
            except Exception:  # whatever it was: without this watch no key could be revoked any more
                logger.exception("reading the keys file failed")
