"""onnxruntime is told to keep silent before it is imported, in a process that nobody prepared."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.factories import matrix_signature
from tests.graphs import sum_graph

REPOSITORY = Path(__file__).parents[3]
WATCH = """
import json, os, sys
seen = {"connections": 0, "at_import": "onnxruntime was not imported"}

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo"):
        seen["connections"] += 1
    if event == "import" and arguments[0] == "onnxruntime":
        seen["at_import"] = os.environ.get("ORT_DISABLE_TELEMETRY")

sys.addaudithook(watch)
"""
RUN = """
import numpy as np
from slipway_ml.runtime.session import OnnxSession
OnnxSession(open(sys.argv[1], "rb").read()).run({"X": np.ones((1, 3))})
print(json.dumps(seen))
"""
SERVE = """
from slipway_ml.main import create_app
from slipway_ml.settings import Settings
create_app(Settings())
print(json.dumps(seen))
"""


def what_was_seen(code: str, tmp_path: Path, **environment: str) -> dict[str, Any]:
    (tmp_path / "model.onnx").write_bytes(sum_graph(matrix_signature()))
    clean = {name: value for name, value in os.environ.items() if name != "ORT_DISABLE_TELEMETRY"}
    done = subprocess.run(
        [sys.executable, "-c", WATCH + code, str(tmp_path / "model.onnx")],
        cwd=REPOSITORY,
        env={**clean, **environment},
        stdout=subprocess.PIPE,
        check=True,
    )
    seen: dict[str, Any] = json.loads(done.stdout)
    return seen


@pytest.mark.parametrize("code", [RUN, SERVE], ids=["a session", "the service"])
def test_telemetry_is_off_before_onnxruntime_is_imported_and_nothing_connects(code: str, tmp_path: Path) -> None:
    assert what_was_seen(code, tmp_path) == {"connections": 0, "at_import": "1"}


def test_who_sets_the_variable_decides(tmp_path: Path) -> None:
    assert what_was_seen(RUN, tmp_path, ORT_DISABLE_TELEMETRY="true")["at_import"] == "true"
