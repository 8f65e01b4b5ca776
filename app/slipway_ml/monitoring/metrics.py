"""Every metric of the service, by name, in one place; the only module that imports prometheus_client.

Label values come from fixed sets (methods, route templates, status classes) and from the versions that are served, so
no caller can add a series. Children are looked up once, never per request.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, disable_created_metrics
from prometheus_client.metrics import MetricWrapperBase

from slipway_ml.monitoring.fast_counter import CounterChild, FastCounter
from slipway_ml.monitoring.fast_histogram import FastHistogram, HistogramChild
from slipway_ml.monitoring.model_requests import EndpointRequests, ModelRequests

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_HTTP_SECONDS = (0.1, 0.5, 1.0)
_HTTP_SECONDS_HIGH_RESOLUTION = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ROWS = (1, 4, 16, 64, 256, 1024)
_VERSION = ("model", "version")
ENDPOINTS = ("predict", "infer", "v1")


def latency_bounds(deadline: float) -> tuple[float, ...]:
    """Buckets for the seconds of responses that are due within `deadline` seconds."""
    return (*(bound for bound in _SECONDS if bound < deadline), deadline)


@dataclass(slots=True)
class VersionMetrics:
    """The histograms of one served version."""

    request_seconds: HistogramChild
    queue_seconds: HistogramChild
    compute_seconds: HistogramChild
    batch_rows: HistogramChild
    requests: dict[str, EndpointRequests]
    """By endpoint."""
    failures: Callable[[], int]
    """Requests that were not answered with predictions."""
    forget: Callable[[], None]
    """Drop the version's series once it is no longer served."""
    count_unusual: Callable[[Mapping[str, int]], None]
    """Count values of one request that are unlike those of training, by problem; they add up over versions."""

    def observe_batch(self, waits: list[float], compute: float, rows: int) -> None:
        """One run: how long each of its requests had waited, how long it took, how many rows it had."""
        if len(waits) == 1:
            self.queue_seconds.observe(waits[0])
            self.request_seconds.observe(waits[0] + compute)
        else:
            self.queue_seconds.observe_all(waits)
            self.request_seconds.observe_all([wait + compute for wait in waits])
        self.compute_seconds.observe(compute)
        self.batch_rows.observe(rows)


