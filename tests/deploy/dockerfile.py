"""Reads the Dockerfile as Docker does, as far as the tests need: stages, each a list of instructions in order."""

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

DOCKERFILE = Path(__file__).parents[2] / "Dockerfile"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its word in capitals, and what follows with continued lines joined."""

    word: str
    rest: str

    @property
    def exec_form(self) -> list[str] | None:
        """The arguments when they are written as a JSON list, so that no shell stands in between."""
        text = self.rest[self.rest.find("[") :] if "[" in self.rest else ""
        return [str(argument) for argument in json.loads(text)] if text else None


@dataclass(frozen=True, slots=True)
class Stage:
    """What stands between one FROM and the next."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def all(self, word: str) -> list[Instruction]:
        """The instructions with this word."""
        return [instruction for instruction in self.instructions if instruction.word == word]

    def one(self, word: str) -> Instruction:
        """The only instruction with this word."""
        [found] = self.all(word)
        return found

    def pairs(self, word: str) -> dict[str, str]:
        """NAME=VALUE pairs of ENV, LABEL or ARG."""
        words = [piece for instruction in self.all(word) for piece in shlex.split(instruction.rest)]
        return dict(piece.split("=", 1) for piece in words)


def read_stages(text: str) -> list[Stage]:
    """The stages of a Dockerfile in order."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    instructions = [Instruction(*line.split(maxsplit=1)) for line in joined.splitlines()]
    starts = [number for number, instruction in enumerate(instructions) if instruction.word == "FROM"]
    ends = [*starts[1:], len(instructions)]
    return [_stage(instructions[start], instructions[start + 1 : end]) for start, end in zip(starts, ends, strict=True)]


def _stage(start: Instruction, instructions: list[Instruction]) -> Stage:
    base, name = start.rest.split(" AS ")
    return Stage(base, name, tuple(instructions))
