"""What a wrong body costs the server beside a good one of as many rows: processor time, to the nanosecond."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path

from tests.e2e.attack.bodies import wrong_rows, wrong_tensor
from tests.e2e.attack.good_bodies import GOOD_ROW, MATRIX, ROWS, instances, matrix_infer
from tests.e2e.attack.sockets import HOST

_REQUESTS = 40
_ROUNDS = 3


def cpu_ratio(port: int, key: str, processes: Callable[[], Sequence[int]]) -> float:
    """Processor time of a wrong body over that of a good one, of the kind that costs most.

    Of each kind the least of some rounds, in which nothing else is asked.
    """
    pairs = (
        (f"/predict/{ROWS}", instances([GOOD_ROW] * 100), wrong_rows()),
        (f"/v2/models/{MATRIX}/infer", matrix_infer(100), wrong_tensor()),
    )
    return max(
        min(
            _cost(port, key, path, wrong, processes) / max(_cost(port, key, path, good, processes), 1)
            for _ in range(_ROUNDS)
        )
        for path, good, wrong in pairs
    )


def _cost(port: int, key: str, path: str, body: bytes, processes: Callable[[], Sequence[int]]) -> int:
    connection = HTTPConnection(HOST, port, timeout=10)
    before = nanoseconds(processes())
    for _ in range(_REQUESTS):
        connection.request("POST", path, body, {"Authorization": f"Bearer {key}"})
        connection.getresponse().read()
    connection.close()
    return nanoseconds(processes()) - before


def nanoseconds(processes: Sequence[int]) -> int:
    """Processor time that all threads of these processes have taken."""
    spent = 0
    for process in processes:
        for task in Path(f"/proc/{process}/task").iterdir():
            with suppress(OSError):  # a thread that ends while we look
                spent += int((task / "schedstat").read_text().split()[0])
    return spent
