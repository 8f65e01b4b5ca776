"""A foreign model: a graph that came from elsewhere, and what is said of it beside it.

Whatever form it came in, a file, a Triton repository or an MLflow folder, it is one ONNX graph and hints. The hints say
what a graph cannot: names of columns, which may be missing, names of classes, an example.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import onnx
import pandas as pd
from google.protobuf.message import DecodeError
from onnx import ModelProto

from slipway_ml.contract.signature import Label
from slipway_training.errors import ConfigError

_OLDEST_OPSET = 9


@dataclass(frozen=True, slots=True)
class Hints:
    """What stands beside a graph, each empty where nothing does."""

    columns: tuple[str, ...] = ()
    nullable: frozenset[str] = frozenset()
    labels: tuple[Label, ...] = ()
    targets: tuple[str, ...] = ()
    example: pd.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Foreign:
    """The graph as it came, where from in words, and the hints."""

    model: ModelProto
    about: str
    source: str
    hints: Hints = field(default_factory=Hints)


def inside(folder: Path, name: str) -> Path:
    """The file that a description beside a graph names; raises ConfigError where it lies outside of the folder.

    A folder from elsewhere must not be able to publish this machine's files with the model, also not through a link.
    """
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ConfigError(f"{folder.name} names {name!r}, which lies outside of it; copy that file into the folder")
    return path


def load_graph(path: Path) -> ModelProto:
    """An ONNX file with its external weights, tidied: one opset per domain, constants are no inputs.

    Raises ConfigError in one sentence.
    """
    try:
        model: ModelProto = onnx.load(path)
    except FileNotFoundError as error:
        missing = Path(error.filename).name if error.filename else path.name
        raise ConfigError(f"there is no file {missing!r} in {str(path.parent)!r}, which the model needs") from None
    except (DecodeError, ValueError, OSError) as error:
        raise ConfigError(f"{path.name} is not an ONNX file ({type(error).__name__})") from error
    if not model.graph.output:
        raise ConfigError(f"{path.name} is not an ONNX file (it has no outputs)")
    opsets = {entry.domain: entry.version for entry in model.opset_import}
    if opsets.get("", _OLDEST_OPSET) < _OLDEST_OPSET:
        raise ConfigError(
            f"{path.name} is of opset {opsets['']}; bring it to {_OLDEST_OPSET} or newer with onnx.version_converter"
        )
    opsets.setdefault("", 19)
    del model.opset_import[:]
    model.opset_import.extend(onnx.helper.make_opsetid(domain, version) for domain, version in opsets.items())
    constants = {tensor.name for tensor in model.graph.initializer}
    for value in [value for value in model.graph.input if value.name in constants]:
        model.graph.input.remove(value)
    return model


def producer(model: ModelProto) -> str:
    """Who wrote the graph, in words."""
    name = " ".join(filter(None, (model.producer_name, model.producer_version)))
    return f"an ONNX graph written by {name}" if name else "an ONNX graph"


def plain(value: Any) -> Any:
    """A value of numpy as Python has it."""
    return value.item() if hasattr(value, "item") else value
