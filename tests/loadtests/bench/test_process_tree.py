"""CPU time and memory are those of the whole tree, read from real processes."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from slipway_loadtests.bench.process_tree import cpu_seconds, memory

_BURN = "import time\nwhile time.process_time() < 0.3: pass\n"
_WAIT = "print(flush=True); input()"
_BURN_IN_A_CHILD = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {_BURN + _WAIT!r}]).wait()"


@contextmanager
def _python(script: str) -> Iterator[int]:
    """A Python process that has run as far as its first line of output."""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        yield process.pid


def test_cpu_time_of_a_process_is_what_it_burnt() -> None:
    with _python(_BURN + _WAIT) as process:
        seconds = cpu_seconds(process)

    assert 0.25 < seconds < 0.9


def test_cpu_time_of_a_running_child_counts() -> None:
    with _python(_BURN_IN_A_CHILD) as process:
        seconds = cpu_seconds(process)

    assert 0.25 < seconds < 1.2


def test_waiting_costs_no_cpu_time() -> None:
    with _python(_WAIT) as process:
        before = cpu_seconds(process)
        time.sleep(0.1)

        assert cpu_seconds(process) - before < 0.05


def test_memory_that_is_written_to_is_private() -> None:
    with _python(_WAIT) as small, _python("data = bytearray(b'x' * (64 << 20)); " + _WAIT) as large:
        difference = memory(large).private_mib - memory(small).private_mib

    assert 60 < difference < 70


def test_a_process_that_is_gone_costs_nothing() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()

    assert cpu_seconds(gone.pid) == 0
    assert memory(gone.pid).private_mib == 0
    assert cpu_seconds(os.getpid()) > 0
