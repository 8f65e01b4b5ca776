"""The open-loop generator against a real server: what it says of good, refused and unanswered requests."""

import os
import socket
from pathlib import Path
from threading import Thread

import pytest

from slipway_loadtests.bench.open_loop import Seen, Stream, offer, quantile

CORE = min(os.sched_getaffinity(0))
GOOD = f'{{"instances": [{[1.0] * 30}]}}\n'


def bodies(tmp_path: Path, text: str = GOOD) -> str:
    file = tmp_path / "bodies"
    file.write_text(text)
    return str(file)


def test_streams_are_offered_together_and_counted_apart(service_url: str, tmp_path: Path) -> None:
    rows = Stream("rows", f"{service_url}/predict/wide", 50, bodies(tmp_path))
    health = Stream("health", f"{service_url}/health/live", 20)

    one, other = offer([rows, health], 1.0, CORE)

    assert (one.name, other.name) == ("rows", "health")
    assert one.statuses == {"200": one.due}
    assert other.statuses == {"200": other.due}
    assert one.due > other.due > 0
    assert one.answered == sorted(one.answered)
    assert 0 < one.good <= one.due


def test_other_answers_than_200_are_not_good(service_url: str, tmp_path: Path) -> None:
    (seen,) = offer([Stream("bad", f"{service_url}/predict/wide", 30, bodies(tmp_path, "x\n"))], 0.5, CORE)

    assert seen.statuses == {"400": seen.due}
    assert (seen.good, seen.answered, len(seen.refused)) == (0, [], seen.due)


def test_callers_that_hang_up_at_once_get_no_answer(service_url: str, tmp_path: Path) -> None:
    stream = Stream("gone", f"{service_url}/predict/wide", 30, bodies(tmp_path), patience_ms=0.0, hangs_up=True)

    (seen,) = offer([stream], 0.5, CORE)

    assert seen.statuses.get("lost", 0) > 0
    assert seen.good == 0


def test_answer_that_no_request_waits_for_is_not_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        Thread(target=refuse_connections, args=(listener,), daemon=True).start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/health/live"

        (seen,) = offer([Stream("refused", url, 30)], 0.3, CORE)

    assert seen.due > 0
    assert seen.good == 0
    assert all(ms < 60_000 for ms in seen.refused)


def refuse_connections(listener: socket.socket) -> None:
    """Answer every connection before a request has come, until the listener is closed."""
    try:
        while True:
            client, _ = listener.accept()
            client.sendall(b"HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
            client.close()
    except OSError:
        return


@pytest.mark.parametrize(("share", "value"), [(0.0, 1.0), (0.5, 3.0), (0.99, 4.0), (1.0, 4.0)])
def test_quantile_of_ordered_numbers(share: float, value: float) -> None:
    assert quantile([1.0, 2.0, 3.0, 4.0], share) == value


def test_share_within_counts_what_was_not_answered_too() -> None:
    seen = Seen("x", 2.0, 4, {"200": 3}, 3, [1.0, 5.0, 20.0], [])

    assert (seen.within(10.0), seen.goodput) == (0.5, 1.5)
    assert quantile([], 0.5) == 0.0
