"""Who may call a service without keys on a loopback address: programs of this machine, and no web page of elsewhere.

A browser on this machine reaches the address too. A page can make its own name lead to 127.0.0.1 (DNS rebinding) and
then read the responses, or post without reading them. Either way the browser says so: the request names a host, or
comes from an origin, that is not this machine.
"""

import ipaddress
import re
from collections.abc import Callable

from slipway_ml.errors import Forbidden
from slipway_ml.front.exchange import Headers
from slipway_ml.front.routes import Match

_HOST = re.compile(rb"(\[[0-9A-Fa-f:.]+\]|[^:\[\]]+)(?::\d+)?")
_MOST_REMEMBERED = 64  # hosts: callers choose them, so they must not fill the memory
_SCHEMES = (b"http://", b"https://")

_OTHER_HOST = (
    "without API keys this server is open to its own machine only, and the request names another host; call it as "
    "localhost, make a key with 'slipway keys new', or say --insecure if a proxy in front authenticates callers"
)
_OTHER_ORIGIN = (
    "without API keys this server refuses web pages of other machines; make a key with 'slipway keys new', or "
    "name them with --cors-origins"
)


class LoopbackOnly:
    """The guard's `authorize` of a service that needs no keys because only its own machine can connect.

    `allows_origin` says which web pages of elsewhere may call all the same.
    """

    def __init__(self, allows_origin: Callable[[bytes], bool] = lambda _origin: False) -> None:
        self._allows_origin = allows_origin
        self._good: set[bytes] = set()
        """Values that were found good; the same few come again and again."""

    def __call__(self, match: Match, headers: Headers) -> None:
        """Raises Forbidden for a request that a browser sends for a page of elsewhere."""
        if match.route.scope is None:
            return
        for name, value in headers:
            if (name == b"host" or name == b"origin") and value not in self._good:  # noqa: PLR1714  # twice as fast
                self._check(name, value)

    def _check(self, name: bytes, value: bytes) -> None:
        host = value
        if name == b"origin":
            scheme = next((scheme for scheme in _SCHEMES if value.startswith(scheme)), None)
            host = value.removeprefix(scheme) if scheme else b""
        if not is_loopback_name(host) and not (name == b"origin" and self._allows_origin(value)):
            raise Forbidden(_OTHER_HOST if name == b"host" else _OTHER_ORIGIN)
        if len(self._good) < _MOST_REMEMBERED:
            self._good.add(value)


def is_loopback_name(host: bytes) -> bool:
    """Whether this is a name or an address of the machine itself, with or without a port."""
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = found[1].decode("latin-1").lower().strip("[]").removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
