"""What is served now: model name → version → Servable, and which version is the default.

Readers look things up in plain dictionaries that are never changed; a change builds new ones and swaps them in one
assignment, so a request sees the old table or the new one and keeps the Servable it got.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from slipway_ml.errors import ModelNotFound, ModelNotReady, NoChampion, VersionNotFound
from slipway_ml.serving.servable import Servable


class VersionState(StrEnum):
    """The state of a version in one process, in the words of the model repository extension."""

    READY = "READY"
    LOADING = "LOADING"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class NotServed:
    """The state of a wanted version that is not served, and why it is not, in words."""

    state: VersionState
    reason: str


LOADING = NotServed(VersionState.LOADING, "is still loading")


@dataclass(frozen=True, slots=True)
class ServedModel:
    """The state of one wanted model.

    `versions` are loaded and have passed their golden rows. `default` is the version used when none is named, None
    while there is none. `waiting` maps wanted versions that are not served to their state and its reason. `degraded`
    says that the default is an older champion because the wanted one cannot be used. `settled` says that loading is
    over, for good or bad, `overdue` that it takes so long that the readiness of the others no longer waits for it.
    """

    name: str
    versions: Mapping[str, Servable] = field(default_factory=dict)
    default: str | None = None
    waiting: Mapping[str, NotServed] = field(default_factory=dict)
    degraded: bool = False
    settled: bool = False
    overdue: bool = False
    generation: int = 0


class ModelTable:
    """The table of one process."""

    def __init__(self) -> None:
        self._models: Mapping[str, ServedModel] = MappingProxyType({})
        self._was_ready = False
        self.without_champion: frozenset[str] = frozenset()
        """Models with published versions of which none is the champion, whatever other aliases there are."""

    @property
    def models(self) -> Mapping[str, ServedModel]:
        """A snapshot: name → state, in order of name."""
        return self._models

    def put(self, model: ServedModel) -> None:
        """Add or replace one model."""
        merged = {**self._models, model.name: model}
        self._models = MappingProxyType(dict(sorted(merged.items())))

    def remove(self, name: str) -> None:
        """Stop serving a model; requests under way keep their Servable."""
        self._models = MappingProxyType({key: value for key, value in self._models.items() if key != name})

    def get(self, name: str) -> ServedModel:
        """The state of a model; raises ModelNotFound."""
        model = self._models.get(name)
        if model is None:
            raise self._not_found(name)
        return model

    def resolve(self, name: str, version: str | None = None) -> Servable:
        """The Servable for a request; raises ModelNotFound, VersionNotFound or ModelNotReady."""
        model = self._models.get(name)
        if model is None:
            raise self._not_found(name)
        wanted = version or model.default
        servable = model.versions.get(wanted) if wanted else None
        if servable is not None:
            return servable
        if version is not None and version not in model.waiting:
            raise VersionNotFound(name, list(model.versions))
        if version is None and name in self.without_champion:
            raise NoChampion(name)
        state = "cannot be loaded; see the server's log" if model.settled else "is still loading; try again shortly"
        raise ModelNotReady(f"model {name!r} {state}")

    def _not_found(self, name: str) -> ModelNotFound:
        return NoChampion(name) if name in self.without_champion else ModelNotFound()

    def is_ready(self) -> bool:
        """Whether loading the models wanted at start is over, and one is served; after that, whether one is.

        No model that cannot be served, now or at start, may take a replica away from the callers of the others.
        """
        models = self._expected()
        is_over = self._was_ready or all(model.settled or model.overdue for model in models)
        self._was_ready = is_over and any(model.default for model in models)
        return self._was_ready

    def why_not_ready(self) -> str:
        """What readiness waits for, in one sentence."""
        if not self._expected():
            return "no model is served: the models folder has none with a champion"
        missing = [model.name for model in self._expected() if not model.default]
        loading = [name for name in missing if not self._models[name].settled]
        return f"waiting for: {', '.join(loading)}" if loading else f"no usable version of: {', '.join(missing)}"

    def _expected(self) -> list[ServedModel]:
        """The models that readiness waits for: one that nobody promoted has nothing to serve by default."""
        return [model for model in self._models.values() if model.name not in self.without_champion]
