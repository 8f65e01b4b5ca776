"""`--workers`: a small supervisor that keeps several server processes on one address.

It owns one listening socket per worker (SO_REUSEPORT, so the kernel spreads connections) and hands the very same socket
to a worker's successor: closing it would reset what is queued on it. Workers are forked from the supervisor, which has
everything imported but nothing running, so a successor is there within a fraction of a second; until then new
connections wait in the socket's queue. Two pipes per worker carry metrics: the supervisor asks for snapshots, and a
worker that is scraped asks the supervisor for the sum.

A worker that hangs is killed and replaced like one that died. Each has a heartbeat in memory that it shares with the
supervisor, which looks at all of them from the handler of a timer: whatever the supervisor waits for meanwhile, a pipe
of the very worker that hangs among it, cannot keep it from looking.
"""

import asyncio
import gc
import logging
import math
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from threading import Lock
from types import FrameType

from slipway_ml.front.process.heartbeat import BEAT_SECONDS, Heartbeat, Heartbeats, Silence
from slipway_ml.front.process.server import bind
from slipway_ml.front.process.watchdog import HUNG
from slipway_ml.monitoring.snapshot import Totals

logger = logging.getLogger("slipway.workers")

_SNAPSHOT_SECONDS = 1.0  # between two collections of metrics: a scrape is at most so much behind
_RESPONSE_SECONDS = 0.5  # for all workers together: one that hangs must not keep a scrape waiting
_LOOP_SECONDS = 0.1  # how late a signal or a death is noticed
_STABLE_SECONDS = 5.0  # a worker that dies sooner has failed to start
_SHORTEST_PAUSE_SECONDS = 0.5  # before a worker is replaced; doubled from one death to the next
_LONGEST_PAUSE_SECONDS = 10.0
_HEAD_START_SECONDS = 0.5
"""A worker that can still tell what it hangs in ends itself; the supervisor waits so much longer."""
REPLACEMENTS = "slipway_worker_replacements_total"
"""The metric that the supervisor has of its own."""
_SAID = {"died": "died", "hung": "hung", "stuck_runs": "had runs in all its threads that do not end"}
"""Why a worker is replaced, as the metric and as the log say it."""


@dataclass(frozen=True, slots=True)
class Link:
    """A worker's end of its two pipes."""

    snapshots: Connection
    """The supervisor asks here for this worker's metrics; the end of it means that the supervisor is gone."""
    totals: Connection
    """The worker asks here for the metrics of all."""
    heartbeat: Heartbeat
    lock: Lock = field(default_factory=Lock)

    def fetch_totals(self) -> bytes:
        """The merged snapshot; blocks until the supervisor has asked everybody, so call it from a thread."""
        with self.lock:
            self.totals.send_bytes(b"totals")
            return self.totals.recv_bytes()

    def attend(self, take_snapshot: Callable[[], bytes]) -> None:
        """Serve the supervisor from the running event loop, and stop like after SIGTERM when it is gone."""
        loop = asyncio.get_running_loop()

        def answer() -> None:
            try:
                self.snapshots.recv_bytes()
                self.snapshots.send_bytes(take_snapshot())
            except (EOFError, OSError):
                loop.remove_reader(self.snapshots.fileno())
                os.kill(os.getpid(), signal.SIGTERM)

        loop.add_reader(self.snapshots.fileno(), answer)


RunWorker = Callable[[socket.socket, Link], None]


@dataclass(slots=True)
class _Worker:
    number: int
    listener: socket.socket
    heartbeat: Heartbeat
    silence: Silence = field(default_factory=Silence)
    killed_for: str = ""
    """Why the supervisor has killed it."""
    process: int = 0
    snapshots: Connection | None = None
    totals: Connection | None = None
    started_at: float = 0.0
    pause: float = 0.0
    """Seconds from one start to the next at least; grows while the worker fails to start."""


