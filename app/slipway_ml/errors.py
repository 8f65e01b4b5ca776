"""Every error the project raises on purpose, as one tree. None of them knows HTTP.

SlipwayError                      one sentence: what is wrong, where, what to do; never the caller's values
├── UsageError                    a setting, argument or file given by the operator is wrong
├── RequestError                  the caller's request cannot be served as sent
│   ├── MalformedRequest          not JSON, or not the protocol
│   ├── InvalidRows               JSON, but rows that break the model's schema: carries every problem
│   ├── RequestTooLarge           over a limit
│   ├── UnsupportedBody           a content type or encoding that is not read
│   │   └── UnsupportedEncoding   compressed in a way that is not read
│   ├── PathNotFound              a path that is not in the route table
│   ├── MethodNotAllowed          a path of the table, called with another method
│   ├── Unauthorized              no valid key
│   ├── Forbidden                 a key, but not for this
│   ├── RateLimited               more requests with this key than it may send
│   ├── ControlledElsewhere       load or unload, where the models folder alone decides
│   ├── ModelNotFound             no such model
│   │   └── NoChampion            published, and no version of it may serve unasked
│   └── VersionNotFound           no such version of a model
├── Unavailable                   the request is fine; try again later
│   ├── ModelNotReady             the version is still loading, or cannot be loaded
│   ├── Overloaded                a queue is full
│   └── DeadlineExceeded          the response was not ready in time
├── RegistryError                 the models folder
│   ├── NothingPublished          the model, version or alias asked for is not in the folder
│   ├── DamagedVersion            a version that must not be used: digest, missing file, unreadable manifest
│   └── PublishConflict           another writer was faster
└── InferenceError                onnxruntime failed on an input that passed every check

`exit_code` is what a command returns: 2 the input is wrong, 3 a gate refused, 1 our bug.
"""

from collections.abc import Sequence
from dataclasses import dataclass


class SlipwayError(Exception):
    """Base of every expected error; `str(error)` is the sentence shown to people."""

    exit_code = 2
    counted_as = "failed"
    """What metrics and the access log call it where a request ends with it."""


class UsageError(SlipwayError):
    """The operator gave a setting, an argument or a file that cannot be used."""


class RequestError(SlipwayError):
    """The caller's request cannot be served as sent."""


class MalformedRequest(RequestError):
    """The body is not JSON or does not follow the protocol."""

    counted_as = "malformed"


@dataclass(frozen=True, slots=True)
class RowProblem:
    """One problem of one row. `row` counts from 0; `field` is None when the row as a whole is wrong."""

    row: int | None
    field: str | None
    problem: str


class InvalidRows(RequestError):
    """Rows that break the model's schema; `problems` lists the first of them, `total` counts all.

    `is_all` off says that there were so many that the rest of the request was not looked at. `most_bytes`, where it is
    set, is how long the list may be when it is told: the body came compressed, and no refusal is much longer than that.
    """

    counted_as = "invalid_rows"

    most_bytes: int | None = None

    def __init__(self, problems: Sequence[RowProblem], total: int, *, is_all: bool = True) -> None:
        noun = "problem" if total == 1 else "problems"
        found = total if is_all else f"at least {total}"
        super().__init__(f"{found} {noun} in the rows; see 'problems' and the model's schema under /docs")
        self.problems = tuple(problems)
        self.total = total


class RequestTooLarge(RequestError):
    """The request is over a limit; the message names the limit."""

    counted_as = "too_large"


class UnsupportedBody(RequestError):
    """The body comes in a content type or encoding that is not read."""

    counted_as = "unsupported_body"


class UnsupportedEncoding(UnsupportedBody):
    """The body is compressed in a way that is not read, or more than once."""

    accepted = "gzip, deflate"

    def __init__(self) -> None:
        super().__init__(f"the body must be compressed once, or not at all; accepted: {self.accepted}")


class PathNotFound(RequestError):
    """The path is not in the route table."""

    counted_as = "no_such_path"

    def __init__(self) -> None:
        super().__init__("no such path; the API is described under /docs and in docs/reference/http-api.md")


class MethodNotAllowed(RequestError):
    """The path exists, but not with this method."""

    counted_as = "method"

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"method not allowed here; use {' or '.join(allowed)}")
        self.allowed = tuple(allowed)


class Unauthorized(RequestError):
    """No valid key came with the request."""

    counted_as = "unauthorized"


class Forbidden(RequestError):
    """The key is valid but its scopes do not allow this."""

    counted_as = "forbidden"


class RateLimited(RequestError):
    """More requests came with this key than it may send; `retry_after` is in whole seconds, at least 1."""

    counted_as = "rate_limited"

    def __init__(self, retry_after: int) -> None:
        super().__init__("more requests per second than this API key may send; wait as long as Retry-After says")
        self.retry_after = max(1, retry_after)


class ControlledElsewhere(RequestError):
    """Models are loaded and unloaded by the models folder alone."""

    counted_as = "forbidden"

    def __init__(self) -> None:
        super().__init__(
            "what is served follows the models folder, see 'slipway models'; --model-control explicit allows this call"
        )


class ModelNotFound(RequestError):
    """No model of that name is served."""

    counted_as = "no_such_model"

    def __init__(self) -> None:
        super().__init__("no such model; GET /v2/models lists what is served")


class NoChampion(ModelNotFound):
    """Versions of the model are published, and none of them was made the champion."""

    def __init__(self, model_name: str) -> None:
        RequestError.__init__(
            self,
            f"no version of model {model_name!r} is the champion; choose one with 'slipway models promote {model_name} "
            "VERSION'",
        )


class VersionNotFound(RequestError):
    """The model exists, but not that version of it."""

    counted_as = "no_such_version"

    def __init__(self, model_name: str, served: Sequence[str]) -> None:
        super().__init__(f"model {model_name!r} has no such version; served: {', '.join(served) or 'none'}")


class Unavailable(SlipwayError):
    """The request is fine but cannot be served now; `retry_after` is in whole seconds."""

    retry_after = 1


class ModelNotReady(Unavailable):
    """The version is wanted but not loaded yet, or could not be loaded."""

    counted_as = "not_ready"


class Overloaded(Unavailable):
    """A queue or the memory for request bodies is full."""

    counted_as = "overloaded"

    def __init__(self, what: str = "the server") -> None:
        super().__init__(f"{what} is overloaded; retry later or add replicas")


class DeadlineExceeded(Unavailable):
    """The response was not ready within the model's deadline, or the request's own that is shorter."""

    counted_as = "deadline"

    def __init__(self, model_name: str) -> None:
        super().__init__(f"model {model_name!r} could not respond within the deadline; retry later or allow more time")


class RegistryError(SlipwayError):
    """Something about the models folder."""


class NothingPublished(RegistryError):
    """The model, version or alias asked for is not in the folder."""


class DamagedVersion(RegistryError):
    """A version that must not be used."""

    def __init__(self, model_name: str, version: int, reason: str) -> None:
        super().__init__(f"version {version} of model {model_name!r} cannot be used: {reason}")
        self.reason = reason


class PublishConflict(RegistryError):
    """Another writer published or promoted at the same moment."""


class InferenceError(SlipwayError):
    """onnxruntime failed on an input that passed every check: a bug of the model or of ours."""

    exit_code = 1
