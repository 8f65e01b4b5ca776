"""What one connection may take of the server, and the answer to what is over it."""

from dataclasses import dataclass

NO_PLACE = "too many connections; try again later"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Bytes, counts and seconds that one connection may take; `connections` is for all of them together.

    `stall_seconds` and `write_seconds` are how long a body and a response may stand still, see `pace`.
    """

    connections: int = 1000
    head_bytes: int = 16 * 1024
    headers: int = 100
    chunks: int = 65_536
    head_seconds: float = 5.0
    body_seconds: float = 30.0
    stall_seconds: float = 10.0
    write_seconds: float = 30.0
    idle_seconds: float = 65.0
    age_seconds: float = 300.0


class Refused(Exception):
    """The request is not read any further; `status` and `message` answer it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