class Supervisor:
    """Starts the workers, replaces those that die, sums their metrics, and passes signals on."""

    def __init__(
        self, host: str, port: int, count: int, run_worker: RunWorker, *, hang_seconds: float, stop_seconds: float
    ) -> None:
        """Take the address; raises UsageError when it is in use.

        A worker that is silent for `hang_seconds` and a little longer is replaced; 0: never. One that has not ended
        `stop_seconds` after it was told to is killed.
        """
        self._run_worker = run_worker
        self._hang_seconds = hang_seconds
        self._stop_seconds = stop_seconds
        self._kill_at = math.inf
        self.each_second: Callable[[], None] = lambda: None
        self._totals = Totals()
        self._stopping = 0
        self._next_snapshots = 0.0
        with bind(host, port) as probe:
            host, port, *_ = probe.getsockname()
        self.address: tuple[str, int] = (host, port)
        heartbeats = Heartbeats(count)
        self._workers = [
            _Worker(number, bind(host, port, socket.SO_REUSEPORT), heartbeats.of(number)) for number in range(count)
        ]
        for reason in _SAID:
            self._totals.count(REPLACEMENTS, "Workers that were replaced, by reason.", {"reason": reason}, 0)

    def run(self) -> None:
        """Supervise until SIGTERM or SIGINT and until every worker has ended."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._pass_on)
        signal.signal(signal.SIGALRM, self._look_at_workers)
        signal.setitimer(signal.ITIMER_REAL, BEAT_SECONDS, BEAT_SECONDS)
        gc.freeze()  # so that no worker's collector touches, and thereby copies, the pages it shares with the others
        for worker in self._workers:
            self._start(worker)
        try:
            while any(worker.process for worker in self._workers) or not self._stopping:
                self._reply_to_workers()
                self._retire_and_replace()
                if time.monotonic() >= self._next_snapshots:
                    self._next_snapshots = time.monotonic() + _SNAPSHOT_SECONDS
                    self._take_snapshots()
                    self.each_second()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def _pass_on(self, number: int, _frame: FrameType | None) -> None:
        self._stopping += 1
        self._kill_at = min(self._kill_at, time.monotonic() + self._stop_seconds)
        for worker in self._workers:
            worker.listener.close()  # the worker's own copy is the last one, and it knows how to close it
        for worker in self._workers:
            if worker.process:
                with suppress(ProcessLookupError):
                    os.kill(worker.process, number if self._stopping == 1 else signal.SIGKILL)

    def _look_at_workers(self, _number: int, _frame: FrameType | None) -> None:
        """Kill those that hang. Logs and counts nothing, since it may have interrupted just that: burying does."""
        now = time.monotonic()
        for worker in self._workers:
            if worker.process and not worker.killed_for:
                worker.killed_for = self._why_kill(worker, now)
                if worker.killed_for:
                    with suppress(ProcessLookupError):
                        os.kill(worker.process, signal.SIGKILL)

    def _why_kill(self, worker: _Worker, now: float) -> str:
        silent = worker.silence.look(now, worker.heartbeat.beats, worker.process)
        if self._hang_seconds and silent >= self._hang_seconds + _HEAD_START_SECONDS:
            return "hung"
        if worker.heartbeat.is_hopeless and not self._stopping:
            return "stuck_runs"
        return "died" if now >= self._kill_at else ""

    def _start(self, worker: _Worker) -> None:
        ours, theirs = Pipe(), Pipe()
        worker.started_at = time.monotonic()
        worker.heartbeat.reset()
        worker.silence = Silence()  # else a successor with as few beats as its predecessor would seem to be silent on
        worker.killed_for = ""
        process = os.fork()
        if process == 0:
            self._become(worker, Link(ours[1], theirs[1], worker.heartbeat), [ours[0], theirs[0]])
        worker.process = process
        ours[1].close()
        theirs[1].close()
        worker.snapshots, worker.totals = ours[0], theirs[0]

    def _become(self, worker: _Worker, link: Link, not_ours: list[Connection]) -> None:
        """The forked process: let go of what belongs to the others, serve, and end."""
        code = 1
        try:
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            os.setpgid(0, 0)  # Ctrl-C reaches the supervisor alone, which passes it on once
            for other in self._workers:
                not_ours += [end for end in (other.snapshots, other.totals) if end is not None]
                if other is not worker:
                    other.listener.close()
            for end in not_ours:
                end.close()
            self._run_worker(worker.listener, link)
            code = 0
        except Exception:
            logger.exception("worker %d failed", worker.number)
        finally:
            logging.shutdown()
            sys.stderr.flush()
            os._exit(code)

    def _reply_to_workers(self) -> None:
        ends = {worker.totals: worker for worker in self._workers if worker.totals is not None}
        if not ends:
            time.sleep(_LOOP_SECONDS)
        for end in wait(list(ends), _LOOP_SECONDS):
            if not isinstance(end, Connection):
                continue
            try:
                end.recv_bytes()
                self._take_snapshots()
                end.send_bytes(self._totals.merged())
            except (EOFError, OSError):
                self._disconnect(ends[end])

    def _take_snapshots(self) -> None:
        """Ask every worker for its metrics; one that is busy keeps its last ones."""
        asked = []
        for worker in self._workers:
            with suppress(OSError):
                if worker.snapshots is not None:
                    _drop_late_replies(worker.snapshots)
                    worker.snapshots.send_bytes(b"snapshot")
                    asked.append(worker)
        until = time.monotonic() + _RESPONSE_SECONDS
        for worker in asked:
            with suppress(EOFError, OSError):
                if worker.snapshots and worker.snapshots.poll(max(0.0, until - time.monotonic())):
                    self._totals.put(worker.number, worker.snapshots.recv_bytes())

    def _retire_and_replace(self) -> None:
        for worker in self._workers:
            ended, status = os.waitpid(worker.process, os.WNOHANG) if worker.process else (0, 0)
            if ended:
                has_hung = os.WIFEXITED(status) and os.WEXITSTATUS(status) == HUNG
                reason = worker.killed_for or ("hung" if has_hung else "died")
                self._retire(worker, reason, was_killed=has_hung or os.WIFSIGNALED(status))
            is_due = time.monotonic() >= worker.started_at + worker.pause
            if not worker.process and not self._stopping and is_due:
                self._start(worker)

    def _retire(self, worker: _Worker, reason: str, *, was_killed: bool) -> None:
        worker.process = 0
        self._disconnect(worker)
        self._totals.retire(worker.number)
        if self._stopping:
            return
        # One that ends by itself right after its start will do so again; one that was killed deserves a successor.
        failed_to_start = not was_killed and time.monotonic() - worker.started_at < _STABLE_SECONDS
        worker.pause = min(max(_SHORTEST_PAUSE_SECONDS, 2 * worker.pause), _LONGEST_PAUSE_SECONDS)
        if not failed_to_start:
            worker.pause = 0.0
        self._totals.count(REPLACEMENTS, "Workers that were replaced, by reason.", {"reason": reason}, 1)
        logger.warning("a worker %s and is replaced", _SAID[reason], extra={"worker": worker.number})

    def _disconnect(self, worker: _Worker) -> None:
        for end in (worker.snapshots, worker.totals):
            if end is not None:
                end.close()
        worker.snapshots = worker.totals = None


def _drop_late_replies(end: Connection) -> None:
    while end.poll():
        end.recv_bytes()
