"""Loads one version and proves it; a version that cannot be used is said once and counted once, however often tried."""

import logging
from concurrent.futures import Executor

from slipway_ml.errors import SlipwayError
from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.registry.store import Registry
from slipway_ml.serving.golden_rows import replay
from slipway_ml.serving.options import ServingOptions
from slipway_ml.serving.servable import Servable, open_servable
from slipway_ml.serving.stuck_runs import StuckRuns

logger = logging.getLogger("slipway.serving")


class VersionLoader:
    """Opens versions from a registry for the reconciler. Blocking: call it from a thread."""

    def __init__(
        self,
        registry: Registry,
        options: ServingOptions,
        executor: Executor,
        metrics: Metrics,
        stuck: StuckRuns | None = None,
    ) -> None:
        self._registry = registry
        self._options = options
        self._executor = executor
        self._metrics = metrics
        self._stuck = stuck
        self._refused: dict[tuple[str, int], str] = {}

    def load(self, name: str, version: int, manifest_sha256: str | None) -> Servable | None:
        """The version, ready to serve, or None when it is damaged, incomplete or newer than we can read."""
        try:
            servable = self._open(name, version, manifest_sha256)
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

    def _open(self, name: str, version: int, manifest_sha256: str | None) -> Servable:
        stored = self._registry.read(name, version, manifest_sha256)
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
