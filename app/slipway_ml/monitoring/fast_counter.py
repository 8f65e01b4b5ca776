"""A Prometheus counter for the hot path: counting is one addition, by the event loop alone."""

from collections.abc import Iterable, Sequence

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector


class CounterChild:
    """The count for one set of label values."""

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


class FastCounter(Collector):
    """A family of counters; `name` is without the suffix `_total`."""

    def __init__(self, name: str, documentation: str, labels: Sequence[str]) -> None:
        self._name = name
        self._documentation = documentation
        self._labels = tuple(labels)
        self._children: dict[tuple[str, ...], CounterChild] = {}

    def child(self, *values: str) -> CounterChild:
        """The child for these label values, made on first use; keep it instead of asking again."""
        return self._children.setdefault(values, CounterChild())

    def remove(self, *values: str) -> None:
        """Drop the children whose label values begin with these."""
        for labels in [labels for labels in self._children if labels[: len(values)] == values]:
            del self._children[labels]

    def describe(self) -> Iterable[CounterMetricFamily]:
        """The family without samples, so that registering it does not collect."""
        return [CounterMetricFamily(self._name, self._documentation, labels=self._labels)]

    def collect(self) -> Iterable[CounterMetricFamily]:
        """The family with what was counted so far."""
        family = CounterMetricFamily(self._name, self._documentation, labels=self._labels)
        for values, child in list(self._children.items()):
            family.add_metric(values, child.count)
        return [family]
