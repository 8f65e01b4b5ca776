"""Every metric under its name, with series that come from what is served and never from callers."""

from collections.abc import Iterator

import pytest
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from slipway_ml.monitoring.metrics import Metrics, VersionMetrics, latency_bounds

SERIES_PER_MODEL = 60


def samples(metrics: Metrics) -> Iterator[Sample]:
    for family in text_string_to_metric_families(generate_latest(metrics.registry).decode()):
        yield from family.samples


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def served(metrics: Metrics, model: str = "sum", version: str = "1") -> VersionMetrics:
    version_metrics = metrics.of_version(model, version, "int8", "CPUExecutionProvider", 1, {"CPU": 4})
    version_metrics.observe_batch([0.001, 0.002], 0.004, 5)
    return version_metrics


def use_everything(metrics: Metrics) -> None:
    served(metrics)
    metrics.observe("POST", "/predict/{model_name}", 200, 0.01)
    metrics.watch_in_flight(lambda: 3)
    metrics.show_model("sum", degraded=False, generation=7)
    metrics.count_load_failure("sum")
    metrics.count_refusal("timeout")


def test_exposition_is_read_by_the_library_and_has_every_name() -> None:
    metrics = Metrics()
    use_everything(metrics)
    families = text_string_to_metric_families(generate_latest(metrics.registry).decode())

    assert {family.name: family.type for family in families} == {
        "http_requests": "counter",
        "slipway_refused_requests": "counter",
        "slipway_model_requests": "counter",
        "http_request_duration_seconds": "histogram",
        "http_request_duration_highr_seconds": "histogram",
        "slipway_unusual_values": "counter",
        "slipway_request_seconds": "histogram",
        "slipway_queue_seconds": "histogram",
        "slipway_compute_seconds": "histogram",
        "slipway_batch_rows": "histogram",
        "slipway_in_flight": "gauge",
        "slipway_stuck_runs": "gauge",
        "slipway_connections": "gauge",
        "slipway_connections_closed": "counter",
        "slipway_request_memory_bytes": "gauge",
        "slipway_request_memory_limit_bytes": "gauge",
        "slipway_model_info": "gauge",
        "slipway_model_operators": "gauge",
        "slipway_model_load_failures": "counter",
        "slipway_degraded": "gauge",
        "slipway_key_file_failures": "counter",
        "slipway_desired_generation": "gauge",
    }


def test_request_is_counted_by_method_status_class_and_route() -> None:
    metrics = Metrics()
    metrics.observe("POST", "/predict/{model_name}", 200, 0.2)
    metrics.observe("POST", "/predict/{model_name}", 204, 0.2)
    metrics.observe("POST", "/predict/{model_name}", 422, 0.2)
    route = {"method": "POST", "handler": "/predict/{model_name}"}

    assert value(metrics, "http_requests_total", status="2xx", **route) == 2
    assert value(metrics, "http_requests_total", status="4xx", **route) == 1
    assert value(metrics, "http_request_duration_seconds_count", **route) == 3
    assert value(metrics, "http_request_duration_highr_seconds_bucket", le="0.25") == 3


def test_batch_is_one_run_and_one_wait_for_each_request() -> None:
    metrics = Metrics()
    served(metrics)
    version = {"model": "sum", "version": "1"}

    assert value(metrics, "slipway_request_seconds_count", **version) == 2
    assert value(metrics, "slipway_request_seconds_sum", **version) == pytest.approx(0.011)
    assert value(metrics, "slipway_queue_seconds_count", **version) == 2
    assert value(metrics, "slipway_queue_seconds_sum", **version) == pytest.approx(0.003)
    assert value(metrics, "slipway_compute_seconds_count", **version) == 1
    assert value(metrics, "slipway_batch_rows_sum", **version) == 5


def test_model_info_says_how_a_version_is_served() -> None:
    metrics = Metrics()
    served(metrics)
    labels = {"model": "sum", "version": "1", "variant": "int8", "provider": "CPUExecutionProvider", "threads": "1"}

    assert value(metrics, "slipway_model_info", **labels) == 1


def test_state_of_a_model_is_shown() -> None:
    metrics = Metrics()
    metrics.show_model("sum", degraded=True, generation=7)
    metrics.count_load_failure("sum")
    metrics.count_refusal("timeout")

    assert value(metrics, "slipway_degraded", model="sum") == 1
    assert value(metrics, "slipway_desired_generation", model="sum") == 7
    assert value(metrics, "slipway_model_load_failures_total", model="sum") == 1


def test_gauge_of_requests_in_flight_is_read_when_scraped() -> None:
    metrics = Metrics()
    now = [3]
    metrics.watch_in_flight(lambda: now[0])
    now[0] = 5

    assert value(metrics, "slipway_in_flight") == 5


def test_forgotten_version_leaves_no_series() -> None:
    metrics = Metrics()
    before = list(samples(metrics))
    served(metrics).forget()

    assert list(samples(metrics)) == before


def test_forgetting_twice_is_harmless_and_spares_the_other_version() -> None:
    metrics = Metrics()
    first = served(metrics, version="1")
    served(metrics, version="2")
    first.forget()
    first.forget()

    assert {sample.labels["version"] for sample in samples(metrics) if "version" in sample.labels} == {"2"}


def test_forgotten_model_leaves_no_series() -> None:
    metrics = Metrics()
    before = list(samples(metrics))
    metrics.show_model("sum", degraded=True, generation=7)
    metrics.forget_model("sum")
    metrics.forget_model("sum")

    assert list(samples(metrics)) == before


def test_version_that_serves_again_starts_from_zero() -> None:
    metrics = Metrics()
    served(metrics).forget()
    metrics.of_version("sum", "1", "int8", "CPUExecutionProvider", 1)

    assert value(metrics, "slipway_request_seconds_count", model="sum", version="1") == 0


def test_served_model_adds_few_series() -> None:
    metrics = Metrics()
    before = len(list(samples(metrics)))
    served(metrics)
    metrics.show_model("sum", degraded=False, generation=1)

    assert len(list(samples(metrics))) - before <= SERIES_PER_MODEL


def test_traffic_adds_no_series_once_each_kind_of_request_was_seen() -> None:
    metrics = Metrics()
    kinds = [(method, route, status) for method in ("GET", "POST") for route in ("/a", "/b") for status in (200, 404)]
    for method, route, status in kinds:
        metrics.observe(method, route, status, 0.1)
    before = len(list(samples(metrics)))
    for number in range(1000):
        method, route, status = kinds[number % len(kinds)]
        metrics.observe(method, route, status + number % 90, number / 100)

    assert len(list(samples(metrics))) == before


def test_each_process_has_metrics_of_its_own() -> None:
    first, second = Metrics(), Metrics()
    use_everything(first)

    assert value(second, "slipway_model_load_failures_total", model="sum") is None
    assert value(second, "http_request_duration_highr_seconds_count") == 0


def test_buckets_reach_up_to_the_deadline_and_no_further() -> None:
    assert latency_bounds(10.0)[-3:] == (1.0, 2.5, 10.0)
    assert latency_bounds(0.05) == (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05)

    metrics = Metrics(latency_bounds(10.0))
    metrics.of_version("m", "1", "fp32", "CPU", 1).observe_batch([1.0], 8.0, 1)
    assert value(metrics, "slipway_request_seconds_bucket", model="m", version="1", le="2.5") == 0
    assert value(metrics, "slipway_request_seconds_bucket", model="m", version="1", le="10.0") == 1
