"""How long a caller is ready to wait, where its request says so.

The header is the one that Envoy, and with it Istio and most gateways, puts on the requests that it passes on, so that
the service behind can stop working on what nobody waits for. Callers may send it themselves.
"""

from slipway_ml.errors import MalformedRequest

TIMEOUT_HEADER = b"x-envoy-expected-rq-timeout-ms"

_MOST_DIGITS = 9


def timeout_of(headers: dict[bytes, bytes]) -> float | None:
    """The caller's timeout in seconds, None where there is none; raises MalformedRequest."""
    given = headers.get(TIMEOUT_HEADER)
    if given is None:
        return None
    if not given.isdigit() or len(given) > _MOST_DIGITS:
        raise MalformedRequest("X-Envoy-Expected-Rq-Timeout-Ms must be a whole number of milliseconds")
    return int(given) / 1000 or None  # 0 means that there is no limit, as in Envoy's own settings
