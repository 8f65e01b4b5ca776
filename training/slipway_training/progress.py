"""Progress: how every step tells a person that it is done, and a long one how far it is."""

import sys
from collections.abc import Callable

Progress = Callable[[str, str], None]
"""Told the name of a step and what came of it, in words, when the step is done; `trial` comes while one goes on."""


def say(step: str, result: str) -> None:
    """One line for each step, to standard error: what a notebook or a script shows by default."""
    sys.stderr.write(f"{step:<13} {result}\n")
    sys.stderr.flush()
