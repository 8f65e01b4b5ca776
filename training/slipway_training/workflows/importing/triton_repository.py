"""A Triton model repository: the folder of one model, NUMBER/model.onnx in it, and config.pbtxt where there is one.

Of the config only what a graph cannot say itself is used: the file of the graph, and the names of the classes.
"""

from pathlib import Path

from slipway_ml.contract.signature import Label
from slipway_training.errors import ConfigError
from slipway_training.workflows.importing.foreign import Foreign, Hints, inside, load_graph, producer
from slipway_training.workflows.importing.pbtxt import Message, NotText, parse

CONFIG = "config.pbtxt"
_ONNX = {"", "onnxruntime", "onnxruntime_onnx"}


def versions(folder: Path) -> list[int]:
    """The numbered folders of a model, ascending."""
    return sorted(int(entry.name) for entry in folder.iterdir() if entry.is_dir() and entry.name.isdigit())


def is_model(folder: Path) -> bool:
    """Whether a folder is one model of a repository."""
    return (folder / CONFIG).is_file() or any((folder / str(n) / "model.onnx").is_file() for n in versions(folder))


def read_triton(folder: Path, version: int | None) -> Foreign:
    """The newest version or the one wanted; raises ConfigError."""
    config = _config(folder)
    others = {_word(config, name) for name in ("platform", "backend")} - _ONNX
    if others:
        raise ConfigError(f"{folder.name} is a model of {min(others)}; export it to ONNX and import that")
    known = versions(folder)
    if not known or (version is not None and version not in known):
        wanted = "no numbered folder" if version is None else f"no version {version}"
        raise ConfigError(f"{folder.name} has {wanted}; there are: {', '.join(map(str, known)) or 'none'}")
    number = known[-1] if version is None else version
    path = inside(folder, f"{number}/{_word(config, 'default_model_filename') or 'model.onnx'}")
    if not path.is_file():
        raise ConfigError(f"{folder.name} has no {number}/{path.name}; Slipway imports models in ONNX")
    model = load_graph(path)
    about = f"{producer(model)}, in a Triton repository"
    return Foreign(model, about, f"{folder.name}/{number}/{path.name}", Hints(labels=_labels(folder, config)))


def _config(folder: Path) -> Message:
    path = folder / CONFIG
    try:
        return parse(path.read_text("utf-8")) if path.is_file() else {}
    except NotText as error:
        raise ConfigError(f"{folder.name}/{CONFIG}, line {error.line} is not a Triton configuration") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{folder.name}/{CONFIG} is not text in UTF-8") from None


def _word(config: Message, name: str) -> str:
    """The last of its values, which is the one that counts; empty where there is none."""
    values = config.get(name) or [""]
    return values[-1] if isinstance(values[-1], str) else ""


def _labels(folder: Path, config: Message) -> tuple[Label, ...]:
    """The names of the classes, one a line, in a file that an output names."""
    outputs = [output for output in config.get("output", ()) if isinstance(output, dict)]
    files = [file for output in outputs if (file := _word(output, "label_filename"))]
    if not files:
        return ()
    try:
        return tuple(line for line in inside(folder, files[0]).read_text("utf-8").splitlines() if line)
    except (OSError, UnicodeDecodeError):
        raise ConfigError(f"{folder.name}/{CONFIG} names the labels {files[0]!r}, which cannot be read") from None
