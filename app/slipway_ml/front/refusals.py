"""Requests that are turned away below the guard: why, with which status, and how an operator hears of it.

Every refusal is counted by its reason. A flood of them is not logged line by line: some a second are, and the next
second tells how many were left out. Nothing in a line was written by the caller.
"""

import logging
from collections.abc import Callable
from enum import StrEnum

from slipway_ml import log

logger = logging.getLogger("slipway.front")

_LINES_PER_SECOND = 5  # enough to see of what kind they are; how many is a metric


class Reason(StrEnum):
    """Why a request was refused; the values are the label of a metric."""

    MALFORMED = "malformed"
    HEAD_TOO_LARGE = "head_too_large"
    TOO_MANY_HEADERS = "too_many_headers"
    HTTP_VERSION = "http_version"
    HOST = "host"
    TUNNEL = "tunnel"
    FRAMING_TOO_LARGE = "framing_too_large"
    TOO_MANY_CHUNKS = "too_many_chunks"
    TOO_MANY_CONNECTIONS = "too_many_connections"
    TIMEOUT = "timeout"
    STALLED = "stalled"
    STOPPING = "stopping"
    RESPONSE_NOT_READ = "response_not_read"
    REST_TOO_LONG = "rest_too_long"


STATUS = {
    Reason.MALFORMED: 400,
    Reason.HEAD_TOO_LARGE: 431,
    Reason.TOO_MANY_HEADERS: 431,
    Reason.HTTP_VERSION: 505,
    Reason.HOST: 400,
    Reason.TUNNEL: 400,
    Reason.FRAMING_TOO_LARGE: 431,
    Reason.TOO_MANY_CHUNKS: 413,
    Reason.TOO_MANY_CONNECTIONS: 503,
    Reason.TIMEOUT: 408,
    Reason.STALLED: 408,
    Reason.STOPPING: 503,
}
"""The status of each reason that is told to the client; by the others the connection is cut off."""


class Refused(Exception):
    """The request is not read any further; `message` is what the client is told."""

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class Refusals:
    """Where the connections of one process report; `lines` is how many refusals are logged per second."""

    def __init__(self, count: Callable[[str, int], None], lines: int = _LINES_PER_SECOND) -> None:
        for reason in Reason:
            count(reason.value, 0)  # so that each has its series before it happens
        self._count = count
        self._lines = lines
        self._left = lines
        self._left_out = 0

    def report(self, reason: Reason) -> None:
        """A request was refused, or its connection cut off."""
        self._count(reason.value, 1)
        if self._left <= 0:
            self._left_out += 1
            return
        self._left -= 1
        token = log.request_id.set(None)  # it may run in the context of the request before
        logger.warning("refused below the guard", extra={"reason": reason.value, "status": STATUS.get(reason)})
        log.request_id.reset(token)

    def next_second(self) -> None:
        """Allow lines again, and tell how many refusals were left out."""
        if self._left_out:
            logger.warning("further requests were refused below the guard", extra={"refusals": self._left_out})
        self._left, self._left_out = self._lines, 0
