"""Metrics of several processes as one: sums that survive deaths, gauges that do not."""

from prometheus_client import generate_latest

from slipway_ml.monitoring import snapshot
from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.monitoring.snapshot import Totals


def worker(requests: int, in_flight: int = 0, generation: int = 1) -> bytes:
    metrics = Metrics()
    for _ in range(requests):
        metrics.observe("POST", "/predict/{model_name}", 200, 0.01)
    metrics.watch_in_flight(lambda: in_flight)
    metrics.show_model("sum", degraded=False, generation=generation)
    return snapshot.take(metrics.registry)


def value(totals: Totals, name: str, **labels: str) -> float | None:
    return snapshot.registry_of(totals.merged).get_sample_value(name, labels)


REQUESTS = {"method": "POST", "status": "2xx", "handler": "/predict/{model_name}"}


def test_counters_and_histograms_add_up() -> None:
    totals = Totals()
    totals.put(0, worker(2))
    totals.put(1, worker(3))

    assert value(totals, "http_requests_total", **REQUESTS) == 5
    assert value(totals, "http_request_duration_highr_seconds_count") == 5
    assert value(totals, "http_request_duration_highr_seconds_bucket", le="+Inf") == 5


def test_newer_snapshot_replaces_the_older_one() -> None:
    totals = Totals()
    totals.put(0, worker(2))
    totals.put(0, worker(7))

    assert value(totals, "http_requests_total", **REQUESTS) == 7


def test_dead_workers_keep_their_counts_and_lose_their_gauges() -> None:
    totals = Totals()
    for _ in range(100):
        totals.put(0, worker(1, in_flight=4))
        totals.retire(0)

    assert value(totals, "http_requests_total", **REQUESTS) == 100
    assert value(totals, "slipway_in_flight") is None
    assert len(totals.merged()) < 2 * len(worker(1))


def test_gauges_join_by_what_they_mean() -> None:
    totals = Totals()
    totals.put(0, worker(0, in_flight=2, generation=3))
    totals.put(1, worker(0, in_flight=5, generation=2))

    assert value(totals, "slipway_in_flight") == 7
    assert value(totals, "slipway_desired_generation", model="sum") == 2


def test_exposition_of_one_worker_is_its_own() -> None:
    metrics = Metrics()
    metrics.observe("GET", "/v2", 200, 0.2)
    totals = Totals()
    totals.put(0, snapshot.take(metrics.registry))

    merged = set(generate_latest(snapshot.registry_of(totals.merged)).splitlines())

    assert set(generate_latest(metrics.registry).splitlines()) <= merged
