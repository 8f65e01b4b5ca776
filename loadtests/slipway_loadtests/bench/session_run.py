"""What onnxruntime alone takes for a body's rows: the part of a request that no server can save.

The file that the service has chosen runs in a process of its own, on the server's core, with the numbers of the very
bodies that were posted, one run after the other, and nothing else between.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from slipway_loadtests.bench.rounds import Prepared
from slipway_loadtests.errors import CannotRun
from slipway_loadtests.http import get_json

_RUN = """
import os, sys, time
os.environ["ORT_DISABLE_TELEMETRY"] = "1"
import numpy, onnxruntime
model, bodies, head, rows, seconds = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:])
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
name = session.get_inputs()[0].name
matrices = []
with open(bodies, "rb") as file:
    while line := file.readline():
        matrices.append(numpy.frombuffer(file.read(int(line))[head:]).reshape(rows, -1))
for matrix in matrices:
    session.run(None, {name: matrix})
runs, began, until = 0, time.process_time(), time.perf_counter() + seconds
while time.perf_counter() < until:
    session.run(None, {name: matrices[runs % len(matrices)]})
    runs += 1
print((time.process_time() - began) / runs * 1e6)
"""


def run_cpu_us(url: str, models: Path, name: str, prepared: Prepared, pin: Sequence[str], rounds: int) -> float:
    """CPU µs of a run, the median of so many seconds of them; `prepared` are bodies that hold numbers as bytes."""
    metadata = get_json(f"{url}/v2/models/{name}")
    head = int(next(iter(prepared.headers.values())))
    version, variant = metadata["versions"][-1], metadata["parameters"]["variant"]
    folder = models / name / version
    file = next((f for f in (folder / "variants" / f"{variant}.onnx", folder / "model.onnx") if f.exists()), None)
    if file is None:
        raise CannotRun(f"{folder} holds no graph; the service may serve another folder than {models}")
    arguments = [str(file), str(prepared.bodies), str(head), str(prepared.workload.rows), "1"]
    return median(_measure([*pin, sys.executable, "-c", _RUN, *arguments]) for _ in range(rounds))


def _measure(command: Sequence[str]) -> float:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotRun(f"onnxruntime alone cannot run the model: {done.stderr.strip()[-200:]}")
    return float(json.loads(done.stdout))
