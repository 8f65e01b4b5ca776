"""Progress: how every step tells a person that it is done, and a long one what goes on and how far it is."""

import sys
from collections.abc import Callable

Progress = Callable[[str, str], None]
"""Called with a step and its result when the step is done, and with UNDER_WAY and the task that is running."""

UNDER_WAY = "under way"
"""In place of a step's name: the next one takes the place of what is said."""


def say(step: str, result: str) -> None:
    """One line for each step that is done, to standard error: what a notebook or a script shows by default."""
    if step != UNDER_WAY:
        sys.stderr.write(f"{step:<13} {result}\n")
        sys.stderr.flush()
