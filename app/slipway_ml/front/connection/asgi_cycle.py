"""What uvicorn's cycle of an ASGI request is given so that its connection ends our way."""

import asyncio
from collections.abc import Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle


class ClosingTransport:
    """The transport as the cycle sees it, but for the way it is closed."""

    __slots__ = ("close", "is_closing", "write")

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self.write = transport.write
        self.is_closing = transport.is_closing
        self.close = close


def close_unless_continued(app: ASGIApp, cycle: RequestResponseCycle) -> ASGIApp:
    """The application, for a request whose client waits for a word before it sends the body.

    Answered without that word, it may leave the body out, and where the next request begins is then unknown.
    """

    async def respond(scope: Scope, receive: Receive, send: Send) -> None:
        async def send_first(message: Message) -> None:
            if cycle.waiting_for_100_continue:
                cycle.keep_alive = False
            await send(message)

        await app(scope, receive, send_first)

    return respond
