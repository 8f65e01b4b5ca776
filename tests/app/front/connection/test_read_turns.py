"""Whose turn it is to read, on a real event loop."""

import asyncio

from slipway_ml.front.connection.read_turns import ReadTurns


class Body:
    """A body that comes in so many pieces, each of them large."""

    def __init__(self, name: str, pieces: int, turns: ReadTurns, read: list[str]) -> None:
        self.name, self.pieces, self.turns, self.read = name, pieces, turns, read

    def wait(self) -> None:
        self.turns.wait(self, self.pieces)

    def read_on(self) -> None:
        self.read.append(self.name)
        self.pieces -= 1
        if self.pieces:
            self.wait()


def order(**pieces: int) -> str:
    """Whose pieces are read, with a dash for each turn of the loop."""

    async def read() -> list[str]:
        turns, found = ReadTurns(), list[str]()
        for name, count in pieces.items():
            Body(name, count, turns, found).wait()
        for _ in range(sum(pieces.values())):
            await asyncio.sleep(0)
            found.append("-")
        return found

    return "".join(asyncio.run(read()))


def test_one_piece_is_read_in_each_turn_of_the_loop() -> None:
    assert order(a=1, b=1, c=1) == "a-b-c-"


def test_body_that_lacks_least_is_completed_first_and_the_longest_waiting_is_not_forgotten() -> None:
    assert order(long=9, a=2, b=3).replace("-", "") == "aab" + "long" + "bb" + "long" * 8
