"""The access log: one line per request, with the model, the key's id and the client, and without what was sent.

What a client is called by is the address at the other end of the connection. A proxy there tells in X-Forwarded-For for
whom it asks; that is believed only of the proxies that the operator names, since anybody can send the header.
"""

import ipaddress
import logging
from collections.abc import Callable, Sequence

from slipway_ml.front.exchange import Exchange

logger = logging.getLogger("slipway.front")

_FORWARDED = b"x-forwarded-for"
_MOST_HOPS = 16

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class AccessLog:
    """Writes the lines; `trusted` are the networks of proxies whose word is taken.

    Models are named where `is_served` says that they are: other names are the caller's, who may have put a key there.
    """

    def __init__(self, is_served: Callable[[str], bool], trusted: Sequence[Network] = ()) -> None:
        self._is_served = is_served
        self._trusted = tuple(trusted)

    def write(self, exchange: Exchange, method: str, route: str, seconds: float) -> None:
        """The line of a request that has ended."""
        params = exchange.match.params if exchange.match is not None else {}
        counter = exchange.counter
        model = params.get("model_name", "")
        more = {
            "model": model if self._is_served(model) else None,
            "version": counter.version if counter is not None else None,
            "key_id": exchange.key_id,
            "client": self.client_of(exchange),
            "reason": exchange.reason,
        }
        extra = {"method": method, "route": route, "status": exchange.status, "ms": round(seconds * 1e3, 3)}
        given = {name: value for name, value in more.items() if value}
        logger.info("request", extra={**extra, **given, "request_id": exchange.request_id})

    def client_of(self, exchange: Exchange) -> str:
        """The address of the client, as far as those who tell it are trusted."""
        peer = exchange.peer
        if not self._trusted or not self._is_trusted(peer):
            return peer
        told = b",".join(value for name, value in exchange.raw_headers if name == _FORWARDED).decode("latin-1")
        for hop in reversed(told.split(",")[-_MOST_HOPS:]):
            address = _address(hop.strip())
            if address is None:
                break
            peer = str(address)
            if not self._is_trusted(peer):
                break
        return peer

    def _is_trusted(self, peer: str) -> bool:
        address = _address(peer)
        if address is None:
            return not peer  # a Unix socket, whose other end is a program of this machine
        return any(address in network for network in self._trusted)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """The address alone, without the port that some proxies add."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, ipaddress.IPv6Address) else found
