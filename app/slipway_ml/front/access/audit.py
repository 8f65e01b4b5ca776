"""The audit log: one line per refusal and per admin act, with the id of the key, never the key.

Nothing in a line was written by the caller: the route is a row of the table, and the request id has been checked. A
flood of refusals is counted instead of logged; the count comes with the next second.
"""

import logging

logger = logging.getLogger("slipway.audit")

_LINES_PER_SECOND = 20  # who guesses keys must not fill the disk


class Audit:
    """Where the API key authorizer reports; `lines` is how many refusals are logged per second."""

    def __init__(self, lines: int = _LINES_PER_SECOND) -> None:
        self._lines = lines
        self._left = lines
        self._left_out = 0

    def refused(self, template: str, reason: str, key_id: str | None) -> None:
        """A request that was turned away."""
        if self._left <= 0:
            self._left_out += 1
            return
        self._left -= 1
        logger.warning("refused", extra={"route": template, "reason": reason, "key_id": key_id})

    def admitted(self, template: str, key_id: str) -> None:
        """A request that may change what is served, about to be handled."""
        logger.info("admitted to an admin route", extra={"route": template, "key_id": key_id})

    def next_second(self) -> None:
        """Allow lines again, and tell how many refusals were left out."""
        if self._left_out:
            logger.warning("further requests were refused", extra={"refusals": self._left_out})
        self._left, self._left_out = self._lines, 0
