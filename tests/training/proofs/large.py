"""Large forests from the fit to a running service: in what time, and in how much memory.

Run as a program it drafts a config for --rows rows as `slipway init` does and trains it, and fits a forest of --nodes
nodes, fully grown, and publishes it. Each runs in a process of its own, whose tree is watched, and is then loaded by a
server. It fails where publishing takes more than the fit and 30 s, or more memory beside the fitted model than three
times its bytes as one node of the usual operator and 1 GiB, or where loading peaks at more than 1.3 times what stays.
"""

import argparse
import json
import os
import subprocess
import sys
import sysconfig
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from slipway_loadtests.http import get_json
from slipway_loadtests.service import running, slipway_command
from slipway_ml.registry.store import MODEL_FILE, Registry
from slipway_training.candidate import Fitted
from slipway_training.config import documents as configs
from slipway_training.workflows import train

NAME = "jewels"
_SLIPWAY = str(Path(sysconfig.get_path("scripts"), "slipway"))
_ROWS = 50_000
_LEARNT = 0.8 * 0.63
"""Of the rows, how many different ones a tree learns from."""

_MIB = 2**20
_SECONDS = 30.0
_TIMES = 3
_ROOM = 1024.0
_PEAK = 1.3
_NODE_BYTES = 34
"""What a node takes in the usual export: skl2onnx writes 340 MB for ten million of them."""

_WIDTH = 110
_HEADINGS = ("nodes", "fit s", "publish s", "MiB more", "file MiB", "ready s", "peak MiB", "stays MiB")
_CLEAR = Path("/proc/self/clear_refs")
"""Written to, the peak of memory begins anew."""


@dataclass(frozen=True, slots=True)
class Published:
    """Times in seconds of one processor, `memory` in MiB beside the fitted model, `size` of the file in bytes."""

    nodes: int
    fit: float
    publish: float
    memory: float
    size: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """Seconds until a server is ready, and its memory in MiB: the peak, and what stays."""

    seconds: float
    peak: float
    stays: float


def jewels(rows: int, target: str) -> pd.DataFrame:
    """A table like that of 54,000 diamonds, with the price or whether they were sold, the same for equal arguments."""
    random = np.random.default_rng(0)
    carat = np.round(0.2 + random.gamma(1.6, 0.4, rows), 2)
    cut, color, clarity = (random.integers(0, count, rows) for count in (5, 7, 8))
    size = 6.5 * np.cbrt(carat)
    price = 4000 * carat**1.7 * (1 + 0.06 * cut + 0.08 * color + 0.12 * clarity) * np.exp(random.normal(0, 0.1, rows))
    sold = np.where(price * np.exp(random.normal(0, 0.4, rows)) < np.median(price), "yes", "no")
    return pd.DataFrame(
        {
            "carat": carat,
            "cut": np.array(["Fair", "Good", "Very Good", "Premium", "Ideal"])[cut],
            "color": np.array(list("JIHGFED"))[color],
            "clarity": np.array(["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"])[clarity],
            "depth": np.round(random.normal(61.7, 1.4, rows), 1),
            "table": np.round(random.normal(57.5, 2.2, rows)),
            "x": np.round(size + random.normal(0, 0.05, rows), 2),
            "y": np.round(size + random.normal(0, 0.05, rows), 2),
            "z": np.round(0.62 * size + random.normal(0, 0.05, rows), 2),
            target: np.round(price) if target == "price" else sold,
        }
    )


def draft(rows: int, target: str, folder: Path) -> Path:
    """The config that `slipway init` drafts for so many rows."""
    table = folder / f"{NAME}.csv"
    jewels(rows, target).to_csv(table, index=False)
    subprocess.run([_SLIPWAY, "init", str(table), "--target", target], check=True, stdout=subprocess.DEVNULL)
    return folder / f"{NAME}.toml"


def fully_grown(nodes: int, folder: Path) -> Path:
    """A config with as many trees, down to single rows, as have so many nodes."""
    config = draft(_ROWS, "price", folder)
    trees = max(2, round(nodes / (2 * _ROWS * _LEARNT)))
    drafted, _, _ = config.read_text(encoding="utf-8").partition("parameters =")
    config.write_text(f"{drafted}parameters = {{ n_estimators = {trees}, random_state = 0 }}\n", encoding="utf-8")
    return config


