"""Makes what is served follow what the models folder desires, again and again.

For each model the newest desired state names versions; those are loaded, checked by their golden rows and swapped in at
once. A champion that cannot be used is skipped, and the last good champion of the history serves instead, degraded,
while the wanted one is tried again ever more seldom. Loading happens in threads, so requests go on meanwhile, and a
model that takes long to load keeps no other one waiting. Nothing is ever written.
"""

import asyncio
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from time import monotonic

from slipway_ml.errors import ModelNotFound, RegistryError
from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.registry.desired_state import CHAMPION, DesiredState
from slipway_ml.registry.store import Registry
from slipway_ml.serving.model_table import LOADING, ModelTable, NotServed, ServedModel, VersionState
from slipway_ml.serving.servable import Servable
from slipway_ml.serving.version_loader import VersionLoader

logger = logging.getLogger("slipway.serving")

_FIRST_RETRY_SECONDS = 2.0
_LONGEST_RETRY_SECONDS = 60.0
_LOADS = 4
"""Models that may be loading at once: enough that some which never end do not keep the others from being served."""
_PATIENCE_SECONDS = 2.0
"""How long the next model waits for one that is loading. One after the other takes the least memory."""
_OVERDUE_SECONDS = 10.0
"""How long readiness waits for one model where others are served."""


