"""The metrics of several worker processes as one.

Each worker hands out a snapshot of its own registry. Counters and histograms add up over the workers, and what a dead
worker had counted stays in the sum, folded into one record however many have died. Gauges are of live workers only.
"""

from collections.abc import Callable, Iterable
from operator import add
from typing import Any

import orjson
from prometheus_client import CollectorRegistry
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

_HOW_GAUGES_JOIN: dict[str, Callable[[float, float], float]] = {
    "slipway_in_flight": add,
    "slipway_connections": add,
    "slipway_request_memory_bytes": add,
    "slipway_request_memory_limit_bytes": add,
    "slipway_stuck_runs": add,
    "slipway_desired_generation": min,
}
"""Other gauges (info, degraded) take the largest: it is so if it is so anywhere."""

_Key = tuple[str, tuple[tuple[str, str], ...]]


class Family:
    """One metric: its name, kind and help, and a value per sample name and labels."""

    __slots__ = ("documentation", "kind", "name", "values")

    def __init__(self, name: str, kind: str, documentation: str, values: dict[_Key, float]) -> None:
        self.name = name
        self.kind = kind
        self.documentation = documentation
        self.values = values

    def join(self, other: "Family") -> None:
        """Take another process's values in."""
        is_gauge = self.kind == "gauge"
        join = _HOW_GAUGES_JOIN.get(self.name, max) if is_gauge else add
        for key, value in other.values.items():
            self.values[key] = join(self.values[key], value) if key in self.values else value


Snapshot = dict[str, Family]


def take(registry: CollectorRegistry) -> bytes:
    """A snapshot as bytes, to be sent to another process."""
    families = [
        [m.name, m.type, m.documentation, [[s.name, sorted(s.labels.items()), s.value] for s in m.samples]]
        for m in registry.collect()
    ]
    return orjson.dumps(families)


def read(content: bytes) -> Snapshot:
    """A snapshot from its bytes."""
    return {
        name: Family(name, kind, text, {(sample, tuple(map(tuple, labels))): v for sample, labels, v in samples})
        for name, kind, text, samples in orjson.loads(content)
    }


class Totals:
    """The last snapshot of each live worker, and one record of what the dead ones counted."""

    def __init__(self) -> None:
        self._live: dict[int, bytes] = {}
        self._retired: Snapshot = {}

    def put(self, worker: int, snapshot: bytes) -> None:
        """Remember a worker's newest snapshot."""
        self._live[worker] = snapshot

    def count(self, name: str, documentation: str, labels: dict[str, str], more: float) -> None:
        """Add to a counter of the supervisor's own."""
        values = {(name, tuple(sorted(labels.items()))): more}
        counted = Family(name.removesuffix("_total"), "counter", documentation, values)
        self._retired = _joined([self._retired, {counted.name: counted}])

    def retire(self, worker: int) -> None:
        """Keep what a worker that died had counted; forget its gauges."""
        last = self._live.pop(worker, None)
        if last is not None:
            counted = {name: family for name, family in read(last).items() if family.kind != "gauge"}
            self._retired = _joined([self._retired, counted])

    def merged(self) -> bytes:
        """All of it as one snapshot."""
        snapshot = _joined([self._retired, *map(read, self._live.values())])
        return orjson.dumps(
            [
                [f.name, f.kind, f.documentation, [[s, labels, v] for (s, labels), v in f.values.items()]]
                for f in snapshot.values()
            ]
        )


def _joined(snapshots: Iterable[Snapshot]) -> Snapshot:
    joined: Snapshot = {}
    for snapshot in snapshots:
        for name, family in snapshot.items():
            if name in joined:
                joined[name].join(family)
            else:
                joined[name] = Family(name, family.kind, family.documentation, dict(family.values))
    return joined


class SnapshotCollector(Collector):
    """Exposes a snapshot that is fetched when somebody scrapes."""

    def __init__(self, fetch: Callable[[], bytes]) -> None:
        self._fetch = fetch

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering it fetches nothing."""
        return []

    def collect(self) -> Iterable[Metric]:
        """The families of the snapshot."""
        for family in read(self._fetch()).values():
            metric: Any = Metric(family.name, family.documentation, family.kind)
            for (sample, labels), value in family.values.items():
                metric.add_sample(sample, dict(labels), value)
            yield metric


def registry_of(fetch: Callable[[], bytes]) -> CollectorRegistry:
    """A registry that exposes a snapshot fetched from elsewhere."""
    registry = CollectorRegistry()
    registry.register(SnapshotCollector(fetch))
    return registry
