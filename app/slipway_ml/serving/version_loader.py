"""Loads one version and proves it; a version that cannot be used is said once and counted once, however often tried.

A graph may need for ever to be loaded or to predict its golden rows, and nothing stops a thread. So each load has a
thread of its own and a limit of time. A load that exceeds it is given up: the version is refused, and not tried again
while its thread goes on. Versions of a folder that is not trusted are first loaded by a process of their own, which can
be ended.
"""

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from threading import Thread

from slipway_ml.errors import DamagedVersion, SlipwayError
from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.registry.store import Registry, StoredVersion
from slipway_ml.serving.golden_rows import replay
from slipway_ml.serving.options import ServingOptions
from slipway_ml.serving.servable import Servable, open_servable
from slipway_ml.serving.stuck_runs import StuckRuns

logger = logging.getLogger("slipway.serving")

LOAD_SECONDS = 30.0
"""Twice what a graph of 300 MB takes on a slow processor."""


class VersionLoader:
    """Opens versions from a registry for the reconciler. Blocking: call it from a thread."""

    def __init__(
        self,
        registry: Registry,
        options: ServingOptions,
        executor: Executor,
        metrics: Metrics,
        stuck: StuckRuns | None = None,
        *,
        seconds: float = LOAD_SECONDS,
        trial: Callable[[StoredVersion], None] | None = None,
    ) -> None:
        """`seconds` limit one load; `trial`, where versions are not trusted, comes first and raises DamagedVersion."""
        self._registry = registry
        self._options = options
        self._executor = executor
        self._metrics = metrics
        self._stuck = stuck
        self._seconds = seconds
        self._trial = trial
        self._endless: dict[tuple[str, int], Future[Servable]] = {}
        self._refused: dict[tuple[str, int], str] = {}

    def load(self, name: str, version: int, manifest_sha256: str | None) -> Servable | None:
        """The version, ready to serve, or None when it is damaged, incomplete or newer than we can read."""
        try:
            servable = self._open_in_time(name, version, manifest_sha256)
        except SlipwayError as error:
            self._refuse(name, version, str(error))
            return None
        except Exception as error:
            # One version must never keep the others from being served, whatever is wrong with it.
            if self._refuse(
                name, version, f"version {version} of model {name!r} failed to load: {type(error).__name__}"
            ):
                logger.exception("loading failed unexpectedly")
            return None
        self._refused.pop((name, version), None)
        return servable

    def why_refused(self, name: str, version: int) -> str:
        """The reason in words that the last attempt to load the version gave."""
        return self._refused[name, version]

    def _open_in_time(self, name: str, version: int, manifest_sha256: str | None) -> Servable:
        stored = self._registry.read(name, version, manifest_sha256)
        earlier = self._endless.get((name, version))
        if earlier is not None and not earlier.done():
            raise self._too_long(name, version)
        if self._trial is not None:
            self._trial(stored)
        load = _begin(lambda: self._open(stored))
        try:
            return load.result(self._seconds)
        except TimeoutError:
            self._endless[name, version] = load
            load.add_done_callback(_forget)
            raise self._too_long(name, version) from None

    def _too_long(self, name: str, version: int) -> DamagedVersion:
        return DamagedVersion(
            name,
            version,
            f"loading it and predicting its golden rows has not ended within {self._seconds:g} s; promote another "
            "version, and restart the server, where a thread still works on this one",
        )

    def _open(self, stored: StoredVersion) -> Servable:
        servable = open_servable(stored, self._options, self._executor, self._metrics, self._stuck)
        try:
            replay(servable)
        except BaseException:
            servable.metrics.forget()
            raise
        return servable

    def _refuse(self, name: str, version: int, reason: str) -> bool:
        """Whether this was news."""
        if self._refused.get((name, version)) == reason:
            return False
        self._refused[name, version] = reason
        logger.error("%s", reason, extra={"model": name, "version": version})
        self._metrics.count_load_failure(name)
        return True


def _begin(work: Callable[[], Servable]) -> Future[Servable]:
    """Do it in a thread that a process which ends does not wait for."""
    future: Future[Servable] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  # it is raised where the result is waited for
            future.set_exception(error)

    Thread(target=run, name="load", daemon=True).start()
    return future


def _forget(late: Future[Servable]) -> None:
    """A version that has been given up and was loaded after all leaves nothing behind."""
    if late.exception() is None:
        late.result().metrics.forget()
