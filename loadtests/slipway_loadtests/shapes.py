"""How the number of users moves over a test, as lists of stages.

A plain test keeps one number of users. The environment variable LOADTEST_SHAPE picks another course: `steps` to find
where a service bends, `spike` to see it recover, `soak` to see what an hour does to its memory.
"""

import os
from dataclasses import dataclass
from time import perf_counter
from typing import ClassVar

from locust import LoadTestShape

VARIABLE = "LOADTEST_SHAPE"


@dataclass(frozen=True, slots=True)
class Stage:
    """So many users for so long, reached at `spawn_rate` users per second."""

    seconds: float
    users: int
    spawn_rate: float


class Staged(LoadTestShape):
    """Walks through `stages` and ends the test after the last."""

    abstract = True
    stages: ClassVar[list[Stage]]

    def tick(self) -> tuple[int, float] | None:
        return stage_at(self.stages, perf_counter() - self.start_time)


class Steps(Staged):
    """Twice the users every fifteen seconds."""

    abstract = True
    stages: ClassVar = [Stage(15, users, 20) for users in (5, 10, 20, 40, 80)]


class Spike(Staged):
    """Ten times the users for a moment, then back."""

    abstract = True
    stages: ClassVar = [Stage(15, 10, 10), Stage(15, 100, 100), Stage(30, 10, 100)]


class Soak(Staged):
    """An hour of the same."""

    abstract = True
    stages: ClassVar = [Stage(3600, 20, 5)]


def stage_at(stages: list[Stage], seconds: float) -> tuple[int, float] | None:
    """Users and spawn rate at this moment; None when the last stage is over."""
    for stage in stages:
        if seconds < stage.seconds:
            return stage.users, stage.spawn_rate
        seconds -= stage.seconds
    return None


SHAPES: dict[str, type[Staged]] = {"steps": Steps, "spike": Spike, "soak": Soak}


def _chosen() -> type[Staged] | None:
    shape = SHAPES.get(os.environ.get(VARIABLE, ""))
    if shape is not None:
        shape.abstract = False  # Locust runs the shape that is not abstract
    return shape


chosen = _chosen()
