"""An open loop: requests go out when they are due, whether or not earlier ones had a response.

Closed-loop tools wait for a response before they send again, so a slow server slows its own load and looks well. Here
arrivals are Poisson and a latency counts from when the request was due, so waiting for a free connection counts too. So
does any lateness of the generator, which is told apart: where `Seen.late` is not small, the figures are the generator's
or the machine's. The sending itself is `generator.py`, a process of its own on a core of its own.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from slipway_loadtests.errors import CannotRun

OK = 200
PATIENCE_SECONDS = 60
"""How long the generator may take beyond its plan; it waits half of that for the last responses."""


@dataclass(frozen=True, slots=True)
class Stream:
    """Requests of one kind: GET where there is no file of bodies, otherwise POST of its lines in turn."""

    name: str
    url: str
    rate: float
    bodies: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    connections: int = 512
    patience_ms: float = 10_000.0
    hangs_up: bool = False
    """Whether a caller closes its connection when its patience ends, rather than wait for a response of no use."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of a stream. Latencies are in milliseconds and in order; `refused` are those of other responses."""

    name: str
    seconds: float
    due: int
    statuses: dict[str, int]
    good: int
    """Good responses that came while the load was on, and within the callers' patience."""
    answered: list[float]
    refused: list[float]
    late: list[float] = field(default_factory=list)
    """How long after they were due the generator noticed its requests; a part of every latency."""

    @property
    def goodput(self) -> float:
        """Good responses per second."""
        return self.good / self.seconds

    def within(self, milliseconds: float) -> float:
        """The share of all requests that got a good response within this time."""
        return sum(latency <= milliseconds for latency in self.answered) / max(self.due, 1)


def quantile(ordered: Sequence[float], share: float) -> float:
    """A quantile of numbers that are in order; 0 of none."""
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def offer(streams: Sequence[Stream], seconds: float, core: int) -> list[Seen]:
    """Send these streams at the same time from a process on this core; raises CannotRun where it fails."""
    plan = json.dumps({"seconds": seconds, "streams": [asdict(stream) for stream in streams]})
    with tempfile.NamedTemporaryFile(prefix="slipway-", suffix=".json") as result:
        done = subprocess.run(
            [
                "taskset",
                "--cpu-list",
                str(core),
                sys.executable,
                "-m",
                "slipway_loadtests.bench.generator",
                result.name,
            ],
            input=plan,
            capture_output=True,
            text=True,
            timeout=seconds + PATIENCE_SECONDS,
            check=False,
        )
        if done.returncode:
            raise CannotRun(f"the load generator failed: {done.stderr.strip()[-300:]}")
        return [Seen(**seen) for seen in json.loads(Path(result.name).read_bytes())]
