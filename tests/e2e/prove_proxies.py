"""Refusals of large bodies through real proxies: does the caller read them, and do the replicas stay in the pool?

Two replicas behind nginx and behind HAProxy, as they come and with kept connections. Six posts of 4 MB with a wrong
key, then six with a right key that are over the limit, and a good client before, between and after, which must see 200
alone: a proxy that finds its connection reset while it sends on answers 502, and takes the replica out of its pool.
Prints the counts; exits with 1 where a caller was told anything else, with 2 where nginx or HAProxy is missing.

usage: python -m tests.e2e.prove_proxies [--posts N] [--json FILE]
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from slipway_loadtests.errors import CannotRun
from tests.e2e.proxies import HOST, PROXIES, Proxy, proxying
from tests.factories import publish
from tests.keyring import add_key, bearer
from tests.server import running_server

_PATH = "/predict/sum"
_GOOD = b'{"instances": [[1, 2, 3]]}'
_GOOD_REQUESTS = 8
_GOOD_PAUSE = 0.1
_SECONDS = 20.0


def _padded(size: int) -> bytes:
    return b'{"instances": [' + b" " * size + b"]}"


@dataclass(slots=True)
class Counts:
    """Statuses that each kind of caller was told through one proxy."""

    proxy: str
    wrong_key: Counter[str] = field(default_factory=Counter)
    too_large: Counter[str] = field(default_factory=Counter)
    good: Counter[str] = field(default_factory=Counter)

    @property
    def is_right(self) -> bool:
        return (set(self.wrong_key), set(self.too_large), set(self.good)) == ({"401"}, {"413"}, {"200"})

    def figures(self) -> dict[str, dict[str, int]]:
        return {"wrong_key": dict(self.wrong_key), "too_large": dict(self.too_large), "good": dict(self.good)}


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/prove proxies", description=__doc__)
    parser.add_argument("--posts", type=int, default=6, help="of each kind, through each proxy")
    parser.add_argument("--json", type=Path, help="write the counts here")
    given = parser.parse_args()
    console = Console(width=None if sys.stdout.isatty() else 120)
    try:
        counted = _count(given.posts)
    except CannotRun as error:
        print(f"prove proxies: {error}", file=sys.stderr)
        return 2
    if given.json:
        given.json.write_text(json.dumps({counts.proxy: counts.figures() for counts in counted}, indent=1) + "\n")
    console.print(_table(counted))
    is_kept = all(counts.is_right for counts in counted)
    console.print("kept" if is_kept else "BROKEN")
    return 0 if is_kept else 1


def _count(posts: int) -> list[Counts]:
    with tempfile.TemporaryDirectory(prefix="slipway-") as temporary, ExitStack() as stack:
        folder = Path(temporary)
        publish(folder / "models")
        key = add_key(folder / "keys.json")
        replicas = [
            stack.enter_context(running_server(folder / "models", "--keys", str(folder / "keys.json"))).address
            for _ in range(2)
        ]
        proxies = track(PROXIES, "proxies", console=Console(stderr=True), transient=True)
        return [_through(proxy, replicas, folder / str(at), key, posts) for at, proxy in enumerate(proxies)]


def _through(proxy: Proxy, replicas: list[str], folder: Path, key: str, posts: int) -> Counts:
    counts = Counts(proxy.name)
    with proxying(proxy, replicas, folder) as port:
        ask_well: Callable[[], str] = lambda: _post(port, key, _GOOD)  # noqa: E731
        _repeat(ask_well, _GOOD_REQUESTS, counts.good)
        _repeat(lambda: _post(port, "sk_wrong", _padded(4_000_000)), posts, counts.wrong_key)
        _repeat(ask_well, _GOOD_REQUESTS, counts.good)
        _repeat(lambda: _post(port, key, _padded(20_000_000)), posts, counts.too_large)
        _repeat(ask_well, _GOOD_REQUESTS, counts.good)
    return counts


def _repeat(ask: Callable[[], str], times: int, counter: Counter[str]) -> None:
    for _ in range(times):
        counter[ask()] += 1
        time.sleep(_GOOD_PAUSE)


def _post(port: int, key: str, body: bytes) -> str:
    connection = HTTPConnection(HOST, port, timeout=_SECONDS)
    try:
        connection.request("POST", _PATH, body, bearer(key))
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
    return str(answer.status)


def _table(counted: list[Counts]) -> Table:
    made = Table(title="what callers were told, through two replicas' proxy", title_justify="left")
    for heading in ("proxy", "wrong key, 4 MB (401)", "over the limit, 20 MB (413)", "good client (200)", "verdict"):
        made.add_column(heading)
    for counts in counted:
        cells = [_words(kind) for kind in (counts.wrong_key, counts.too_large, counts.good)]
        made.add_row(counts.proxy, *cells, "[green]kept" if counts.is_right else "[red]broken")
    return made


def _words(counter: Counter[str]) -> str:
    return ", ".join(f"{count} x {told}" for told, count in sorted(counter.items()))


if __name__ == "__main__":
    raise SystemExit(main())
