"""One table: error class → status. Bodies are `{"error": …}`, at most 1 KiB besides the list of row problems."""

import logging
from collections.abc import Sequence
from http import HTTPStatus
from itertools import accumulate
from typing import Any

import orjson

from slipway_ml import errors
from slipway_ml.front.exchange import JSON, Headers, HotResponse

logger = logging.getLogger("slipway.api")

_MAX_MESSAGE_BYTES = 900
_SPARE_BYTES = 700
"""What a list of problems may have beyond the bytes of its request."""

STATUS: dict[type[Exception], int] = {
    errors.MalformedRequest: 400,
    errors.Unauthorized: 401,
    errors.Forbidden: 403,
    errors.ControlledElsewhere: 403,
    errors.PathNotFound: 404,
    errors.ModelNotFound: 404,
    errors.VersionNotFound: 404,
    errors.MethodNotAllowed: 405,
    errors.RequestTooLarge: 413,
    errors.UnsupportedBody: 415,
    errors.InvalidRows: 422,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
    errors.DeadlineExceeded: 504,
}


def status_of(error: Exception) -> int:
    """The status of the nearest class in the table; 500 where there is none."""
    return next((STATUS[cls] for cls in type(error).__mro__ if cls in STATUS), 500)


def error_response(error: Exception) -> HotResponse:
    """The response to any exception; one that is not in the table is logged, and worded in general."""
    status = status_of(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, errors.Unavailable):
        logger.error("a request failed", exc_info=_without_values(error))
        return HotResponse(error_body("the server failed on this request; its log has the details"), status)
    document: dict[str, Any] = {"error": _shorten(str(error))}
    headers: Headers = [JSON]
    if isinstance(error, errors.InvalidRows):
        document["problems"] = problems = _listed(error)
        document["problems_not_listed"] = error.total - len(problems)
    if isinstance(error, errors.Unavailable | errors.RateLimited):
        headers.append((b"retry-after", b"%d" % error.retry_after))
    if isinstance(error, errors.Unauthorized):
        headers.append((b"www-authenticate", b"Bearer"))
    if isinstance(error, errors.UnsupportedEncoding):
        headers.append((b"accept-encoding", error.accepted.encode()))
    if isinstance(error, errors.MethodNotAllowed):
        headers.append((b"allow", ", ".join(error.allowed).encode()))
    return HotResponse(orjson.dumps(document), status, tuple(headers))


def _listed(error: errors.InvalidRows) -> Sequence[errors.RowProblem]:
    """The first problems, as many as there is room for; orjson knows how to write them."""
    problems = error.problems
    if error.most_bytes is None:
        return problems
    ends = accumulate(len(orjson.dumps(problem)) + 1 for problem in problems)
    return problems[: sum(end <= error.most_bytes + _SPARE_BYTES for end in ends)]


def error_body(message: str) -> bytes:
    """The body of any error that is told in one sentence."""
    return orjson.dumps({"error": message})


def _without_values(error: Exception) -> Exception:
    """What the log tells of an error: where and of which type; messages of others may quote what a caller sent."""
    message = str(error) if isinstance(error, errors.SlipwayError) else type(error).__name__
    return _Failure(message).with_traceback(error.__traceback__)


class _Failure(Exception):
    """Stands in the log for what went wrong."""


def _shorten(message: str) -> str:
    encoded = message.encode(errors="replace")
    return message if len(encoded) <= _MAX_MESSAGE_BYTES else encoded[:_MAX_MESSAGE_BYTES].decode(errors="ignore") + "…"
