"""Large bodies are decoded one per turn of the event loop, and the largest in a thread.

Decoding holds the interpreter, so many large bodies that arrive together would keep every other request waiting until
the last of them is read. Taking turns, they delay a small request by one of them at most.
"""

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import TypeVar

from app.errors import DeadlineExceeded

LARGE = 32 * 1024
_LARGEST = 512 * 1024

Decoded = TypeVar("Decoded")


class LargeBodies:
    """The turn that all doors of one process share. Worth it for bodies above LARGE."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def decode(
        self, decode: Callable[..., Decoded], body: bytes, *more: object, model_name: str, latest: float
    ) -> Decoded:
        """What `decode(body, *more)` returns, when it is this body's turn; raises DeadlineExceeded after `latest`."""
        async with self._turn:
            if perf_counter() > latest:
                raise DeadlineExceeded(model_name)
            if len(body) > _LARGEST:
                return await asyncio.to_thread(decode, body, *more)
            decoded = decode(body, *more)
            await asyncio.sleep(0)  # the others' turn, while this one is still taken
            return decoded
