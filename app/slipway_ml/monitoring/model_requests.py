"""Requests per model, version, endpoint and outcome: which model fails, and why.

Labels come from the models that are served, the endpoints and the reasons of our own errors, so no caller can add a
series. Where more models are served than have a place, the busiest have series of their own and the others one set
together, which counts only what happened to them while they had none: no counter ever goes back.
"""

from collections import Counter
from collections.abc import Iterable

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

OK = "ok"
NO_MODEL = "(none)"
"""Stands for the model where none of that name is served; no model can be called so, nor like the next."""
OTHERS = "(others)"
_MOST_MODELS = 200
_NAME = "slipway_model_requests"
_HELP = "Prediction requests by model, version, endpoint and outcome."
_LABELS = ("model", "version", "endpoint", "outcome")


class EndpointRequests:
    """The requests of one version by one endpoint; the event loop alone counts."""

    __slots__ = ("failures", "ok", "version")

    def __init__(self, version: str) -> None:
        self.version = version
        self.ok = 0
        self.failures: Counter[str] = Counter()
        """Reason → count."""

    @property
    def total(self) -> int:
        return self.ok + self.failures.total()

    def by_outcome(self) -> dict[str, int]:
        return {OK: self.ok, **self.failures}


class ModelRequests(Collector):
    """The counters of all models; `most` of them are shown one by one."""

    def __init__(self, most: int = _MOST_MODELS) -> None:
        self._most = most
        self._counters: dict[str, dict[tuple[str, str], EndpointRequests]] = {}
        self._unknown: dict[tuple[str, str], EndpointRequests] = {}
        self._pooled: Counter[tuple[str, str]] = Counter()
        """Endpoint and outcome → what the models without a place had while they had none."""
        self._seen: dict[tuple[str, str, str, str], int] = {}
        """Model, version, endpoint and outcome → what was counted at the last look."""

    def of_version(self, model: str, version: str, endpoint: str) -> EndpointRequests:
        """The counter of a served version, made on first use; keep it instead of asking again."""
        found = self._counters.setdefault(model, {})
        return found.setdefault((version, endpoint), EndpointRequests(version))

    def forget(self, model: str, version: str) -> None:
        """The version is no longer served."""
        counters = self._counters.get(model, {})
        for key in [key for key in counters if key[0] == version]:
            del counters[key]
        if not any(served for served, _ in counters):
            self._counters.pop(model, None)

    def count_early(self, model: str, version: str, endpoint: str, reason: str) -> None:
        """A request that failed before a version was found for it; names that are not served count as none."""
        counters = self._counters.get(model)
        if counters is None:
            counters, version = self._unknown, ""
        elif (version, endpoint) not in counters:
            version = ""
        counters.setdefault((version, endpoint), EndpointRequests(version)).failures[reason] += 1

    def failures_of(self, model: str, version: str) -> int:
        """Requests to a version that were not answered with predictions."""
        counters = self._counters.get(model, {})
        return sum(one.failures.total() for (of, _), one in list(counters.items()) if of == version)

    def describe(self) -> Iterable[CounterMetricFamily]:
        """The family without samples, so that registering it does not collect."""
        return [CounterMetricFamily(_NAME, _HELP, labels=_LABELS)]

    def collect(self) -> Iterable[CounterMetricFamily]:
        """The family with what was counted so far."""
        family = CounterMetricFamily(_NAME, _HELP, labels=_LABELS)
        models = {model: dict(counters) for model, counters in list(self._counters.items())}
        for model, counters in {**self._pool(models), NO_MODEL: dict(self._unknown)}.items():
            for (version, endpoint), counter in counters.items():
                for outcome, count in counter.by_outcome().items():
                    if count:
                        family.add_metric((model, version, endpoint, outcome), count)
        for (endpoint, outcome), count in self._pooled.items():
            family.add_metric((OTHERS, "", endpoint, outcome), count)
        return [family]

    def _pool(
        self, models: dict[str, dict[tuple[str, str], EndpointRequests]]
    ) -> dict[str, dict[tuple[str, str], EndpointRequests]]:
        """The models that are shown one by one, once what the others have had since the last look is pooled."""
        if len(models) <= self._most and not self._seen:
            return models
        totals = {model: sum(one.total for one in counters.values()) for model, counters in models.items()}
        shown = set(sorted(totals, key=lambda model: totals[model], reverse=True)[: self._most])
        seen: dict[tuple[str, str, str, str], int] = {}
        for model, counters in models.items():
            for (version, endpoint), counter in counters.items():
                for outcome, count in counter.by_outcome().items():
                    key = (model, version, endpoint, outcome)
                    seen[key] = count
                    if model not in shown and count > self._seen.get(key, 0):
                        self._pooled[endpoint, outcome] += count - self._seen.get(key, 0)
        self._seen = seen
        return {model: counters for model, counters in models.items() if model in shown}
