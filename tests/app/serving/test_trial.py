"""Versions that nobody vouches for are tried in a process of their own, which is ended where they do not end."""

import os
from collections.abc import Callable
from pathlib import Path

from slipway_ml.errors import DamagedVersion
from slipway_ml.protocol.limits import ContentLimits
from slipway_ml.registry.store import StoredVersion
from slipway_ml.runtime.providers import CPU_PROVIDER
from slipway_ml.serving.batcher import QueueLimits
from slipway_ml.serving.options import ServingOptions
from slipway_ml.serving.trial import Trial
from tests.claims import for_each
from tests.factories import publish, slow_signature, with_golden_row
from tests.graphs import allocating_graph, looping_graph

ENDLESS = 1e15
MORE_THAN_ALLOWED = 1e9
"""In floats of four bytes each."""


def tried(stored: StoredVersion, seconds: float = 2.0) -> str:
    """The reason why the trial refuses it, empty where it passes."""
    options = ServingOptions([CPU_PROVIDER], "cpu", 1, QueueLimits(1, 1), 10.0, ContentLimits())
    try:
        Trial(options, seconds)(stored)
    except DamagedVersion as error:
        return error.reason
    return ""


def test_good_version_passes(tmp_path: Path) -> None:
    assert tried(publish(tmp_path), seconds=60.0) == ""


@for_each(
    "graph, golden, reason",
    {
        "a golden row without end": (looping_graph, ENDLESS, "more than 2 s of processor time"),
        "memory without end": (allocating_graph, MORE_THAN_ALLOWED, "onnxruntime failed while running the graph"),
    },
)
def test_version_that_takes_too_much_is_refused(
    tmp_path: Path, graph: Callable[..., bytes], golden: float, reason: str
) -> None:
    signature = slow_signature(1.0)
    stored = publish(tmp_path / graph.__name__, "m", signature, graph(signature), with_golden_row(golden))

    assert reason in tried(stored)


def _with_another_name(folder: Path) -> None:
    os.link(folder / "model.onnx", folder.parent / "elsewhere.onnx")


@for_each(
    "change, reason",
    {
        "a file more": (lambda folder: (folder / "data.bin").touch(), "holds data.bin, which the manifest does not"),
        "a folder more": (lambda folder: (folder / "data").mkdir(), "holds data, which the manifest does not name"),
        "a pipe": (lambda folder: os.mkfifo(folder / "pipe"), "holds pipe, which the manifest does not name"),
        "another name": (_with_another_name, "model.onnx is not a regular file, or has another name elsewhere"),
    },
)
def test_folder_may_hold_only_what_its_manifest_names(
    tmp_path: Path, change: Callable[[Path], None], reason: str
) -> None:
    stored = publish(tmp_path / reason.replace("/", ""))
    change(stored.folder)

    assert reason in tried(stored)
