"""What it costs to open a graph: milliseconds until it is ready, and the memory that it keeps.

Both are only true in a process that has done nothing else, so a small one is started that reads graphs from its input
and forks for each: python -m slipway_training.optimizer.footprint. Linux alone tells a process what memory it has.
"""

import ctypes
import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from onnx import TensorProto, helper

from slipway_training.export.assembly import IR_VERSION, TARGET

_STATUS = Path("/proc/self/smaps_rollup")
_TURNS = 3
_SECONDS = 300
_LENGTH = struct.Struct("<Q")


@dataclass(frozen=True, slots=True)
class Footprint:
    """`memory` in bytes of resident memory that the open graph adds, `load_ms` until it can run."""

    load_ms: float
    memory: int


def footprints(models: Sequence[bytes]) -> Sequence[Footprint | None]:
    """One for each graph, in order, the smallest of a few turns; None for all where the machine cannot tell."""
    if not _STATUS.exists():
        return [None] * len(models)
    sent = b"".join(_LENGTH.pack(len(model)) + model for model in (_nothing(), *models))
    command = [sys.executable, "-m", "slipway_training.optimizer.footprint"]
    try:
        done = subprocess.run(command, input=sent, capture_output=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return [None] * len(models)
    return [Footprint(**found) for found in json.loads(done.stdout)]


def _nothing() -> bytes:
    """A graph that does nothing."""
    value = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "nothing", value[:1], value[1:])
    opsets = [helper.make_opsetid(domain, version) for domain, version in TARGET.items()]
    model: bytes = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSION).SerializeToString()
    return model


def main() -> None:
    """Read graphs, each after its length, and write what each costs as JSON."""
    # onnxruntime is loaded once, before any fork, so that what is measured is the graph.
    from slipway_ml.runtime.session import OnnxSession  # noqa: PLC0415

    def once(model: bytes) -> dict[str, float]:
        release = ctypes.CDLL(None).malloc_trim
        release(0)
        before, start = _resident(), time.perf_counter()
        session = OnnxSession(model)
        load_ms = (time.perf_counter() - start) * 1e3
        release(0)
        found = {"load_ms": round(load_ms, 2), "memory": max(_resident() - before, 0)}
        del session
        return found

    first, *models = _read()
    OnnxSession(first)  # what onnxruntime sets up for the first graph of a process belongs to none
    found = []
    for model in models:
        turns = [_forked(partial(once, model)) for _ in range(_TURNS)]
        found.append({key: min(turn[key] for turn in turns) for key in ("load_ms", "memory")})
    sys.stdout.write(json.dumps(found))


def _read() -> list[bytes]:
    models = []
    while head := sys.stdin.buffer.read(_LENGTH.size):
        models.append(sys.stdin.buffer.read(_LENGTH.unpack(head)[0]))
    return models


def _forked(work: Callable[[], dict[str, float]]) -> dict[str, float]:
    """The result of work done in a fork of this process, which has no threads yet."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, json.dumps(work()).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as result:
        found: dict[str, float] = json.loads(result.read())
    os.waitpid(child, 0)
    return found


def _resident() -> int:
    """Of its own memory alone: pages of libraries come and go with what is used of them."""
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("Anonymous:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
