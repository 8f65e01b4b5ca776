"""The fast histogram says exactly what prometheus_client's own says for the same observations."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics, generate_latest

from slipway_ml.monitoring.fast_histogram import FastHistogram
from tests.strategies import MANY, TEXT

disable_created_metrics()  # type: ignore[no-untyped-call]

BOUNDS = (0.001, 0.01, 0.25, 1.0, 64.0)
LABELS = ("model", "version")

observations = st.lists(
    st.tuples(st.tuples(TEXT, TEXT), st.floats(-1e9, 1e9) | st.sampled_from([0.0, -0.0, *BOUNDS, float("inf")])),
    max_size=30,
)
other_bounds = st.lists(st.floats(1e-6, 1e6), min_size=1, max_size=8, unique=True).map(sorted)


def of_library(bounds: Sequence[float], seen: list[tuple[tuple[str, str], float]]) -> str:
    registry = CollectorRegistry()
    histogram = Histogram("seconds", "How long.", LABELS, buckets=bounds, registry=registry)
    for labels, value in seen:
        histogram.labels(*labels).observe(value)
    return generate_latest(registry).decode()


def ours(bounds: Sequence[float], seen: list[tuple[tuple[str, str], float]]) -> str:
    registry = CollectorRegistry()
    histogram = FastHistogram("seconds", "How long.", bounds, LABELS)
    registry.register(histogram)
    for labels, value in seen:
        histogram.child(*labels).observe(value)
    return generate_latest(registry).decode()


@MANY
@given(observations, st.just(BOUNDS) | st.just((1, 1e6, 1e21)) | other_bounds)
def test_exposition_is_that_of_the_library(seen: list[tuple[tuple[str, str], float]], bounds: Sequence[float]) -> None:
    assert ours(bounds, seen) == of_library(bounds, seen)


@pytest.mark.parametrize(("value", "bucket"), [(0.0009, 0), (0.001, 0), (0.0011, 1), (64.0, 4), (64.1, 5)])
def test_bound_belongs_to_its_bucket(value: float, bucket: int) -> None:
    child = FastHistogram("seconds", "How long.", BOUNDS).child()
    child.observe(value)

    assert [index for index, count in enumerate(child.counts) if count] == [bucket]


def test_child_is_the_same_for_the_same_labels() -> None:
    histogram = FastHistogram("seconds", "How long.", BOUNDS, LABELS)

    assert histogram.child("a", "1") is histogram.child("a", "1")
    assert histogram.child("a", "1") is not histogram.child("a", "2")


def test_removed_child_is_no_longer_exposed() -> None:
    registry = CollectorRegistry()
    histogram = FastHistogram("seconds", "How long.", BOUNDS, LABELS)
    registry.register(histogram)
    histogram.child("a", "1").observe(1)
    histogram.child("b", "1").observe(1)
    histogram.remove("a", "1")
    histogram.remove("never", "seen")

    assert 'model="a"' not in generate_latest(registry).decode()
    assert 'model="b"' in generate_latest(registry).decode()


def test_family_without_children_is_declared_and_empty() -> None:
    histogram = FastHistogram("seconds", "How long.", BOUNDS, LABELS)

    assert [(family.name, family.samples) for family in histogram.describe()] == [("seconds", [])]
    assert [family.samples for family in histogram.collect()] == [[]]
