"""Memory and waiting of one real server while bodies of every shape come, one at a time, up to the largest allowed.

For each body: how much the server's resident memory grew at its peak, as a multiple of the body, what it was answered,
and the processor time that it took. Growth is bounded by six times the body, beside what the first large requests of a
process take for good; no answer may be 500; an error may be no longer than its request and 1 KiB. Then bad bodies of
middling size beside good ones: each may take twice the processor time.

usage: python -m tests.e2e.prove_decoding [--mebibytes N …] [--fuzzed N] [--seed N] [--costs BYTES …] [--all]
"""

import argparse
import http.client
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from tests.bodies import COLUMNS, Body, all_bodies, good_bodies
from tests.e2e.spoiled_costs import costs_of
from tests.factories import matrix_signature, mixed_signature, publish
from tests.server import Server, running_server

MOST_TIMES = 6.0
SPARE_MEBIBYTES = 4.0
"""Of an allocator that keeps pages, and of threads that start."""
MOST_COST = 2.0
"""Processor time of a bad body, in good ones of its size."""
_SHOWN = 12
_MEBIBYTE = 1024 * 1024
_SERVER_ERROR = 500
_UNAVAILABLE = 503
_ERROR_ROOM = 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one body: `growth` in MiB, `seconds` of the processor."""

    body: Body
    status: int
    answered: int
    growth: float
    seconds: float

    @property
    def times(self) -> float:
        return self.growth * _MEBIBYTE / len(self.body.content)

    @property
    def problem(self) -> str | None:
        """What promise is broken, if any."""
        size = len(self.body.content)
        if self.growth > MOST_TIMES * size / _MEBIBYTE + SPARE_MEBIBYTES:
            return f"took {self.times:.1f} times the body"
        if self.status >= _SERVER_ERROR and self.status != _UNAVAILABLE:
            return f"answered {self.status}"
        if self.status >= http.client.BAD_REQUEST and self.answered > size + _ERROR_ROOM:
            return f"answered with {self.answered} bytes"
        return None


def publish_models(root: Path) -> None:
    """The two models that the bodies are for."""
    publish(root, "numbers", matrix_signature(COLUMNS))
    publish(root, "houses", mixed_signature())


def warm_up(server: Server, size: int) -> None:
    """Let the process take what it takes once: threads, the allocator's pages, what is imported late."""
    for body in good_bodies(size):
        send(server, body)


def send(server: Server, body: Body) -> Outcome:
    """Send one body and measure."""
    process = Path(f"/proc/{server.process.pid}")
    before, started = _status(process, "VmRSS"), _cpu(process)
    (process / "clear_refs").write_text("5")
    connection = http.client.HTTPConnection(server.address, timeout=120)
    try:
        connection.request("POST", body.path, body.content, body.headers)
        response = connection.getresponse()
        answered = len(response.read())
    except (BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
        response, answered = None, 0
    finally:
        connection.close()
    growth = (_status(process, "VmHWM") - before) / 1024
    status = http.client.REQUEST_ENTITY_TOO_LARGE if response is None else response.status
    return Outcome(body, status, answered, growth, _cpu(process) - started)


def _status(process: Path, key: str) -> int:
    lines = (process / "status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key))


def _cpu(process: Path) -> float:
    fields = (process / "stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Print the dearest bodies and the broken promises; every body with --all."""
    parser = argparse.ArgumentParser(prog="scripts/prove decoding", description=__doc__)
    parser.add_argument(
        "--mebibytes", type=float, nargs="*", default=[1, 4, 15.9], help="of bodies whose memory counts"
    )
    parser.add_argument("--fuzzed", type=int, default=60, help="generated bodies of each size")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--costs", type=int, nargs="*", default=[3_000, 20_000, 60_000, 200_000], help="bytes of bad bodies"
    )
    parser.add_argument("--all", action="store_true", help="print every body")
    wanted = parser.parse_args()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with tempfile.TemporaryDirectory() as folder, Progress(*columns, console=Console(stderr=True)) as progress:
        publish_models(Path(folder))
        broken = sum([_prove_memory(Path(folder), wanted, progress, mebibytes) for mebibytes in wanted.mebibytes])
        broken += _prove_costs(Path(folder), wanted, progress) if wanted.costs else 0
    return min(broken, 1)


def _prove_memory(folder: Path, wanted: argparse.Namespace, progress: Progress, mebibytes: float) -> int:
    """How many promises about memory are broken."""
    size = int(mebibytes * _MEBIBYTE)
    count = sum(1 for _ in all_bodies(1024, wanted.seed, wanted.fuzzed))
    task = progress.add_task(f"memory, {mebibytes:g} MiB", total=count)
    with running_server(folder, "--deadline-seconds", "60") as server:
        warm_up(server, size)
        process = Path(f"/proc/{server.process.pid}")
        first = _status(process, "VmRSS") / 1024
        outcomes = []
        for body in all_bodies(size, wanted.seed, wanted.fuzzed):
            outcomes.append(send(server, body))
            progress.advance(task)
        last = _status(process, "VmRSS") / 1024
        has_traceback = "Traceback" in server.log()
    outcomes.sort(key=lambda outcome: -outcome.times)
    print(f"bodies of {mebibytes:g} MiB, by the memory they took:")
    for number, outcome in enumerate(outcomes):
        if wanted.all or number < _SHOWN or outcome.problem:
            print(
                f"  {outcome.times:4.1f}x  {outcome.seconds:5.2f} s  {outcome.status}  {outcome.answered:9d} B  "
                f"{outcome.body.name}  {'BROKEN: ' + outcome.problem if outcome.problem else ''}"
            )
    print(f"  resident after warming up {first:.0f} MiB, at the end {last:.0f} MiB", flush=True)
    if has_traceback:
        print("BROKEN: a traceback is in the log")
    return sum(outcome.problem is not None for outcome in outcomes) + has_traceback


def _prove_costs(folder: Path, wanted: argparse.Namespace, progress: Progress) -> int:
    """How many bad bodies cost far more than a good one."""
    broken = 0
    with running_server(folder) as server:
        for size in wanted.costs:
            costs = []
            task = progress.add_task(f"processor, {size} bytes", total=None)
            for cost in costs_of(server, size):
                costs.append(cost)
                progress.advance(task)
            progress.update(task, total=len(costs))
            costs.sort(key=lambda cost: -cost.times)
            over = [cost for cost in costs if cost.times > MOST_COST]
            print(f"{len(costs)} bad bodies of {size} bytes, {len(over)} of them above {MOST_COST:g} good ones:")
            for cost in costs if wanted.all else costs[:_SHOWN]:
                print(
                    f"  {cost.times:4.1f}x  {cost.microseconds:6.0f} us, good {cost.good_microseconds:6.0f} us  "
                    f"{cost.status}  {cost.body.name}",
                    flush=True,
                )
            broken += len(over)
    return broken


if __name__ == "__main__":
    sys.exit(main())
