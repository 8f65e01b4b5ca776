"""Memory and waiting of one real server while bodies of every shape come, one at a time, up to the largest allowed.

For each body: how much the server's resident memory grew at its peak, as a multiple of the body, what it was answered,
and the processor time that it took. Growth is bounded by six times the body, beside what the first large requests of a
process take for good; no answer may be 500; an error may be no longer than its request and 1 KiB.

usage: python -m tests.e2e.prove_decoding [--mebibytes N …] [--fuzzed N] [--seed N]
"""

import argparse
import http.client
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.bodies import COLUMNS, Body, all_bodies, good_bodies
from tests.factories import matrix_signature, mixed_signature, publish
from tests.server import Server, running_server

MOST_TIMES = 6.0
SPARE_MEBIBYTES = 4.0
"""Of an allocator that keeps pages, and of threads that start."""
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
    """Print a line per body, and the broken promises."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--mebibytes", type=float, nargs="+", default=[1, 4, 15.9])
    parser.add_argument("--fuzzed", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        publish_models(Path(folder))
        for mebibytes in wanted.mebibytes:
            size = int(mebibytes * _MEBIBYTE)
            with running_server(Path(folder), "--deadline-seconds", "60") as server:
                warm_up(server, size)
                first = _status(Path(f"/proc/{server.process.pid}"), "VmRSS") / 1024
                for body in all_bodies(size, wanted.seed, wanted.fuzzed):
                    outcome = send(server, body)
                    broken += outcome.problem is not None
                    print(
                        f"{len(body.content) / _MEBIBYTE:6.2f} MiB  {outcome.status}  {outcome.answered:9d} B  "
                        f"{outcome.times:5.1f}x  {outcome.seconds:5.2f} s  {body.name}  "
                        f"{'BROKEN: ' + outcome.problem if outcome.problem else ''}",
                        flush=True,
                    )
                last = _status(Path(f"/proc/{server.process.pid}"), "VmRSS") / 1024
                print(f"resident after warming up {first:.0f} MiB, at the end {last:.0f} MiB", flush=True)
                if "Traceback" in server.log():
                    broken += 1
                    print("BROKEN: a traceback is in the log", server.log()[-3000:])
    return min(broken, 1)


if __name__ == "__main__":
    sys.exit(main())
