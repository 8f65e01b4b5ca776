"""Subject: a graph that is in use already and is to be made smaller: a published version's, or an ONNX file's.

Nothing is fitted again. Of a version the exact graph is taken that it keeps as `exported`, whatever variant it serves;
a file is taken in as `slipway import` does it.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from slipway_ml.contract.evaluation import Evaluation, Score
from slipway_ml.contract.manifest import Finding
from slipway_ml.contract.parity import Parity
from slipway_ml.contract.profile import PROFILE_FILE, Profile, profile_from_json
from slipway_ml.contract.signature import Signature
from slipway_ml.contract.stored_document import UnreadableDocument
from slipway_ml.errors import DamagedVersion
from slipway_ml.registry.desired_state import CHAMPION
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_training.config import documents as configs
from slipway_training.config.model import ModelConfig
from slipway_training.data.lineage import Recipe, as_saved
from slipway_training.errors import ConfigError, closest
from slipway_training.optimizer.variants import EXPORTED
from slipway_training.progress import Progress
from slipway_training.workflows.importing.import_model import take_in
from slipway_training.workflows.importing.interface import Overrides

_REFERENCE = re.compile(r"(?P<name>[^@]+)(?:@(?P<which>.+))?")


@dataclass(frozen=True, slots=True)
class Subject:
    """The graph with everything known of it; `what` says in words which it is, `against` what it was compared against.

    `earlier` is the version it comes from, `recipe` how it came about where it comes from a file, `profile` what the
    rows were like that it was trained on or taken in with, where that is known.
    """

    what: str
    against: str
    graph: bytes
    signature: Signature
    config: ModelConfig
    metrics: tuple[Score, ...]
    parity: Parity
    about: str
    evaluation: Evaluation | None = None
    findings: tuple[Finding, ...] = ()
    earlier: StoredVersion | None = None
    recipe: Recipe | None = None
    profile: Profile | None = None


def stored(registry: Registry, reference: str) -> StoredVersion:
    """The version that `name`, `name@3` or `name@alias` says; raises ConfigError or RegistryError."""
    found = _REFERENCE.fullmatch(reference)
    name, which = (found["name"], found["which"]) if found else (reference, None)
    if not registry.versions(name):
        known = closest(name, registry.model_names())
        raise ConfigError(f"there is neither a model nor an .onnx file {name!r} ({registry.root} is looked in){known}")
    if which is not None and which.isdigit():
        return registry.read(name, int(which))
    aliases = registry.desired(name).aliases
    number = aliases.get(which or CHAMPION)
    if number is None:
        known = closest(which or CHAMPION, aliases)
        raise ConfigError(f"no version of {name!r} is called {which or CHAMPION!r}{known}; name one as {name}@NUMBER")
    return registry.read(name, number)


def of_version(version: StoredVersion, changes: tuple[str, ...]) -> Subject:
    """The exact graph of a version; `changes` are those of `--set`. Raises ConfigError or DamagedVersion."""
    manifest = version.manifest
    what = f"version {manifest.model_version} of {manifest.model_name}"
    file = next((one.file for one in manifest.variants if one.name == EXPORTED), None)
    is_exact = any(one.name == manifest.variant and one.guarantee == "exact" for one in manifest.variants)
    if file in manifest.files:
        graph = version.read_file(str(file))
    elif is_exact:
        graph = version.read_model()
    else:
        raise ConfigError(f"{what} keeps no exact graph to begin with; train or import it again")
    estimator = manifest.provenance.config.get("estimator", "")
    return Subject(
        what,
        manifest.parity.reference,
        graph,
        manifest.signature,
        configs.changed(manifest.provenance.config, changes),
        manifest.metrics,
        manifest.parity,
        f"{what}, {estimator['type'] if isinstance(estimator, dict) else estimator}".rstrip(", "),
        manifest.evaluation,
        manifest.findings,
        version,
        profile=_profile(version),
    )


def _profile(version: StoredVersion) -> Profile | None:
    """That of a version that has one; raises DamagedVersion."""
    manifest = version.manifest
    if PROFILE_FILE not in manifest.files:
        return None
    try:
        return profile_from_json(version.read_file(PROFILE_FILE))
    except UnreadableDocument as error:
        raise DamagedVersion(manifest.model_name, manifest.model_version, str(error)) from None


def of_file(
    path: Path,
    name: str,
    rows: tuple[pd.DataFrame, "pd.Series | None"],
    changes: tuple[str, ...],
    progress: Progress,
) -> Subject:
    """A graph that was made elsewhere, between typed inputs and outputs; raises SlipwayError."""
    try:
        trained, recipe = take_in(path, Overrides(), name=name, rows=rows, progress=progress)
    except ConfigError as error:
        raise ConfigError(f"{error} ('slipway import' has options for that; then optimize the model)") from None
    return Subject(
        path.name,
        trained.parity.reference,
        trained.graphs[EXPORTED],
        trained.signature,
        configs.changed(as_saved(trained.config), changes),
        trained.metrics,
        trained.parity,
        trained.candidate.about,
        trained.evaluation,
        recipe=recipe,
        profile=trained.candidate.profile,
    )
