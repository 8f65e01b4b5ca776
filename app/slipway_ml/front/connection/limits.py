"""What one connection may take of the server."""

import random
from dataclasses import dataclass

_MIB = 1024 * 1024
_SPREAD = (0.8, 1.2)
"""Of an age: the connections of one burst do not all come back at once."""
NO_PLACE = "too many connections; try again later"


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Bytes, counts and seconds that one connection may take; `connections` and `lingering` are for all together.

    What begins with `linger` is for a client that was given its response while it still sends: were its connection
    closed at once, the kernel would reset it, and the client would never see the response.

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
    linger_bytes: int = 64 * _MIB
    """Four times the largest body as it is set by default: clients that send all of it before they read see a 413."""
    linger_idle_seconds: float = 2.0
    """As nginx and HAProxy do: whoever sends nothing for so long waits for the end of the connection."""
    linger_seconds: float = 5.0
    """In all; 64 MiB in that time are 100 Mbit/s, and a slower client mostly reads while it sends."""
    lingering: int = 64
    """Beyond this many the one that lingers longest is closed; they need a file each, but none of the places."""

    def draw_age(self) -> float:
        """Seconds after which one connection is told to close."""
        return self.age_seconds * random.uniform(*_SPREAD)  # noqa: S311  # spreading needs no cryptography