class Metrics:
    """All metrics of one process, in a registry of their own; `seconds` are the buckets of the models' times."""

    def __init__(self, seconds: Sequence[float] = _SECONDS) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series per counter that nobody reads
        self.registry = CollectorRegistry()
        self._requests = FastCounter(
            "http_requests", "Requests by method, status class and route.", ("method", "status", "handler")
        )
        self._refused = FastCounter(
            "slipway_refused_requests",
            "Requests that were refused before they reached a route, by reason.",
            ("reason",),
        )
        self._unusual = FastCounter(
            "slipway_unusual_values",
            "Values unlike those of training that were warned of or refused, by the way in which they are.",
            ("model", "problem"),
        )
        self._http_seconds = FastHistogram(
            "http_request_duration_seconds", "Seconds per request by route.", _HTTP_SECONDS, ("method", "handler")
        )
        self._http_seconds_high_resolution = FastHistogram(
            "http_request_duration_highr_seconds", "Seconds per request.", _HTTP_SECONDS_HIGH_RESOLUTION
        )
        self._request = FastHistogram("slipway_request_seconds", "Seconds in queue and run.", seconds, _VERSION)
        self._queue = FastHistogram("slipway_queue_seconds", "Seconds a request waited.", seconds, _VERSION)
        self._compute = FastHistogram("slipway_compute_seconds", "Seconds of one run.", seconds, _VERSION)
        self._rows = FastHistogram("slipway_batch_rows", "Rows run together.", _ROWS, _VERSION)
        self._model_requests = ModelRequests()
        for collector in (
            self._requests,
            self._model_requests,
            self._refused,
            self._unusual,
            self._http_seconds,
            self._http_seconds_high_resolution,
            self._request,
            self._queue,
            self._compute,
            self._rows,
        ):
            self.registry.register(collector)
        self._in_flight = Gauge("slipway_in_flight", "Requests in progress.", registry=self.registry)
        self._connections = Gauge("slipway_connections", "Connections that are open now.", registry=self.registry)
        self._closed = FastCounter(
            "slipway_connections_closed", "Connections that the server closed, by the reason.", ("reason",)
        )
        self.registry.register(self._closed)
        self._memory = Gauge(
            "slipway_request_memory_bytes", "Memory that requests and responses take now.", registry=self.registry
        )
        self._memory_limit = Gauge(
            "slipway_request_memory_limit_bytes", "Memory that they may take.", registry=self.registry
        )
        self._model_info = Gauge(
            "slipway_model_info",
            "1 for each served version.",
            (*_VERSION, "variant", "provider", "threads"),
            registry=self.registry,
        )
        self._operators = Gauge(
            "slipway_model_operators",
            "Operators of a served version by the execution provider that really runs them.",
            (*_VERSION, "provider"),
            registry=self.registry,
        )
        self._load_failures = Counter(
            "slipway_model_load_failures_total",
            "Desired versions that could not be loaded.",
            ("model",),
            registry=self.registry,
        )
        self._stuck_runs = Gauge(
            "slipway_stuck_runs",
            "Runs of a model that have gone on past its deadline, each in a thread of its own.",
            ("model",),
            registry=self.registry,
        )
        self._degraded = Gauge(
            "slipway_degraded",
            "1 while an older champion serves in place of the desired one.",
            ("model",),
            registry=self.registry,
        )
        self._key_file_failures = Counter(
            "slipway_key_file_failures_total",
            "Times the keys file could not be read again; the previous keys stay in force.",
            registry=self.registry,
        )
        self._generation = Gauge(
            "slipway_desired_generation",
            "Generation of the desired state that was reached.",
            ("model",),
            registry=self.registry,
        )
        self._http_children: dict[tuple[str, str, int], tuple[CounterChild, HistogramChild]] = {}
        self._all_http_seconds = self._http_seconds_high_resolution.child()

    def observe(self, method: str, template: str, status: int, seconds: float, *, is_hot: bool = True) -> None:
        """One HTTP request that has ended; `template` is its row in the route table.

        A route with a version counts as the one without, HEAD as GET, and only hot routes have a histogram of their
        own: the number of series is promised to be small.
        """
        key = (method, template, status // 100)
        found = self._http_children.get(key)
        if found is None:
            method = "GET" if method == "HEAD" else method
            handler = template.replace("/versions/{model_version}", "")
            timed = (method, handler) if is_hot else ("any", "other")
            counter = self._requests.child(method, f"{status // 100}xx", handler)
            found = self._http_children[key] = (counter, self._http_seconds.child(*timed))
        counter, histogram = found
        counter.count += 1
        histogram.observe(seconds)
        self._all_http_seconds.observe(seconds)

    def watch_in_flight(self, read: Callable[[], int]) -> None:
        """Where the gauge of requests in flight gets its value from when it is scraped."""
        self._in_flight.set_function(read)

    def count_closed(self, reason: str, count: int) -> None:
        """Connections that the server closed; `reason` is one of a fixed set."""
        self._closed.child(reason).count += count

    def watch_connections(self, read: Callable[[], int]) -> None:
        """Where the gauge of open connections gets its value from."""
        self._connections.set_function(read)

    def watch_memory(self, taken: Callable[[], int], limit: Callable[[], int]) -> None:
        """Where the gauges of the requests' memory get their values from, in bytes."""
        self._memory.set_function(taken)
        self._memory_limit.set_function(limit)

    def of_version(
        self,
        model: str,
        version: str,
        variant: str,
        provider: str,
        threads: int,
        operators: Mapping[str, int] | None = None,
    ) -> VersionMetrics:
        """The metrics of a version that is about to be served; `operators` counts its nodes by who runs them."""
        labels = (model, version)
        operators = dict(operators or {})
        for name, count in operators.items():
            self._operators.labels(*labels, name).set(count)
        info = (*labels, variant, provider, str(threads))
        self._model_info.labels(*info).set(1)

        def forget() -> None:
            for histogram in (self._request, self._queue, self._compute, self._rows):
                histogram.remove(*labels)
            self._model_requests.forget(model, version)
            _remove(self._model_info, *info)
            for name in operators:
                _remove(self._operators, *labels, name)

        return VersionMetrics(
            self._request.child(*labels),
            self._queue.child(*labels),
            self._compute.child(*labels),
            self._rows.child(*labels),
            {endpoint: self._model_requests.of_version(model, version, endpoint) for endpoint in ENDPOINTS},
            lambda: self._model_requests.failures_of(model, version),
            forget,
            partial(self._count_unusual, model),
        )

    def count_refusal(self, reason: str, times: int = 1) -> None:
        """Requests that were refused before they reached a route; `reason` is one of a fixed set."""
        self._refused.child(reason).count += times

    def _count_unusual(self, model: str, counts: Mapping[str, int]) -> None:
        for problem, count in counts.items():
            self._unusual.child(model, problem).count += count

    def count_early(self, model: str, version: str, endpoint: str, reason: str) -> None:
        """A request for predictions that failed before a version was found for it; the names may be anybody's."""
        self._model_requests.count_early(model, version, endpoint, reason)

    def count_load_failure(self, model: str) -> None:
        self._load_failures.labels(model).inc()

    def show_stuck_runs(self, model: str, count: int) -> None:
        self._stuck_runs.labels(model).set(count)

    def count_key_file_failure(self) -> None:
        self._key_file_failures.inc()

    def show_model(self, model: str, *, degraded: bool, generation: int) -> None:
        """State of a served model after it was reconciled."""
        self._load_failures.labels(model)
        self._stuck_runs.labels(model)
        self._degraded.labels(model).set(degraded)
        self._generation.labels(model).set(generation)

    def forget_model(self, model: str) -> None:
        """Drop the series of a model that is gone from the folder."""
        for metric in (self._load_failures, self._stuck_runs, self._degraded, self._generation):
            _remove(metric, model)
        self._unusual.remove(model)


def _remove(metric: MetricWrapperBase, *labels: str) -> None:
    try:
        metric.remove(*labels)
    except KeyError:
        return
