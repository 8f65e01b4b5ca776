"""find(path) -> Foreign: which of the forms a path is, by looking at what lies there."""

from pathlib import Path

from slipway_training.errors import ConfigError
from slipway_training.workflows.importing.foreign import Foreign, load_graph, producer
from slipway_training.workflows.importing.mlflow_folder import MLMODEL, read_mlflow
from slipway_training.workflows.importing.triton_repository import is_model, read_triton


def find(path: Path, version: int | None = None) -> Foreign:
    """An ONNX file, an MLflow folder, or one model of a Triton repository; raises ConfigError in one sentence.

    `version` is which of a Triton model's versions; the newest when left out.
    """
    if path.is_file():
        model = load_graph(path)
        return Foreign(model, producer(model), path.name)
    if not path.is_dir():
        raise ConfigError(f"there is nothing at {str(path)!r}; give an ONNX file, a Triton model or an MLflow folder")
    if (path / MLMODEL).is_file():
        return read_mlflow(path)
    if is_model(path):
        return read_triton(path, version)
    models = sorted(entry for entry in path.iterdir() if entry.is_dir() and is_model(entry))
    if len(models) == 1:
        return read_triton(models[0], version)
    if models:
        names = ", ".join(entry.name for entry in models[:20])
        raise ConfigError(f"{path.name} holds several models ({names}); give the folder of one of them")
    graphs = sorted(path.glob("*.onnx"))
    if len(graphs) == 1:
        return find(graphs[0])
    raise ConfigError(
        f"{path.name} is no model: neither MLmodel, nor config.pbtxt with NUMBER/model.onnx, nor one ONNX file is in it"
    )
