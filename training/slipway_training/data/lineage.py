"""Digests of everything that decides what a version predictions: data, config, code and libraries.

Of the code what only tells of a model is left out: another title of a plot is no reason to train again.

Equal recipe digests mean equal work, so a version that has one need not be trained again. Nothing heavy is imported
here: scikit-learn's data sets are digested as the files they come in, so that a look takes milliseconds.
"""

import hashlib
import json
import platform
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from slipway_ml.contract.manifest import Provenance
from slipway_ml.errors import RegistryError
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_training.config.data import DataConfig
from slipway_training.config.model import ModelConfig, TrainingConfig
from slipway_training.data.csv_file import read_bytes

LIBRARIES = ("numpy", "onnx", "pandas", "scikit-learn", "skl2onnx")
_EXTRAS = {"catboost": "catboost", "imblearn": "imbalanced-learn", "lightgbm": "lightgbm", "xgboost": "xgboost"}
"""Distributions by module, of the libraries that only some pipelines are made of."""

_WHAT_ONLY_TELLS = frozenset({"report", "cli", "progress.py", "__main__.py", "__init__.py"})
"""Of our sources those that show a model and never change one."""

_DATA_FILES = {
    "breast_cancer": ("breast_cancer.csv",),
    "diabetes": ("diabetes_data_raw.csv.gz", "diabetes_target.csv.gz"),
    "digits": ("digits.csv.gz",),
    "iris": ("iris.csv",),
    "wine": ("wine_data.csv",),
}


@dataclass(frozen=True, slots=True)
class Recipe:
    """The digests of one training run, and the config as it is saved with the model."""

    data_digest: str
    config_digest: str
    code_digest: str
    digest: str
    config: dict[str, Any]
    libraries: dict[str, str]


def recipe(config: TrainingConfig) -> Recipe:
    """Digest data, config, code and libraries; raises DataCheckFailed when the data cannot be read."""
    saved = as_saved(config)
    settings = _digest([_canonical({**saved, "data": {**saved["data"], "path": None}})])
    return _recipe(_digest([_data(config)]), settings, saved)


def as_saved(config: ModelConfig) -> dict[str, Any]:
    """The config as it is kept with a version."""
    saved = config.model_dump(mode="json", exclude_none=True)
    if isinstance(config, TrainingConfig):
        if not config.data.sources:
            del saved["data"]["sources"]
        if config.data.path is not None:
            saved["data"]["path"] = config.data.path.name  # where a file lay says nothing about the model
        if config.data.checks is not None:
            saved["data"]["checks"] = config.data.checks.name
    return saved


def _recipe(data: str, settings: str, saved: dict[str, Any], extras: Iterable[str] = ()) -> Recipe:
    code = _digest(file.read_bytes() for file in _code_files())
    libraries = {**{name: version(name) for name in (*LIBRARIES, *extras)}, "onnxruntime": _runtime_version()}
    both = _canonical([data, settings, code, libraries, platform.python_version()])
    return Recipe(data, settings, code, _digest([both]), saved, libraries)


def recipe_of_fitted(config: ModelConfig, about: str, data: bytes, graph: bytes, extras: Iterable[str] = ()) -> Recipe:
    """The same for a pipeline that came fitted: its graph stands for what is not known of how it was made.

    `extras` are distributions that it is made of beside scikit-learn.
    """
    saved = {**as_saved(config), "estimator": about}
    return _recipe(_digest([data]), _digest([_canonical(saved), graph]), saved, extras)


def recipe_of_optimized(config: ModelConfig, earlier: Provenance, graph: bytes) -> Recipe:
    """The same for a graph that was made smaller: data as it was, `config` as it is now, the graph for the rest."""
    about = earlier.config.get("estimator")
    saved = as_saved(config) if isinstance(config, TrainingConfig) else {**as_saved(config), "estimator": about}
    return _recipe(earlier.data_digest, _digest([_canonical(saved), graph]), saved)


def extras_of(pipeline: Any) -> list[str]:
    """The distributions beside scikit-learn that the steps of a pipeline come from."""
    parts = [pipeline, *pipeline.get_params(deep=True).values()]
    modules = {type(part).__module__.partition(".")[0] for part in parts}
    return sorted(_EXTRAS[module] for module in modules & _EXTRAS.keys())


def find_equal(registry: Registry, model_name: str, wanted: Recipe) -> StoredVersion | None:
    """The newest whole version that came from the same recipe, if there is one."""
    for number in reversed(registry.versions(model_name)):
        try:
            stored = registry.read(model_name, number)
            if stored.manifest.provenance.recipe_digest == wanted.digest:
                for name in stored.manifest.files:
                    stored.read_file(name)
                return stored
        except RegistryError:
            continue
    return None


def _runtime_version() -> str:
    """Onnxruntime comes in two distributions; asked of their metadata, because importing it takes its time."""
    for distribution in ("onnxruntime", "onnxruntime-gpu"):
        with suppress(PackageNotFoundError):
            return version(distribution)
    return ""


def _data(config: TrainingConfig) -> bytes:
    if config.data.source == "csv":
        return read_bytes(config.data.path)
    if config.data.source == "sources":
        return _tables(config.data)
    spec = find_spec("sklearn")
    folder = Path(str(spec.origin)).parent / "datasets" / "data" if spec is not None else Path()
    return b"".join((folder / name).read_bytes() for name in _DATA_FILES[config.data.source])


def _tables(data: DataConfig) -> bytes:
    from slipway_training.data.joining import cache, reading  # noqa: PLC0415  # only where tables are joined

    kept = cache.Cache(data.cache)
    return _canonical([[source.name, reading.digest(kept, source)] for source in data.sources])


def _code_files() -> list[Path]:
    """The sources that decide the graph, in an order that does not depend on where they lie; new rooms count."""
    training = Path(__file__).parents[1]
    contract = Path(str(_origin("slipway_ml.contract"))).parent
    known = [
        path for path in sorted(training.rglob("*.py")) if path.relative_to(training).parts[0] not in _WHAT_ONLY_TELLS
    ]
    return [*sorted(contract.rglob("*.py")), *known]


def _origin(module: str) -> str | None:
    spec = find_spec(module)
    return spec.origin if spec is not None else None


def _canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, ensure_ascii=False).encode()


def _digest(parts: Iterable[bytes]) -> str:
    whole = hashlib.sha256()
    for part in parts:
        whole.update(hashlib.sha256(part).digest())
    return whole.hexdigest()
