"""How fast bytes move in one direction of a connection, and how long they have stood still."""

BYTES_PER_SECOND = 8 * 1024
"""What a client must keep up, of a body that it sends or a response that it takes."""


class Pace:
    """A credit of `seconds`, which time uses up and bytes that move bring back, one second for `BYTES_PER_SECOND`."""

    __slots__ = ("_latest", "_left", "_seconds")

    def __init__(self, now: float, seconds: float, left: int = 0) -> None:
        """`left` counts bytes that are still to move, or those that have moved; only its changes matter."""
        self._seconds = seconds
        self._latest = now + seconds
        self._left = left

    def note(self, now: float, left: int) -> None:
        """So many bytes are left now, or have moved."""
        moved = abs(left - self._left)
        if moved:
            self._left = left
            self._latest = min(now + self._seconds, self._latest + moved / BYTES_PER_SECOND)

    def is_late(self, now: float) -> bool:
        """Whether the credit is used up."""
        return now > self._latest

    def stalled(self, now: float) -> float:
        """Seconds of the credit that are used up."""
        return now + self._seconds - self._latest