class Reconciler:
    """Keeps one process's table true to the folder. Its methods belong to the event loop."""

    def __init__(
        self,
        registry: Registry,
        table: ModelTable,
        loader: VersionLoader,
        metrics: Metrics,
        *,
        on_change: Callable[[], None] = lambda: None,
        on_first_pass: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._registry = registry
        self._table = table
        self._loader = loader
        self._metrics = metrics
        self._on_change = on_change
        self._on_first_pass = on_first_pass
        self._clock = clock
        self._passed = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()
        self.unloaded: set[str] = set()
        """Models that this process was asked not to serve, whatever the folder desires."""
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="registry")
        self._loading = ThreadPoolExecutor(_LOADS, thread_name_prefix="loads")
        self._loads: dict[str, asyncio.Task[None]] = {}
        self._retries: dict[str, tuple[float, float]] = {}
        self._said: dict[str, str] = {}
        self._without_champion: frozenset[str] = frozenset()

    async def run(self, poll_seconds: float) -> None:
        """Reconcile until cancelled."""
        await self._reconcile_or_log()
        self._on_first_pass()
        self._passed.set()
        while True:
            await asyncio.sleep(poll_seconds)
            await self._reconcile_or_log()

    async def wait_for_first_pass(self, seconds: float) -> None:
        """Wait until every wanted model was tried once or takes long to load, but no longer than this."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._passed.wait()

    async def _reconcile_or_log(self) -> None:
        try:
            await self.reconcile()
        except Exception:
            logger.exception("reconciling the models folder failed; the served versions are unchanged")

    def close(self) -> None:
        """Let the threads go; loads under way are abandoned."""
        for load in self._loads.values():
            load.cancel()
        self._reading.shutdown(wait=False, cancel_futures=True)
        self._loading.shutdown(wait=False, cancel_futures=True)

    async def load(self, name: str) -> None:
        """Serve a model again as the folder desires it, or try again at once; returns when that is settled."""
        self.unloaded.discard(name)
        self._retries.pop(name, None)
        await self.reconcile()
        while (load := self._loads.get(name)) is not None:
            await asyncio.wait({load})
            await self.reconcile()

    async def unload(self, name: str) -> None:
        """Stop serving a model in this process until it is loaded again; raises ModelNotFound."""
        async with self._one_at_a_time:
            if name in self._table.models:
                self.unloaded.add(name)
                self._remove(name, "unloaded on request")
            elif name not in self.unloaded:
                raise ModelNotFound

    async def reconcile(self) -> None:
        """One pass over the folder; a second caller waits for the first."""
        async with self._one_at_a_time:
            await self._pass()

    async def _pass(self) -> None:
        loop = asyncio.get_running_loop()
        wanted = await loop.run_in_executor(self._reading, self._read_wanted)
        if wanted is None:
            return
        self._table.without_champion = self._without_champion - self.unloaded
        for name in self.unloaded & wanted.keys():
            del wanted[name]
        for name in [name for name in self._table.models if name not in wanted]:
            self._remove(name, "gone from the folder")
        for name in [name for name in wanted if name not in self._table.models]:
            self._table.put(
                ServedModel(name, waiting={str(version): LOADING for version in wanted[name].aliases.values()})
            )
        for name, state in wanted.items():
            if name not in self._loads and self._is_due(self._table.models[name], state):
                self._loads[name] = load = asyncio.create_task(self._load_and_swap(self._table.models[name], state))
                load.add_done_callback(partial(self._end_load, name))
                await asyncio.wait({load}, timeout=_PATIENCE_SECONDS)

    async def _load_and_swap(self, current: ServedModel, state: DesiredState) -> None:
        extra = {"model": current.name, "version": state.aliases.get(CHAMPION)}
        loading = asyncio.get_running_loop().run_in_executor(self._loading, self._load, current, state)
        await asyncio.wait({loading}, timeout=_OVERDUE_SECONDS)
        if not loading.done() and self._table.models.get(current.name) is current:
            logger.warning("loading takes more than %g s; the other models are served", _OVERDUE_SECONDS, extra=extra)
            current = replace(current, overdue=True)
            self._table.put(current)
        model = await loading
        if self._table.models.get(current.name) is current:
            self._swap(current, model)
        else:  # it has left the folder or was unloaded meanwhile
            for key in model.versions.keys() - current.versions.keys():
                model.versions[key].metrics.forget()

    def _end_load(self, name: str, load: asyncio.Task[None]) -> None:
        del self._loads[name]
        if not load.cancelled() and (error := load.exception()) is not None:
            logger.error("loading failed unexpectedly", exc_info=error, extra={"model": name})

    def _is_due(self, current: ServedModel, state: DesiredState) -> bool:
        if not current.settled or current.generation != state.generation:
            return True
        return bool(current.waiting) and self._clock() >= self._retries.get(current.name, (0.0, 0.0))[0]

    def _read_wanted(self) -> dict[str, DesiredState] | None:
        """Model name → newest desired state, or None where the folder cannot be read."""
        try:
            names = self._registry.model_names()
        except RegistryError as error:
            self._say("", str(error))
            return None
        states = {name: self._read_state(name) for name in names}
        wanted = {name: state for name, state in states.items() if state.generation != 0}
        unpromoted = [name for name, state in states.items() if state.generation >= 0 and CHAMPION not in state.aliases]
        self._without_champion = frozenset(name for name in unpromoted if self._is_published(name))
        self._say("", "" if wanted else f"models folder {self._registry.root} holds no model with a champion yet")
        return wanted

    def _is_published(self, name: str) -> bool:
        try:
            return bool(self._registry.versions(name))
        except RegistryError:
            return False

    def _read_state(self, name: str) -> DesiredState:
        try:
            state = self._registry.desired(name)
        except RegistryError as error:
            self._say(name, str(error))
            known = self._table.models.get(name)
            return DesiredState(generation=known.generation if known else -1)
        self._say(name, "")
        return state

    def _load(self, current: ServedModel, state: DesiredState) -> ServedModel:
        """The model as the desired state wants it, reusing versions that are loaded already. Runs in the thread."""
        found = {v: self._version(current, v, state) for v in sorted(set(state.aliases.values()))}
        versions = {str(v): servable for v, servable in found.items() if servable}
        refused = [version for version, servable in found.items() if not servable]
        waiting = {
            str(version): NotServed(VersionState.UNAVAILABLE, self._loader.why_refused(current.name, version))
            for version in refused
        }
        champion = state.aliases.get(CHAMPION)
        default = str(champion) if str(champion) in versions else None
        if default is None:
            fallback = self._last_good(current, champion, versions)
            if fallback is not None:
                default = fallback.version
                versions[default] = fallback
        degraded = default is not None and default != str(champion)
        return ServedModel(
            current.name, versions, default, waiting, degraded, settled=True, generation=state.generation
        )

    def _version(self, current: ServedModel, version: int, state: DesiredState) -> Servable | None:
        digest = state.manifest_sha256.get(version)
        return current.versions.get(str(version)) or self._loader.load(current.name, version, digest)

    def _last_good(self, current: ServedModel, champion: int | None, versions: dict[str, Servable]) -> Servable | None:
        for state in self._registry.champions(current.name):
            version = state.aliases[CHAMPION]
            if version != champion:
                servable = versions.get(str(version)) or self._version(current, version, state)
                if servable is not None:
                    return servable
        return None

    def _swap(self, current: ServedModel, model: ServedModel) -> None:
        self._table.put(model)
        for key in current.versions.keys() - model.versions.keys():
            current.versions[key].metrics.forget()
        for key in sorted(model.versions.keys() - current.versions.keys()):
            variant = model.versions[key].variant.name
            logger.info("serving", extra={"model": model.name, "version": key, "variant": variant})
        if model.degraded and not current.degraded:
            extra = {"model": model.name, "version": model.default}
            logger.warning("degraded: the last good champion serves instead of the desired one", extra=extra)
        self._plan_retry(model)
        self._metrics.show_model(model.name, degraded=model.degraded, generation=model.generation)
        self._on_change()

    def _plan_retry(self, model: ServedModel) -> None:
        if not model.waiting:
            self._retries.pop(model.name, None)
            return
        _, pause = self._retries.get(model.name, (0.0, _FIRST_RETRY_SECONDS))
        self._retries[model.name] = (self._clock() + pause, min(2 * pause, _LONGEST_RETRY_SECONDS))

    def _remove(self, name: str, why: str) -> None:
        for servable in self._table.models[name].versions.values():
            servable.metrics.forget()
        self._table.remove(name)
        self._retries.pop(name, None)
        self._metrics.forget_model(name)
        logger.info("no longer serving: %s", why, extra={"model": name})
        self._on_change()

    def _say(self, name: str, message: str) -> None:
        """Say it once, not at every poll; an empty message means that all is well again."""
        if message and self._said.get(name) != message:
            logger.warning("%s", message)
        self._said[name] = message
