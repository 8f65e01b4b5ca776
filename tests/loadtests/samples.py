"""Published models and measurements for the tests of the load tests, small enough to read at a glance."""

from slipway_loadtests.bench.figures import Sample, Workload
from slipway_loadtests.bench.wrk import Burst
from slipway_loadtests.published import Field, PublishedModel, TensorInput

ONE_ROW = Workload("infer", 1, 32)


def number(name: str, low: float = 0.0, high: float = 9.0, *, nullable: bool = False) -> Field:
    return Field(name, "number", nullable, 1.5, low, high, ())


def classifier(*labels: str | int | bool, has_probabilities: bool = True) -> PublishedModel:
    """Two numbers in, one of the labels out."""
    fields, inputs = (number("size"), number("age")), (TensorInput("X", "FP64", 2),)
    return PublishedModel("animal", fields, inputs, labels, has_probabilities)


def regression() -> PublishedModel:
    """Two numbers in, one number out."""
    return PublishedModel("price", (number("size"), number("age")), (TensorInput("X", "FP64", 2),), None)


def sample(server: str, requests: int, cpu_seconds: float, *, p50_ms: float = 1.0, failed: int = 0) -> Sample:
    """A measurement of one second."""
    return Sample(server, ONE_ROW, Burst(requests, 1.0, p50_ms, 2 * p50_ms, failed), cpu_seconds)
