"""Clients that keep asking while a server stops: one that listens to what it is told, and one that does not."""

import http.client
import json
import time
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event, Thread
from urllib.parse import urlsplit

from tests.waiting import until

BODY = json.dumps({"instances": [[1, 2, 3]]})
_THINK_SECONDS = 0.002


@dataclass
class Tally:
    """What happened to the requests of one client."""

    answered: int = 0
    lost: list[str] = field(default_factory=list)
    """Requests that got no whole answer on a connection that was open."""
    refused: int = 0
    """Connections that could not be made, which is how a stopped server should look."""


class Client(Thread):
    """Asks again and again on one kept connection until it is told to stop or nobody listens any more.

    A polite client leaves a server whose answer asks to close; a stubborn one connects to it again.
    """

    def __init__(self, url: str, path: str, stop: Event, *, stubborn: bool) -> None:
        super().__init__(daemon=True)
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 0)
        self._path = path
        self._stop_asking = stop
        self._stubborn = stubborn
        self.tally = Tally()

    def run(self) -> None:
        while not self._stop_asking.is_set():
            connection = http.client.HTTPConnection(*self._address, timeout=60)
            with closing(connection):
                if not self._connects(connection):
                    return
                while self._ask(connection) and not self._stop_asking.is_set():
                    time.sleep(_THINK_SECONDS)
            if not self._stubborn:
                return
            time.sleep(_THINK_SECONDS)

    def _connects(self, connection: http.client.HTTPConnection) -> bool:
        try:
            connection.connect()
        except OSError:
            self.tally.refused += 1
            return False
        return True

    def _ask(self, connection: http.client.HTTPConnection) -> bool:
        """Whether the connection can be used again."""
        try:
            connection.request("POST", self._path, BODY)
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            self.tally.lost.append(type(error).__name__)
            return False
        self.tally.answered += 1
        return not answer.will_close


def hammer(url: str, path: str, clients: int, *, stubborn: bool) -> tuple[list[Client], Event]:
    """Start clients and let them get going; set the event to end them."""
    stop = Event()
    started = [Client(url, path, stop, stubborn=stubborn) for _ in range(clients)]
    for client in started:
        client.start()
    until(lambda: all(client.tally.answered for client in started))
    return started, stop


def finish(clients: list[Client], stop: Event) -> Tally:
    """End the clients and add up what happened."""
    stop.set()
    total = Tally()
    for client in clients:
        client.join()
        total.answered += client.tally.answered
        total.lost += client.tally.lost
        total.refused += client.tally.refused
    return total
