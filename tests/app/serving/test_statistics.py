"""What is counted of the batcher's reports, and that the metrics still hear everything."""

import time

import pytest

from slipway_ml.monitoring.metrics import Metrics
from slipway_ml.serving.statistics import VersionStatistics


def statistics(metrics: Metrics | None = None) -> VersionStatistics:
    return VersionStatistics((metrics or Metrics()).of_version("m", "1", "fp32", "cpu", 1), max_batch_rows=8)


def test_run_counts_its_requests_rows_and_seconds() -> None:
    counted = statistics()
    counted.observe_batch([0.1, 0.2], 0.5, 3)
    counted.observe_batch([0.0], 0.25, 3)

    assert (counted.ran.requests, counted.ran.rows, counted.runs) == (3, 6, 2)
    assert counted.ran.waited == pytest.approx(0.3)
    assert counted.ran.computed == pytest.approx(1.25)
    assert counted.batches == {3: (2, 0.75)}


def test_sizes_above_the_largest_batch_are_not_listed_one_by_one() -> None:
    counted = statistics()
    for rows in range(1, 100):
        counted.observe_batch([0.0], 0.0, rows)

    assert (list(counted.batches), counted.runs) == ([1, 2, 3, 4, 5, 6, 7, 8], 99)


def test_failures_and_refusals_are_kept_apart() -> None:
    counted = statistics()
    counted.observe_batch([0.1, 0.1], 0.5, 2)
    counted.observe_failures([0.1], 0.5, 1)
    counted.observe_refusal(0.25, 7)

    assert (counted.failed.requests, counted.failed.rows) == (1, 1)
    assert (counted.refused.requests, counted.refused.rows, counted.refused.waited) == (1, 7, 0.25)


def test_last_inference_is_a_moment_of_now() -> None:
    counted = statistics()
    before = counted.last_inference
    counted.observe_batch([0.0], 0.0, 1)

    assert before == 0
    assert abs(counted.last_inference - time.time() * 1000) < 5000


def test_metrics_hear_of_every_run() -> None:
    metrics = Metrics()
    statistics(metrics).observe_batch([0.1, 0.2], 0.5, 3)

    labels = {"model": "m", "version": "1"}
    assert metrics.registry.get_sample_value("slipway_request_seconds_count", labels) == 2
    assert metrics.registry.get_sample_value("slipway_batch_rows_sum", labels) == 3
