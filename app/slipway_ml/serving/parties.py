"""Whom a batcher tells what: who waits for the outputs of rows, and who counts what was run."""

from typing import Protocol

from slipway_ml.protocol.outputs import Outputs


class BatchObserver(Protocol):
    """Told about every batch (seconds each request waited, seconds of the run, rows in it), and what went wrong."""

    def observe_batch(self, waits: list[float], compute: float, rows: int) -> None: ...

    def observe_failures(self, waits: list[float], compute: float, rows: int) -> None: ...

    def observe_refusal(self, wait: float, rows: int) -> None: ...


class Caller(Protocol):
    """Who waits for the outputs of its rows; a future is one. It is told once, and not at all when it is `done`."""

    def done(self) -> bool: ...

    def set_result(self, outputs: Outputs, /) -> None: ...

    def set_exception(self, error: Exception, /) -> None: ...
