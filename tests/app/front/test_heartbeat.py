"""When silence of an event loop is held against it."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from app.front.heartbeat import BEAT_SECONDS, Heartbeats, Silence

HERE = os.getpid()


def looked(*gaps: float, beats: int = 7) -> float:
    """Seconds that count after looks with these gaps between them, at a loop that beat once and then no more."""
    silence, now = Silence(), 1000.0
    silence.look(now, beats, HERE)
    for gap in gaps:
        now += gap
        silence.look(now, beats, HERE)
    return silence.seconds


def test_silence_counts_from_look_to_look() -> None:
    assert looked(*[BEAT_SECONDS] * 12) == pytest.approx(11.5 * BEAT_SECONDS, rel=0.3)


def test_look_that_comes_late_counts_for_little() -> None:
    """The watcher was stopped as well: the machine slept or everything was frozen."""
    assert looked(BEAT_SECONDS, 3600.0) <= 3 * BEAT_SECONDS


def test_beat_ends_the_silence() -> None:
    silence = Silence()
    for number in range(8):
        silence.look(number * BEAT_SECONDS, 7, HERE)

    assert silence.seconds > 0
    assert silence.look(9 * BEAT_SECONDS, 8, HERE) == 0.0


def test_loop_that_has_not_begun_or_has_ended_is_not_silent() -> None:
    assert looked(*[BEAT_SECONDS] * 20, beats=0) == 0.0


def test_time_without_a_processor_does_not_count() -> None:
    """A process that shares one processor with several others waits most of the time, and that is not its fault."""
    cpu = min(os.sched_getaffinity(0))
    spin = f"import os; os.sched_setaffinity(0, [{cpu}])\nwhile True: pass"
    spinning = [subprocess.Popen([sys.executable, "-c", spin]) for _ in range(4)]
    try:
        silence, started = Silence(), time.monotonic()
        while time.monotonic() - started < 3.0:
            silence.look(time.monotonic(), 7, spinning[0].pid)
            time.sleep(BEAT_SECONDS)
    finally:
        for process in spinning:
            process.kill()
            process.wait()

    assert silence.seconds < 0.7 * (time.monotonic() - started)


def test_stopped_process_is_silent() -> None:
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    os.kill(process.pid, signal.SIGSTOP)
    try:
        silence = Silence()
        for number in range(9):
            silence.look(number * BEAT_SECONDS, 7, process.pid)
    finally:
        process.kill()
        process.wait()

    assert silence.seconds == pytest.approx(7.5 * BEAT_SECONDS, rel=0.3)


def test_loop_beats_and_tells_whether_it_can_go_on() -> None:
    heartbeats = Heartbeats(2)
    first, second = heartbeats.of(0), heartbeats.of(1)

    async def live() -> None:
        second.attend(lambda: True)
        async with asyncio.timeout(60):
            while second.beats < 3:
                await asyncio.sleep(0.01)

    asyncio.run(live())

    assert (first.beats, first.is_hopeless, second.is_hopeless) == (0, False, True)
    second.reset()
    assert (second.beats, second.is_hopeless) == (0, False)
