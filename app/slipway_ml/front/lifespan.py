"""The life of an application, as ASGI tells it: what runs beside the requests begins before them and ends after."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from starlette.types import Receive, Send

Lifespan = Callable[[], AbstractAsyncContextManager[None]]


async def live(lifespan: Lifespan, receive: Receive, send: Send) -> None:
    """Handle the two messages of one lifespan; what goes wrong is raised, which the server takes for a failed start."""
    await receive()
    async with lifespan():
        await send({"type": "lifespan.startup.complete"})
        await receive()
    await send({"type": "lifespan.shutdown.complete"})
