"""An ASGI application that is made in the background, so that a server is ready without it.

FastAPI takes longer to import than all the rest of the service, and neither predictions nor probes pass through it. So
it is made in a thread once the models are served; a request for one of its routes that comes earlier waits for it.
"""

import asyncio
import logging
import sys
from collections.abc import Callable

from starlette.types import ASGIApp, Receive, Scope, Send

logger = logging.getLogger("slipway")


class DeferredApp:
    """Stands where the application will be; `make` imports and builds it in a thread, and again where that failed."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._made: asyncio.Future[ASGIApp] | None = None

    def prepare(self) -> asyncio.Future[ASGIApp]:
        """Begin to make it, or what was begun before; needs the running event loop."""
        if self._made is None:
            self._made = asyncio.get_running_loop().run_in_executor(None, self._make_beside_requests)
            self._made.add_done_callback(self._note_failure)
        return self._made

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the application serve as soon as it is there."""
        app = await asyncio.shield(self.prepare())  # a caller that disconnects must not cancel it for the others
        await app(scope, receive, send)

    def _make_beside_requests(self) -> ASGIApp:
        """Make it, yielding the interpreter ten times as often as usual to the requests served meanwhile."""
        usual = sys.getswitchinterval()
        sys.setswitchinterval(usual / 10)
        try:
            return self._make()
        finally:
            sys.setswitchinterval(usual)

    def _note_failure(self, made: asyncio.Future[ASGIApp]) -> None:
        """Say at once why, since a service that is ready may not be asked for long; the next request tries again."""
        if made.cancelled() or (error := made.exception()) is None:
            return
        self._made = None
        logger.error("only predictions and probes are served: the other routes failed to load", exc_info=error)
