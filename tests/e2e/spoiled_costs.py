"""What bodies with something wrong in them cost a real server beside good ones: processor time, to the nanosecond."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from http.client import BAD_REQUEST, OK, HTTPConnection
from itertools import groupby
from time import monotonic, sleep

from tests.bodies import Body
from tests.e2e.attack.body_costs import nanoseconds
from tests.server import Server
from tests.spoiled_bodies import Spoiled, spoiled_bodies
from tests.waiting import until

_ROUNDS = 3
_MOST_ROUNDS = 30
_SECONDS = 0.015
"""For one body, once it was sent as often as there are rounds at least."""
_ROOM = 1024
_IDLE_SECONDS = 0.3
_IDLE_NANOSECONDS = 10_000_000


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds of a bad body, and of good ones of about as many bytes that it is held against."""

    body: Body
    status: int
    microseconds: float
    good_microseconds: float

    @property
    def times(self) -> float:
        return self.microseconds / self.good_microseconds


def costs_of(server: Server, size: int) -> Iterator[Cost]:
    """Of all bad bodies of this size.

    One with one thing wrong is held against the good body that it was made of, one that is wrong throughout against
    the dearest good body of its endpoint and model: nothing but its size says what it should have been.
    """
    _wait_until_idle(server)
    with closing(HTTPConnection(server.address, timeout=60)) as connection:
        by_endpoint = groupby(spoiled_bodies(size), lambda spoiled: spoiled.good.path)
        for _, kinds in by_endpoint:
            yield from _costs(server, connection, list(kinds))


def _wait_until_idle(server: Server) -> None:
    """A server that is ready still makes what few requests need."""

    def is_idle() -> bool:
        before = nanoseconds([server.process.pid])
        sleep(_IDLE_SECONDS)
        return nanoseconds([server.process.pid]) - before < _IDLE_NANOSECONDS

    until(is_idle)


def _costs(server: Server, connection: HTTPConnection, kinds: list[Spoiled]) -> Iterator[Cost]:
    good = [_least(server, connection, spoiled.good) for spoiled in kinds]
    if any(status != OK for _, status in good):
        raise RuntimeError(f"a good body was answered {[status for _, status in good]}")
    dearest = max(cost / len(spoiled.good.content) for (cost, _), spoiled in zip(good, kinds, strict=True))
    for (own, _), spoiled in zip(good, kinds, strict=True):
        for body in (*spoiled.once, *spoiled.throughout):
            cost, status = _least(server, connection, body)
            if status >= BAD_REQUEST:
                fair = own if body in spoiled.once else max(own, dearest * len(body.content))
                yield Cost(body, status, cost, fair)


def _least(server: Server, connection: HTTPConnection, body: Body) -> tuple[float, int]:
    """Microseconds, the least of some rounds, and the status."""
    found: list[float] = []
    until = monotonic() + _SECONDS
    while len(found) < _ROUNDS or (monotonic() < until and len(found) < _MOST_ROUNDS):
        before = nanoseconds([server.process.pid])
        connection.request("POST", body.path, body.content, body.headers)
        response = connection.getresponse()
        answer = response.read()
        found.append((nanoseconds([server.process.pid]) - before) / 1000)
        if response.status >= BAD_REQUEST and len(answer) > len(body.content) + _ROOM:
            raise RuntimeError(f"{body.name}: answered with {len(answer)} bytes")
    return min(found), response.status
