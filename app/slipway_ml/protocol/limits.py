"""How much one request may hold. Each limit is accepted at the limit and refused one past it."""

from dataclasses import dataclass

MAX_RANK = 8
MAX_DEPTH = 64
MAX_DIMENSION = 2**31 - 1
MAX_NAME_CHARACTERS = 256
MAX_PROBLEMS = 100


@dataclass(frozen=True, slots=True)
class ContentLimits:
    """Rows of one row request; inputs of one inference request and values of one tensor."""

    instances: int = 100_000
    elements: int = 16_000_000
    inputs: int = 256
