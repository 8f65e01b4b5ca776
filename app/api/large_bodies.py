"""Large bodies are decoded one per turn of the event loop, and the largest in a thread.

Decoding holds the interpreter, so many large bodies that arrive together would keep every other request waiting until
the last of them is read. Taking turns, they delay a small request by one of them at most.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any

from app.front.exchange import Reply

LARGE = 32 * 1024
_LARGEST = 512 * 1024


@dataclass(frozen=True, slots=True)
class _Waiting:
    size: int
    decode: Callable[[], Any]
    then: Callable[[Any], None]
    reply: Reply


class LargeBodies:
    """The turn that all doors of one process share. Worth it for bodies above LARGE."""

    def __init__(self) -> None:
        self._waiting: deque[_Waiting] = deque()
        self._is_taken = False

    def decode(self, size: int, decode: Callable[[], Any], then: Callable[[Any], None], reply: Reply) -> None:
        """When it is this body's turn, call `decode`, and `then` in the event loop with what it returns.

        What either raises is the reply.
        """
        self._waiting.append(_Waiting(size, decode, then, reply))
        if not self._is_taken:
            self._is_taken = True
            self._next()

    def _next(self) -> None:
        if not self._waiting:
            self._is_taken = False
            return
        body = self._waiting.popleft()
        if body.size > _LARGEST:
            loop = asyncio.get_running_loop()
            thread = loop.run_in_executor(None, copy_context().run, body.decode)
            thread.add_done_callback(lambda done: self._go_on(body, done.result))
        else:
            self._go_on(body, body.decode)

    def _go_on(self, body: _Waiting, decoded: Callable[[], Any]) -> None:
        try:
            body.then(decoded())
        except Exception as error:  # noqa: BLE001  # whatever it is, it becomes the answer
            body.reply(error)
        asyncio.get_running_loop().call_soon(self._next)  # the others' turn, while this one is still taken
