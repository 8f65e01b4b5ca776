"""A thread that ends its process when the event loop does not turn any more.

A run of a model cannot be interrupted. One that never ends on the event loop stops everything: requests, deadlines,
health and the handlers of signals. Then only ending the process helps, which frees its callers and lets whoever keeps
it running start it anew: the supervisor of `--workers`, the kubelet, systemd. The thread says first what the loop does.
"""

import logging
import os
import sys
import time
from collections.abc import Callable
from threading import Event, Thread, get_ident
from types import FrameType

from slipway_ml.front.process.heartbeat import BEAT_SECONDS, Heartbeat, Silence

logger = logging.getLogger("slipway.watchdog")

HUNG = 70
"""The status of a process that ended because its event loop hung: EX_SOFTWARE of sysexits.h."""

_LOG_SECONDS = 0.5
"""The loop may hang with the log's lock in its hand."""

NameRun = Callable[[FrameType | None], str | None]
"""The model whose run the thread with this innermost frame is in."""


class Watchdog:
    """Watches the event loop of the thread that starts it; does nothing where `seconds` is 0."""

    def __init__(
        self,
        seconds: float,
        heartbeat: Heartbeat,
        name_run: NameRun = lambda _frame: None,
        is_hopeless: Callable[[], bool] = lambda: False,
    ) -> None:
        self._seconds = seconds
        self._heartbeat = heartbeat
        self._name_run = name_run
        self._will_miss_deadline = is_hopeless
        self._ended = Event()
        self._watched = 0

    def start(self) -> None:
        """Call it in the running event loop."""
        self._heartbeat.attend(self._will_miss_deadline)
        self._watched = get_ident()
        if self._seconds:
            Thread(target=self._watch, name="watchdog", daemon=True).start()

    def stop(self) -> None:
        """The loop is about to end."""
        self._ended.set()
        self._heartbeat.reset()

    def _watch(self) -> None:
        silence = Silence()
        while not self._ended.wait(BEAT_SECONDS):
            if silence.look(time.monotonic(), self._heartbeat.beats, os.getpid()) >= self._seconds:
                self._end(silence.seconds)

    def _end(self, seconds: float) -> None:
        frame = sys._current_frames().get(self._watched)  # noqa: SLF001  # the one way to see another thread's stack
        saying = Thread(target=self._say, args=(frame, seconds), daemon=True)
        saying.start()
        saying.join(_LOG_SECONDS)
        os._exit(HUNG)

    def _say(self, frame: FrameType | None, seconds: float) -> None:
        model = self._name_run(frame)
        what = "a run of a model does not end" if model else "something else than a run keeps it"
        extra = {"model": model} if model else {"at": _place(frame)}
        logger.critical(
            "the event loop has hung for %.1f s, %s: this process ends with %d", seconds, what, HUNG, extra=extra
        )


def _place(frame: FrameType | None) -> str:
    """Where the thread is, for whoever has to find out why."""
    return f"{frame.f_globals.get('__name__')}:{frame.f_lineno}" if frame else "unknown"
