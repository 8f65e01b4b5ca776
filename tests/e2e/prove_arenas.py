"""What onnxruntime's memory settings cost and save: microseconds of a run and private memory of 20 sessions each.

Each setting has a process of its own that opens 20 sessions of a graph and runs each at 1, 64 and 1,000 rows, which
is when an arena takes its memory. Latencies are the fastest tenth of runs, the settings in turn; memory is what the
sessions and their runs have added. `served` is what the service uses.

usage: python -m tests.e2e.prove_arenas [--rounds N]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from functools import cache
from statistics import median
from typing import Any

# isort: off
import slipway_ml.runtime.telemetry  # noqa: F401  # must come before onnxruntime
import onnxruntime as ort

# isort: on
import itertools

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from slipway_loadtests.bench.machine import two_cores
from slipway_loadtests.bench.process_tree import memory

_SESSIONS = 20
_ROWS = (1, 64, 1000)
_RUNS = 60


def _no_arena(options: ort.SessionOptions) -> None:
    options.enable_cpu_mem_arena = False


def _no_pattern(options: ort.SessionOptions) -> None:
    options.enable_cpu_mem_arena = False
    options.enable_mem_pattern = False


@cache
def _register_arena() -> None:
    information = ort.OrtMemoryInfo("Cpu", ort.OrtAllocatorType.ORT_ARENA_ALLOCATOR, 0, ort.OrtMemType.DEFAULT)
    ort.create_and_register_allocator(information, None)


def _shared(options: ort.SessionOptions) -> None:
    _register_arena()
    options.add_session_config_entry("session.use_env_allocators", "1")


def _no_prepacking(options: ort.SessionOptions) -> None:
    options.enable_cpu_mem_arena = False
    options.add_session_config_entry("session.disable_prepacking", "1")


def _arena(_options: ort.SessionOptions) -> None:
    """As onnxruntime has it unless told otherwise."""


SETTINGS: dict[str, Callable[[ort.SessionOptions], None]] = {
    "served: no arena": _no_arena,
    "an arena per session": _arena,
    "one arena for all": _shared,
    "no arena, no pattern": _no_pattern,
    "no arena, no packing": _no_prepacking,
}
GRAPHS: dict[str, tuple[int, ...]] = {
    "linear 30-2": (30, 2),
    "network 64-256-10": (64, 256, 10),
    "network 64-1024-1024-10": (64, 1024, 1024, 10),
}


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--measure", nargs=2, metavar=("GRAPH", "SETTING"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(_measure(*given.measure)))
        return 0
    print(
        f"{'graph':24} {'setting':22} {'MiB a session':>14} " + " ".join(f"{f'{rows} rows, µs':>14}" for rows in _ROWS)
    )
    for graph in GRAPHS:
        found: dict[str, list[dict[str, Any]]] = {setting: [] for setting in SETTINGS}
        for _ in range(given.rounds):
            for setting, results in found.items():
                results.append(_in_process(graph, setting))
        for setting, results in found.items():
            each = median(result["mib"] for result in results)
            times = [median(result["us"][place] for result in results) for place in range(len(_ROWS))]
            print(f"{graph:24} {setting:22} {each:14.2f} " + " ".join(f"{micros:14.1f}" for micros in times))
    return 0


def _in_process(graph: str, setting: str) -> dict[str, Any]:
    pin = ["taskset", "--cpu-list", str(two_cores()[0])]
    command = [*pin, sys.executable, "-m", "tests.e2e.prove_arenas", "--measure", graph, setting]
    found: dict[str, Any] = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    return found


def _measure(graph: str, setting: str) -> dict[str, Any]:
    content = _network(GRAPHS[graph])
    batches = [np.random.default_rng(0).normal(size=(rows, GRAPHS[graph][0])).astype(np.float32) for rows in _ROWS]
    _open(content, setting).run(None, {"X": batches[0]})
    before = _private()
    sessions = [_open(content, setting) for _ in range(_SESSIONS)]
    for session in sessions:
        for batch in batches:
            session.run(None, {"X": batch})
    grown = _private() - before
    return {"mib": grown / _SESSIONS, "us": [_microseconds(sessions[0], batch) for batch in batches]}


def _open(content: bytes, setting: str) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    SETTINGS[setting](options)
    return ort.InferenceSession(content, options, providers=["CPUExecutionProvider"])


def _microseconds(session: ort.InferenceSession, batch: np.ndarray[Any, Any]) -> float:
    times = []
    for _ in range(_RUNS):
        started = time.perf_counter()
        session.run(None, {"X": batch})
        times.append(time.perf_counter() - started)
    return sorted(times)[_RUNS // 10] * 1e6


def _private() -> float:
    return memory(os.getpid()).private_mib


def _network(widths: tuple[int, ...]) -> bytes:
    """Dense layers with ReLU between them, of random weights."""
    random = np.random.default_rng(0)
    nodes, weights, last = [], [], "X"
    for number, (inside, outside) in enumerate(itertools.pairwise(widths)):
        is_last = number == len(widths) - 2
        weights += [
            numpy_helper.from_array(random.normal(size=(inside, outside)).astype(np.float32), f"w{number}"),
            numpy_helper.from_array(random.normal(size=outside).astype(np.float32), f"b{number}"),
        ]
        nodes.append(helper.make_node("Gemm", [last, f"w{number}", f"b{number}"], ["Y" if is_last else f"h{number}"]))
        last = f"h{number}"
        if not is_last:
            nodes.append(helper.make_node("Relu", [last], [f"r{number}"]))
            last = f"r{number}"
    graph = helper.make_graph(nodes, "network", [_floats("X", widths[0])], [_floats("Y", widths[-1])], weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _floats(name: str, width: int) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, width])


if __name__ == "__main__":
    sys.exit(main())
