"""Every way in which one caller takes the service away from the others, as steps that are repeated at a pace.

An attack is made ready first (its bodies are built), then its step is called `per_second` times a second by `threads`
callers. What it sends is modest on purpose: none of these needs more than one machine at home.
"""

import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tests.e2e.attack import bodies
from tests.e2e.attack.good_bodies import ENDLESS, GOOD_ROW, MATRIX, NEVER_DONE, ROWS, instances
from tests.e2e.attack.sender import REFUSED, UNANSWERED, Sender
from tests.e2e.attack.sockets import CLOSE, read_to_end, request, statuses

_GZIP = b"content-encoding: gzip"
_SMALL_BUFFER = 2048
_HOARD = 1_050
_NEW_PER_STEP = 40
_UNREAD = 64
_PIPELINED = 100
_PIPELINE_PAUSE = 0.02

Step = Callable[[], object]

_WRONG = frozenset({"400", "413", "422"})
BUSY = frozenset({"429", "503", "504"})


@dataclass(frozen=True, slots=True)
class Attack:
    """`prepare` gives the step; `answers` are what the attacker may be told, with nothing else right."""

    name: str
    about: str
    prepare: Callable[[Sender], Step]
    answers: frozenset[str]
    per_second: float = 4.0
    threads: int = 4
    options: tuple[str, ...] = ()
    """Of a server for this attack alone; where there are any, it is no part of all at once."""
    forgiven_seconds: float = 0.0
    """After the first step: how long a replaced worker's callers may see errors."""
    measures_bodies: bool = False
    """Whether wrong bodies are held against good ones afterwards: CPU time, and bytes of the response."""


def _trailers(sender: Sender) -> Step:
    head = request("/predict/" + ROWS, None, [b"transfer-encoding: chunked"]).replace(b"GET", b"POST", 1)
    block = b"a:\r\n" * 16_384

    def step() -> None:
        connection = sender.connect()
        if connection is None:
            return
        with connection:
            is_open = sender.send(connection, head + b"1\r\n{\r\n0\r\n")
            while is_open and not sender.is_over():
                is_open = sender.send(connection, block)
            connection.settimeout(0.2)
            found = statuses(read_to_end(connection))
        sender.saw(found[0] if found else "cut off" if not is_open else UNANSWERED)

    return step


def _zip_bomb(sender: Sender) -> Step:
    body = bodies.zipped(bodies.empty_rows())
    return lambda: sender.post(f"/predict/{ROWS}", body, _GZIP)


def _shapes(sender: Sender) -> Step:
    return sender.each([(path, bodies.zipped(body)) for path, body in bodies.shapes()], _GZIP)


def _many_keys(sender: Sender) -> Step:
    return sender.each(list(bodies.many_keys()))


def _long_text(sender: Sender) -> Step:
    path, body = bodies.long_text()
    return sender.each([(path, bodies.zipped(body))], _GZIP)


def _unread(sender: Sender, most: int, rows: int) -> Step:
    path, body = bodies.wide_rows(rows)
    data = request(path, bodies.zipped(body), [sender.bearer, _GZIP])

    def step() -> None:
        if len(sender.held) >= most:
            return
        connection = sender.connect(receive_buffer=_SMALL_BUFFER)
        if connection is not None:
            sender.held.append(connection)
            sender.send(connection, data)

    return step


def _never_read(sender: Sender) -> Step:
    return _unread(sender, 100, 12_000)


def _unread_places(sender: Sender) -> Step:
    return _unread(sender, _UNREAD, 5_500)


def _stalled(sender: Sender) -> Step:
    beginning = request(f"/predict/{ROWS}", b"[" + b" " * (bodies.CAP - 2), [sender.bearer], length=bodies.CAP)

    def step() -> None:
        connection = sender.connect(seconds=5.0)
        if connection is None:
            return
        with connection:
            if sender.send(connection, beginning):
                while not sender.is_over() and select.select([connection], [], [], 0.1)[0] == []:
                    pass
            connection.settimeout(0.2)
            for status in statuses(read_to_end(connection, 4096)):
                sender.saw(status)

    return step


def _silent(sender: Sender) -> Step:
    def step() -> None:
        still_open = []
        for connection in sender.held:
            if _is_open(connection):
                still_open.append(connection)
            else:
                connection.close()
                sender.saw("closed")
        sender.held[:] = still_open
        for _ in range(min(_NEW_PER_STEP, _HOARD - len(still_open))):
            opened = sender.connect(seconds=0.5)
            if opened is None:
                return
            opened.setblocking(False)
            sender.held.append(opened)

    return step


def _is_open(connection: socket.socket) -> bool:
    try:
        return bool(connection.recv(4096))
    except BlockingIOError:
        return True
    except OSError:
        return False


