"""When silence of an event loop is held against it."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

from slipway_ml.front.process.heartbeat import BEAT_SECONDS, Heartbeats, Silence

HERE = os.getpid()


def looked(*gaps: float, beats: int = 7) -> float:
    """Seconds that count after looks with these gaps between them, at a loop that beat once and then no more."""
    silence, now = Silence(), 1000.0
    silence.look(now, beats, HERE)
    for gap in gaps:
        now += gap
        silence.look(now, beats, HERE)
    return silence.seconds  # what this test's own process does meanwhile is no matter


def test_silence_counts_from_look_to_look() -> None:
    assert looked(*[BEAT_SECONDS] * 12) == pytest.approx(12 * BEAT_SECONDS, rel=0.3)


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


def silence_of(command: str, seconds: float = 3.0) -> float:
    """What watching a process for a while says, whose loop is taken to be silent; others keep its processor busy."""
    cpu = min(os.sched_getaffinity(0))
    pinned = f"import os; os.sched_setaffinity(0, [{cpu}])\n"
    commands = [pinned + command, *[pinned + "while True: pass"] * 3]
    processes = [subprocess.Popen([sys.executable, "-c", command]) for command in commands]
    try:
        silence, started, found = Silence(), time.monotonic(), 0.0
        while time.monotonic() - started < seconds:
            found = silence.look(time.monotonic(), 7, processes[0].pid)
            time.sleep(BEAT_SECONDS)
        return found
    finally:
        for process in processes:
            process.kill()
            process.wait()


def test_loop_that_gets_no_processor_is_not_silent() -> None:
    assert silence_of("os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))\nwhile True: pass") == 0.0


def test_loop_that_uses_the_little_it_gets_without_turning_is_silent() -> None:
    assert silence_of("while True: pass", 6.0) > 1.0


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

    assert silence.seconds == pytest.approx(8 * BEAT_SECONDS, rel=0.3)


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
