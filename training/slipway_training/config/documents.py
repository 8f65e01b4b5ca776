"""A config as a document: read by shipped name or path, changed by `--data` and `--set`, validated.

An error names the key and what is allowed, in one sentence.
"""

import tomllib
from collections.abc import Sequence
from copy import deepcopy
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from slipway_training.config.model import ModelConfig, TrainingConfig
from slipway_training.errors import ConfigError, closest

_Config = TypeVar("_Config", bound=ModelConfig)


def shipped() -> dict[str, Traversable]:
    """The configs that come with Slipway, by name."""
    folder = files("slipway_training") / "configs"
    found = {entry.name.removesuffix(".toml"): entry for entry in folder.iterdir() if entry.name.endswith(".toml")}
    return dict(sorted(found.items()))


def load(reference: str, data: Path | None = None, changes: Sequence[str] = ()) -> TrainingConfig:
    """Read a config by shipped name or path, with the options of the command applied; raises ConfigError."""
    document, folder = _read(reference)
    for change in changes:
        _apply(document, change)
    config = parse(document)
    if folder is not None:
        config = config.model_copy(update={"data": config.data.below(folder)})
    if data is not None:
        if config.data.source not in {"csv", "sources"}:
            raise ConfigError(
                f"--data is for configs of a CSV or of tables, and {reference} reads {config.data.source}"
            )
        if config.data.source == "sources" and not data.is_dir():
            raise ConfigError(f"--data is the folder in which the tables of {reference} lie, and {str(data)!r} is none")
        return config.model_copy(update={"data": config.data.given(data)})
    return config


def parse(document: dict[str, Any]) -> TrainingConfig:
    """Validate what a TOML file holds; raises ConfigError with the first problem in one sentence."""
    return _validated(TrainingConfig, document)


def changed(document: dict[str, Any], changes: Sequence[str] = ()) -> ModelConfig:
    """A config as it is kept with a version, with changes as `--set` makes them; raises ConfigError.

    A version that came fitted says in words what its estimator is, which is no part of a config. A pin spoke of the
    variants of another run.
    """
    own = deepcopy(document)
    own.get("optimize", {}).pop("pin", None)
    for change in changes:
        _apply(own, change)
    if "data" in own:
        return parse(own)
    own.pop("estimator", None)
    return for_fitted(own)


def for_fitted(document: dict[str, Any]) -> ModelConfig:
    """Validate what was said of a pipeline that is fitted already; raises ConfigError."""
    return _validated(ModelConfig, document)


def _validated(model: type[_Config], document: dict[str, Any]) -> _Config:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        problems = error.errors(include_url=False)
        # A misspelt key also leaves the right one missing; the misspelling is the cause.
        problems.sort(key=lambda problem: problem["type"] != "extra_forbidden")
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        raise ConfigError(f"config: {_sentence(problems[0])}{more}") from None


def _read(reference: str) -> tuple[dict[str, Any], Path | None]:
    known = shipped()
    path = Path(reference)
    if reference in known and not path.is_file():
        return tomllib.loads(known[reference].read_text("utf-8")), None
    try:
        return tomllib.loads(path.read_text("utf-8")), path.parent
    except (FileNotFoundError, NotADirectoryError):
        raise ConfigError(
            f"no config {reference!r}: neither a file nor one of the shipped {', '.join(known)}"
        ) from None
    except OSError as error:
        raise ConfigError(f"config {reference!r} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"config {reference!r} is not TOML: {error}") from None


def _apply(document: dict[str, Any], change: str) -> None:
    key, equals, text = change.partition("=")
    *parents, last = key.strip().split(".")
    if not equals or not last:
        raise ConfigError(f"--set {change!r} is not of the form section.key=VALUE")
    try:
        value = tomllib.loads(f"value = {text.strip()}")["value"]
    except tomllib.TOMLDecodeError:
        raise ConfigError(f"--set {key.strip()}: the value is no TOML literal; text needs quotes of its own") from None
    section = document
    for parent in parents:
        section = section.setdefault(parent, {})
        if not isinstance(section, dict):
            raise ConfigError(f"--set {key.strip()}: {parent!r} is a value, not a section")
    section[last] = value


def _sentence(problem: ErrorDetails) -> str:
    where = ".".join(map(str, problem["loc"]))
    match problem["type"]:
        case "extra_forbidden":
            *parents, last = map(str, problem["loc"])
            return f"unknown key '{where}'{closest(last, _keys(parents))}"
        case "missing":
            return f"'{where}' is missing"
        case "value_error":
            return str(problem["msg"]).removeprefix("Value error, ")
        case _:
            message = str(problem["msg"]).removeprefix("Input should be ")
            return f"'{where}' must be {message}"


def _keys(parents: Sequence[str]) -> list[str]:
    model: type[BaseModel] = TrainingConfig
    for parent in parents:
        annotation: Any = model.model_fields[parent].annotation
        annotation, *_ = get_args(annotation) or (annotation,)  # a section, or a section or none
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            return []
        model = annotation
    return list(model.model_fields)
