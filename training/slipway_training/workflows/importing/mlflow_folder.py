"""An MLflow model folder: MLmodel says which file is the graph, and often a signature and an example beside it."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from slipway_training.errors import ConfigError
from slipway_training.workflows.importing.foreign import Foreign, Hints, inside, load_graph, producer

MLMODEL = "MLmodel"


def read_mlflow(folder: Path) -> Foreign:
    """The ONNX flavour of the folder; raises ConfigError."""
    try:
        document = yaml.safe_load((folder / MLMODEL).read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        document = None
    flavors = document.get("flavors") if isinstance(document, dict) else None
    if not isinstance(flavors, dict):
        raise ConfigError(f"{folder.name}/{MLMODEL} is not what MLflow writes; save the model with mlflow.onnx")
    flavor = flavors.get("onnx")
    if not isinstance(flavor, dict):
        others = ", ".join(sorted(map(str, flavors.keys() - {"python_function"}))) or "none"
        raise ConfigError(
            f"{folder.name} has no ONNX in it but {others}; save it with mlflow.onnx.save_model, or publish a "
            "scikit-learn pipeline with slipway export"
        )
    path = inside(folder, str(flavor.get("data", "model.onnx")))
    model = load_graph(path)
    about = f"{producer(model)}, in an MLflow folder"
    return Foreign(model, about, f"{folder.name}/{path.name}", _hints(folder, document))


def _hints(folder: Path, document: dict[str, Any]) -> Hints:
    signature = document.get("signature") or {}
    inputs, outputs = (_specs(folder, signature.get(side)) for side in ("inputs", "outputs"))
    columns = tuple(str(spec["name"]) for spec in inputs if spec.get("type") != "tensor" and "name" in spec)
    nullable = frozenset(str(spec["name"]) for spec in inputs if spec.get("required") is False and "name" in spec)
    targets = tuple(str(spec["name"]) for spec in outputs if spec.get("type") != "tensor" and "name" in spec)
    example = _example(folder, document.get("saved_input_example_info") or {})
    if not columns and example is not None:
        columns = tuple(map(str, example.columns))
    return Hints(columns=columns, nullable=nullable, targets=targets, example=example)


def _specs(folder: Path, text: Any) -> list[dict[str, Any]]:
    try:
        found = json.loads(text) if text else []
    except (TypeError, ValueError):
        raise ConfigError(f"the signature in {folder.name}/{MLMODEL} cannot be read; save the model again") from None
    return [spec for spec in found if isinstance(spec, dict)] if isinstance(found, list) else []


def _example(folder: Path, info: dict[str, Any]) -> pd.DataFrame | None:
    """The example as a table, where it is one with names; MLflow writes these as JSON in the form `split`."""
    if info.get("type") != "dataframe":
        return None
    path = inside(folder, str(info.get("artifact_path", "input_example.json")))
    try:
        document = json.loads(path.read_text("utf-8"))
        return pd.DataFrame(document["data"], columns=[str(name) for name in document["columns"]])
    except (OSError, ValueError, KeyError, TypeError):
        return None  # an example is a help and no more
