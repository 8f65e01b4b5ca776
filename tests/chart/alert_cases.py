"""What Prometheus could see of a release, by name, and which alerts fire then.

`healthy` is two replicas that serve one model well; each case changes some of its series. `DAY` minutes of health come
before what goes wrong where the long windows matter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.chart.promtool import Series

DAY = 24 * 60
_PREDICT = 'handler="/predict/{model_name}",method="POST"'
_READY = 'handler="/health/ready",method="GET"'
_QUEUE_BUCKET = 'slipway_queue_seconds_bucket{job="slipway",instance="a",model="churn",version="1",le="%s"}'
_BUCKET = 'slipway_request_seconds_bucket{job="slipway",instance="a",model="churn",version="1",le="%s"}'
_CPU = 'container_cpu_usage_seconds_total{container="slipway",pod="slipway-7f9-a"}'
_RESTARTS = 'kube_pod_container_status_restarts_total{container="slipway",pod="slipway-7f9-a"}'
_REPLICAS = 'kube_horizontalpodautoscaler_status_current_replicas{horizontalpodautoscaler="slipway"}'
_MOST = 'kube_horizontalpodautoscaler_spec_max_replicas{horizontalpodautoscaler="slipway"}'
_FAILURES = 'slipway_model_load_failures_total{job="slipway",instance="a",model="churn"}'
_STUCK = 'slipway_stuck_runs{job="slipway",instance="a",model="churn"}'
_KEYS = 'slipway_key_file_failures_total{job="slipway",instance="a"}'
_MEMORY, _MEMORY_LIMIT = (
    f'slipway_request_memory_{name}{{job="slipway",instance="a"}}' for name in ("bytes", "limit_bytes")
)
_CLOSED = 'slipway_connections_closed_total{job="slipway",instance="a",reason="%s"}'
_REFUSED = 'slipway_refused_requests_total{job="slipway",instance="a",reason="%s"}'
_REPLACED = 'slipway_worker_replacements_total{job="slipway",instance="a",reason="hung"}'


def _up(replica: str) -> str:
    return f'up{{job="slipway",instance="{replica}"}}'


def _requests(status: str, route: str = _PREDICT) -> str:
    return f'http_requests_total{{job="slipway",instance="a",status="{status}",{route}}}'


def _of_model(metric: str, replica: str, more: str = "") -> str:
    return f'{metric}{{job="slipway",instance="{replica}",model="churn"{more}}}'


def _info(replica: str, version: str = "1") -> str:
    return _of_model("slipway_model_info", replica, f',version="{version}"')


def _generation(replica: str) -> str:
    return _of_model("slipway_desired_generation", replica)


def healthy(minutes: int) -> Series:
    """Two replicas, 120 predictions a minute, all of them quick."""
    series = {_requests("2xx"): f"0+120x{minutes}", _requests("2xx", _READY): f"0+20x{minutes}"}
    for replica in ("a", "b"):
        series[_up(replica)] = f"1x{minutes}"
        series[_info(replica)] = f"1x{minutes}"
        series[_generation(replica)] = f"3x{minutes}"
        series[_of_model("slipway_degraded", replica)] = f"0x{minutes}"
    for bucket in (_BUCKET, _QUEUE_BUCKET):
        series |= {bucket % bound: f"0+120x{minutes}" for bound in ("0.05", "0.1", "0.25", "1.0", "+Inf")}
    series |= dict.fromkeys((_FAILURES, _KEYS, _STUCK, _RESTARTS), f"0x{minutes}")
    series |= dict.fromkeys((_CLOSED % "displaced", _REFUSED % "malformed", _REPLACED), f"0x{minutes}")
    series |= {_CLOSED % "idle": f"0+60x{minutes}", _MEMORY: f"50x{minutes}", _MEMORY_LIMIT: f"100x{minutes}"}
    series |= {_CPU: f"0+18x{minutes}", _REPLICAS: f"2x{minutes}", _MOST: f"6x{minutes}"}
    series |= {f'kube_deployment_{count}{{deployment="slipway"}}': f"2x{minutes}" for count in _COUNTS}
    return series


_COUNTS = ("status_replicas_ready", "spec_replicas")
_READY_REPLICAS, _WANTED_REPLICAS = (f'kube_deployment_{count}{{deployment="slipway"}}' for count in _COUNTS)


@dataclass(frozen=True)
class Case:
    """`changes` over `healthy`, where None takes a series away, and what fires at `minute`."""

    minute: int
    firing: set[str] = field(default_factory=set)
    changes: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def series(self) -> Series:
        """All series up to the minute."""
        everything = {**healthy(self.minute), **self.changes}
        return {name: values for name, values in everything.items() if values is not None}


CASES: dict[str, Case] = {
    "an hour of health": Case(60),
    "a day of health": Case(DAY),
    "nobody calls": Case(60, changes={_requests("2xx"): "0x60"}),
    "nothing is scraped any more": Case(5, {"SlipwayDown"}, dict.fromkeys(healthy(0))),
    "no replica answers the scrape": Case(5, {"SlipwayDown"}, {_up("a"): "0x5", _up("b"): "0x5"}),
    "one replica answers no scrape": Case(15, {"SlipwayReplicaDown"}, {_up("b"): "0x15"}),
    "one replica is being replaced": Case(8, changes={_up("b"): "0x8"}),
    "an older champion serves": Case(10, {"SlipwayDegraded"}, {_of_model("slipway_degraded", "b"): "1x10"}),
    "a promotion takes a moment": Case(
        10, changes={_of_model("slipway_degraded", "b"): "1 1 0x8", _generation("b"): "2 2 2 3x7"}
    ),
    "a version could not be loaded": Case(40, {"SlipwayLoadFailures"}, {_FAILURES: "0x30 1x10"}),
    "a version could not be loaded hours ago": Case(200, changes={_FAILURES: "0x30 1x170"}),
    "a run does not end": Case(20, {"SlipwayStuckRuns"}, {_STUCK: "0x10 1x10"}),
    "a run has ended late": Case(20, changes={_STUCK: "0x10 1 0x9"}),
    "a replica serves no version": Case(10, {"SlipwayModelNotServed"}, {_info("b"): None}),
    "a replica serves another version": Case(10, changes={_info("b"): None, _info("b", "2"): "1x10"}),
    "a replica sees an old folder": Case(10, {"SlipwayReplicasDisagree"}, {_generation("b"): "2x10"}),
    "changed keys could not be read": Case(35, {"SlipwayKeysUnreadable"}, {_KEYS: "0x30 1x5"}),
    "requests hold nearly all memory": Case(20, {"SlipwayMemoryShort"}, {_MEMORY: "95x20"}),
    "requests hold nearly all memory for a moment": Case(20, changes={_MEMORY: "50x15 95x3 50x2"}),
    "many connections make room for others": Case(
        20, {"SlipwayConnectionsDisplaced"}, {_CLOSED % "displaced": "0+40x20"}
    ),
    "bodies that stand still make room for others": Case(
        20, {"SlipwayConnectionsDisplaced"}, {_CLOSED % "memory": "0+40x20"}
    ),
    "a few connections make room for others": Case(20, changes={_CLOSED % "displaced": "0+10x20"}),
    "callers let connections idle": Case(20, changes={_CLOSED % "idle": "0+6000x20"}),
    "a flood of what is no request": Case(30, {"SlipwayRefusesRequests"}, {_REFUSED % "malformed": "0+1200x30"}),
    "a scanner comes by": Case(30, changes={_REFUSED % "malformed": "0x10 0+1200x3 3600x17"}),
    "workers hang again and again": Case(30, {"SlipwayWorkersReplaced"}, {_REPLACED: "0x10 1x5 2x5 4x10"}),
    "a worker hangs once": Case(30, changes={_REPLACED: "0x10 1x20"}),
    "two in a hundred predictions are slow": Case(
        20, {"SlipwayLatencyHigh"}, {_BUCKET % bound: "0+117x20" for bound in ("0.05", "0.1", "0.25")}
    ),
    "one in two hundred predictions is slow": Case(
        20,
        changes={_BUCKET % bound: "0+597x20" for bound in ("0.05", "0.1", "0.25")}
        | {_BUCKET % "+Inf": "0+600x20"}
        | {_BUCKET % "1.0": "0+600x20"},
    ),
    "one in ten requests waits": Case(
        20, {"SlipwayQueueLong"}, {_QUEUE_BUCKET % bound: "0+108x20" for bound in ("0.05", "0.1")}
    ),
    "one in fifty requests waits": Case(20, changes={_QUEUE_BUCKET % bound: "0+118x20" for bound in ("0.05", "0.1")}),
    "every prediction fails for ten minutes": Case(
        DAY + 10, {"SlipwayErrorBudgetBurnsFast"}, {_requests("5xx"): f"0x{DAY} 0+120x10"}
    ),
    "two in a hundred fail for an hour": Case(
        DAY + 65, {"SlipwayErrorBudgetBurnsFast"}, {_requests("5xx"): f"0x{DAY} 0+3x65"}
    ),
    "all failed for ten minutes, an hour ago": Case(
        DAY + 60, {"SlipwayErrorBudgetBurnsSlowly"}, {_requests("5xx"): f"0x{DAY} 0+120x10 1200x49"}
    ),
    "three of twenty fail in a quiet hour": Case(
        DAY + 60, changes={_requests("2xx"): f"0+120x{DAY} 172800+0.3x59", _requests("5xx"): f"0x{DAY} 0 1 2 3x56"}
    ),
    "four in a thousand fail for a day": Case(
        DAY, {"SlipwayErrorBudgetBurnsSlowly"}, {_requests("5xx"): f"0+0.5x{DAY}"}
    ),
    "one in two thousand fails for a day": Case(DAY, changes={_requests("5xx"): f"0+0.06x{DAY}"}),
    "readiness answers 503": Case(60, changes={_requests("5xx", _READY): "0+20x60"}),
    "callers send nonsense": Case(60, changes={_requests("4xx"): "0+120x60"}),
    "no replica is ready": Case(5, {"SlipwayNoReadyReplica"}, {_READY_REPLICAS: "0x5"}),
    "stopped on purpose": Case(5, changes={_READY_REPLICAS: "0x5", _WANTED_REPLICAS: "0x5"}),
    "killed again and again": Case(30, {"SlipwayRestarting"}, {_RESTARTS: "0x10 1x5 2x5 4x10"}),
    "killed once": Case(30, changes={_RESTARTS: "0x10 1x20"}),
    "a core is used up": Case(30, {"SlipwayProcessorBusy"}, {_CPU: "0+58x30"}),
    "a core is used up for a moment": Case(30, changes={_CPU: "0+58x10 580+18x20"}),
    "the autoscaler is at its end": Case(30, {"SlipwayAtMaxReplicas"}, {_REPLICAS: "6x30"}),
}
