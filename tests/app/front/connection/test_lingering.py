"""Connections after their last response, with small limits, on real sockets of the loop that the server uses."""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from contextlib import closing

import pytest
import uvloop

from slipway_ml.front.connection.limits import ConnectionLimits
from slipway_ml.front.connection.lingering import Lingering
from slipway_ml.front.refusals import Refusals

RESPONSE = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
LIMITS = ConnectionLimits(linger_bytes=1_000_000, linger_idle_seconds=0.3, linger_seconds=1.0, lingering=2)


class Refusing(asyncio.Protocol):
    """Answers the first bytes of a connection and lingers."""

    def __init__(self, lingering: Lingering, lost: list[Exception | None]) -> None:
        self._lingering = lingering
        self._lost = lost

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._transport = transport

    def data_received(self, data: bytes) -> None:  # noqa: ARG002  # whatever it is
        self._transport.write(RESPONSE)
        self._lingering.begin(self, self._transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost.append(exc)


class Service:
    """What a test sees of it."""

    def __init__(self) -> None:
        self.reasons: list[str] = []
        self.lost: list[Exception | None] = []
        self.lingering = Lingering(LIMITS, Refusals(lambda reason, times: self.reasons.extend([reason] * times)))
        self.port = 0

    def connect(self) -> socket.socket:
        client = socket.create_connection(("127.0.0.1", self.port))
        client.setblocking(False)
        return client

    async def until_lost(self, count: int) -> float:
        """Seconds until so many connections are lost."""
        loop = asyncio.get_running_loop()
        started = loop.time()
        async with asyncio.timeout(20):
            while len(self.lost) < count:
                await asyncio.sleep(0.01)
        return loop.time() - started


def served(client: Callable[[Service], Awaitable[None]]) -> Service:
    """The service after this client has talked to it."""

    async def run() -> Service:
        service, loop = Service(), asyncio.get_running_loop()
        server = await loop.create_server(lambda: Refusing(service.lingering, service.lost), "127.0.0.1", 0)
        service.port = server.sockets[0].getsockname()[1]
        try:
            await client(service)
        finally:
            server.close()
        return service

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


async def read_to_end(client: socket.socket) -> bytes:
    received = b""
    while chunk := await asyncio.get_running_loop().sock_recv(client, 65536):
        received += chunk
    return received


async def send_for_ever(client: socket.socket, block: bytes) -> None:
    while True:
        await asyncio.get_running_loop().sock_sendall(client, block)
        await asyncio.sleep(0.01)


def test_client_that_sends_all_before_it_reads_gets_the_response() -> None:
    async def send_then_read(service: Service) -> None:
        with closing(service.connect()) as client:
            for _ in range(9):
                await asyncio.get_running_loop().sock_sendall(client, b"x" * 100_000)
            assert await read_to_end(client) == RESPONSE
        await service.until_lost(1)

    service = served(send_then_read)

    assert service.reasons == []
    assert len(service.lingering) == 0


def test_client_that_closes_ends_it_at_once() -> None:
    async def read_and_close(service: Service) -> None:
        with closing(service.connect()) as client:
            await asyncio.get_running_loop().sock_sendall(client, b"x")
            assert await read_to_end(client) == RESPONSE
        await service.until_lost(1)

    assert served(read_and_close).reasons == []


def test_client_that_sends_no_more_is_closed_after_the_idle_seconds() -> None:
    seconds = []

    async def stay(service: Service) -> None:
        with closing(service.connect()) as client:
            await asyncio.get_running_loop().sock_sendall(client, b"x")
            seconds.append(await service.until_lost(1))

    assert served(stay).reasons == []
    assert seconds[0] >= LIMITS.linger_idle_seconds - 0.05


def test_client_that_sends_for_ever_is_cut_off_after_the_bytes() -> None:
    async def flood(service: Service) -> None:
        with closing(service.connect()) as client, pytest.raises(OSError, match=r"reset|pipe"):
            await send_for_ever(client, b"x" * 100_000)

    assert served(flood).reasons == ["rest_too_long"]


def test_client_that_sends_a_little_for_ever_is_cut_off_after_the_seconds() -> None:
    async def trickle(service: Service) -> None:
        with closing(service.connect()) as client, pytest.raises(OSError, match=r"reset|pipe"):
            await send_for_ever(client, b"x")

    assert served(trickle).reasons == ["rest_too_long"]


def test_one_too_many_ends_the_one_that_lingers_longest() -> None:
    async def three(service: Service) -> None:
        clients = [service.connect() for _ in range(3)]
        for number, client in enumerate(clients):
            await asyncio.get_running_loop().sock_sendall(client, b"x")
            await asyncio.get_running_loop().sock_recv(client, 1)
            assert len(service.lingering) == min(number + 1, LIMITS.lingering)
        await service.until_lost(1)
        for client in clients:
            client.close()
        await service.until_lost(3)

    assert served(three).reasons == []


def test_reading_is_slowed_down_for_all_together() -> None:
    lingering = Lingering(LIMITS, Refusals(lambda _reason, _times: None))

    assert lingering.pause(100.0, 1 << 20) == 0.0
    assert lingering.pause(100.01, 8 << 20) == pytest.approx(0.04)
    assert lingering.pause(100.06, 1 << 20) == 0.0
