"""Shapes are lists of stages; asked in a process of its own, since importing Locust patches the one it is in."""

import os
import subprocess
import sys

from slipway_loadtests.locust_run import SHAPES


def _ask(expression: str, shape: str = "") -> str:
    script = f"from slipway_loadtests import shapes; print({expression})"
    environment = {**os.environ, "LOADTEST_SHAPE": shape}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=True)
    return done.stdout.strip()


def test_a_stage_lasts_its_seconds_and_the_last_ends_the_test() -> None:
    stages = "[shapes.Stage(10, 5, 1), shapes.Stage(20, 50, 9)]"

    response = _ask(f"[shapes.stage_at({stages}, second) for second in (0, 9.9, 10, 29.9, 30)]")

    assert response == "[(5, 1), (5, 1), (50, 9), (50, 9), None]"


def test_the_command_offers_every_shape_and_by_default_none() -> None:
    assert _ask("*shapes.SHAPES, shapes.chosen") == " ".join([*SHAPES, "None"])


def test_the_environment_chooses_the_shape() -> None:
    assert _ask("shapes.chosen.__name__", shape="spike") == "Spike"