def _wrong_key(sender: Sender) -> Step:
    body = b'{"instances":[' + b" " * 4_000_000 + b"]}"
    data = request(f"/predict/{ROWS}", body, [b"authorization: Bearer sk_wrong", CLOSE])
    return lambda: sender.ask(data, seconds=3.0)


def _five_hundreds(sender: Sender) -> Step:
    return sender.each(list(bodies.five_hundreds()))


def _pipelined(sender: Sender) -> Step:
    one, last = [sender.bearer], [sender.bearer, CLOSE]
    body = instances([GOOD_ROW])
    data = request(f"/predict/{ROWS}", body, one) * (_PIPELINED - 1) + request(f"/predict/{ROWS}", body, last)
    cut = data.rindex(b"authorization")  # within a head, with more before it than a head may have

    def step() -> None:
        connection = sender.connect(seconds=3.0)
        if connection is None:
            return
        with connection:
            sender.send(connection, data[:cut])
            time.sleep(_PIPELINE_PAUSE)
            sender.send(connection, data[cut:])
            found = statuses(read_to_end(connection))
        for status in found:
            sender.saw(status)
        if len(found) < _PIPELINED and not sender.is_over():
            sender.saw(UNANSWERED, _PIPELINED - len(found))

    return step


def _h2c(sender: Sender) -> Step:
    offer = [
        b"connection: Upgrade, HTTP2-Settings",
        b"upgrade: h2c",
        b"http2-settings: AAEAAEAAAAIAAAABAAMAAABkAAQBAAAAAAUAAEAA",
    ]
    data = request(f"/predict/{ROWS}", instances([GOOD_ROW]), [sender.bearer, *offer])

    def step() -> None:
        connection = sender.connect(seconds=1.0)
        if connection is None:
            return
        with connection:
            sender.send(connection, data)
            with suppress(OSError):
                received = connection.recv(1 << 16)
                sender.saw((statuses(received) or [UNANSWERED])[0])

    return step


def _endless(sender: Sender) -> Step:
    return lambda: sender.post(f"/predict/{ENDLESS}", instances([[NEVER_DONE]]))


def _wrong_bodies(sender: Sender) -> Step:
    kinds = [
        (f"/predict/{ROWS}", bodies.wrong_rows()),
        (f"/predict/{ROWS}", bodies.tiny_wrong()),
        (f"/v2/models/{MATRIX}/infer", bodies.wrong_tensor()),
        (f"/v2/models/{MATRIX}/infer", b'{"inputs":[{}]}'),
        (f"/v1/models/{ROWS}:predict", bodies.tiny_wrong()),
    ]
    return sender.each(kinds)


ATTACKS = {
    attack.name: attack
    for attack in (
        Attack(
            "trailers",
            "trailers without end, no key",
            _trailers,
            frozenset({"400", "401", "413", "431", "cut off"}),
            threads=2,
        ),
        Attack("zip bomb", "16 KB of gzip: empty rows, 16 MiB", _zip_bomb, _WRONG | BUSY, 3),
        Attack("shapes", "twelve other bodies of 16 MiB, zipped", _shapes, _WRONG | BUSY, 3),
        Attack("many keys", "up to 1.3 MB of distinct keys", _many_keys, _WRONG | BUSY),
        Attack("long text", "one long text among 6,000 short ones", _long_text, _WRONG | BUSY | {"200"}, 2, 2),
        Attack("never read", "100 responses of 6 MB that nobody reads", _never_read, frozenset(), 20, 2),
        Attack(
            "unread places",
            "64 unread responses where 60 connections are allowed",
            _unread_places,
            frozenset(),
            25,
            2,
            ("--max-connections", "60"),
        ),
        Attack("stalled bodies", "24 bodies that stop before their end", _stalled, _WRONG | BUSY | {"408"}, 12, 24),
        Attack("silent", "1,050 connections that say nothing, opened again", _silent, frozenset({"closed"}), 25, 1),
        Attack("wrong key", "posts of 4 MB with a wrong key", _wrong_key, frozenset({"401"}), 8),
        Attack("500 makers", "bodies that were answered 500", _five_hundreds, _WRONG | {"200"}, 40),
        Attack("pipelined", "100 good requests in two packets", _pipelined, frozenset({"200"}), 2),
        Attack("h2c", "good requests that offer HTTP/2", _h2c, frozenset({"200"}), 20),
        Attack(
            "wrong bodies",
            "rows with a mistake in each",
            _wrong_bodies,
            _WRONG,
            40,
            measures_bodies=True,
        ),
        Attack(
            "endless run",
            "a run that never ends, two workers",
            _endless,
            BUSY | {"500", REFUSED, UNANSWERED},
            1 / 3,
            4,
            ("--workers", "2", "--deadline-seconds", "2"),
            forgiven_seconds=5.5,
        ),
    )
}
