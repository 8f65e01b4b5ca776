"""Progress: how every step tells a person that it is done, and a long one how far it is."""

from collections.abc import Callable

Progress = Callable[[str, str], None]
"""Told the name of a step and what came of it, in words, when the step is done; `trial` comes while one goes on."""