def publish(config: Path, models: Path) -> Published:
    """Train and publish in this process; the peak is watched from the end of the fit."""
    took, fitted = {"": _seconds()}, 0.0

    def progress(step: str, result: str) -> None:
        nonlocal fitted
        took[step] = _seconds()
        sys.stderr.write(f"  {step:<13} {result[:90]:<90} {took[step] - took['']:6.1f} s {_memory('VmRSS'):6.0f} MiB\n")
        if step == "fit":
            fitted = _memory("VmRSS")
            _CLEAR.write_text("5", encoding="ascii")

    outcome = train.run(configs.load(str(config)), Registry(models), progress)
    peak, candidate = _memory("VmHWM"), outcome.trained.candidate
    assert isinstance(candidate, Fitted)
    return Published(
        nodes=sum(tree.tree_.node_count for tree in candidate.pipeline[-1].estimators_),
        fit=took["fit"] - took["split"],
        publish=took["publish"] - took["fit"],
        memory=peak - fitted,
        size=outcome.version.manifest.files[MODEL_FILE].size,
    )


def load(models: Path) -> Loaded:
    """A server of its own, with everything that it loads after the models too."""
    with running(slipway_command(models)) as server:
        get_json(f"{server.url}/openapi.json")
        status = Path(f"/proc/{server.process.pid}/status")
        return Loaded(server.ready_after, _memory("VmHWM", status), _memory("VmRSS", status))


def problems(found: Published, loaded: Loaded) -> list[str]:
    """Which of the promises are broken, in words."""
    memory = _TIMES * found.nodes * _NODE_BYTES / _MIB + _ROOM
    limits = {
        f"publishing took {found.publish:.0f} s": (found.publish, found.fit + _SECONDS),
        f"publishing took {found.memory:.0f} MiB": (found.memory, memory),
        f"loading peaked at {loaded.peak:.0f} MiB": (loaded.peak, _PEAK * loaded.stays),
    }
    return [f"{what}, {limit:.0f} allowed" for what, (measured, limit) in limits.items() if measured > limit]


def _seconds() -> float:
    """Of processor time, the children's too: other work on the machine is then not blamed on this."""
    return sum(os.times()[:4])


def _memory(field: str, status: Path = Path("/proc/self/status")) -> float:
    """MiB: VmRSS is what a process has now, VmHWM the most that it had."""
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1024


def _child(config: Path, models: Path) -> Published:
    command = [sys.executable, "-W", "ignore", "-m", "tests.training.proofs.large", "--child", str(config), str(models)]
    return Published(**json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def main() -> int:
    """Draft, fit, publish and load, and say by the exit code whether the promises hold."""
    parser = argparse.ArgumentParser(prog="scripts/prove large", description=__doc__)
    parser.add_argument("--rows", type=int, default=54_000, help="rows of the table that a config is drafted for")
    parser.add_argument("--nodes", type=int, nargs="*", default=[500_000], help="nodes of the fully grown forests")
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        sys.stdout.write(json.dumps(asdict(publish(*given.child))))
        return 0
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in (
        "forest",
        "nodes",
        "fit s",
        "publish s",
        "MiB more",
        "file MiB",
        "ready s",
        "peak MiB",
        "stays MiB",
    ):
        table.add_column(heading, justify="left" if heading == "forest" else "right", no_wrap=True)
    broken = []
    drafted = [(f"drafted, {target}", target, 0) for target in ("price", "sold")]
    for name, target, nodes in (*drafted, *(("fully grown", "price", nodes) for nodes in given.nodes)):
        with tempfile.TemporaryDirectory(prefix="slipway-") as place:
            folder = Path(place)
            config = fully_grown(nodes, folder) if nodes else draft(given.rows, target, folder)
            found = _child(config, folder / "models")
            loaded = load(folder / "models")
        broken += [f"{name}: {problem}" for problem in problems(found, loaded)]
        times = f"{found.fit:.1f}", f"{found.publish:.1f}", f"{found.memory:.0f}", f"{found.size / _MIB:.1f}"
        table.add_row(
            name, f"{found.nodes:,}", *times, f"{loaded.seconds:.1f}", f"{loaded.peak:.0f}", f"{loaded.stays:.0f}"
        )
    console = Console(width=_WIDTH)
    console.print(table)
    for problem in broken:
        console.print(f"[red]broken[/red]: {problem}")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
