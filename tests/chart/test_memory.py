"""The arithmetic of the limits in the chart: what cannot fit into the pod is refused, and the server agrees."""

from itertools import product
from typing import Any

import pytest

from slipway_ml.front.memory.plan import MIB, MemoryLimits, plan_memory
from tests.chart.rendering import chart, refusal, render_text, with_keys

GIB = 1024 * MIB
EDGE = (283_377_664, 283_377_665)
"""The most bytes in flight that half a gibibyte holds with everything else at its default, and one more."""


def pod(memory: Any, request: Any = None, **settings: Any) -> dict[str, Any]:
    """Values of a pod with this memory limit, requested too unless another request is given."""
    resources = {"limits": {"memory": memory}, "requests": {"memory": memory if request is None else request}}
    return {"resources": resources, "settings": settings}


TOO_MUCH: list[tuple[dict[str, Any], str]] = [
    (pod("512Mi", maxBytesInFlight=2_500_000_000), "maxBytesInFlight 2500000000 is more than the 283377664 bytes"),
    (pod("512Mi", maxBytesInFlight=283_377_665), "lower it, or set 0 to have what is left"),
    (pod("256Mi", "512Mi"), "resources.requests.memory 512Mi is more than resources.limits.memory 256Mi"),
    (pod(536_870_912, "513Mi"), "so no pod could be made"),
    (pod("0.5Gi", "1G"), "resources.requests.memory 1G is more than"),
    (pod("128Mi"), "resources.limits.memory 128Mi leaves nothing for requests: each of 1 processes takes"),
    (pod("240M"), "lower settings.maxConnections"),
    (pod("512Mi", workers=2), "lower it to 2490368"),
    (pod("512Mi", workers=3), "each of 3 processes takes residentMemory 100Mi"),
    (pod("512Mi", workers=64), "settings.maxBodyBytes or settings.workers"),
    (pod("512Mi", maxConnections=10_000), "leaves nothing for requests"),
    (pod("512Mi", maxHeadBytes=1_048_576), "leaves nothing for requests"),
    (pod("512Mi", maxBodyBytes=301_000_000), "leaves nothing for requests"),
    (pod("512Mi", maxBodyBytes=67_108_864), "settings.maxBodyBytes 67108864 may take 6 times its size"),
    (pod("512Mi", maxBytesInFlight=67_108_864), "lower it to 11184810, or allow more memory"),
    (pod("1Gi", workers=4), "settings.maxBodyBytes 16777216 may take 6 times its size"),
    ({**pod("512Mi"), "residentMemory": "400Mi"}, "takes residentMemory 400Mi"),
    ({**pod("512Mi"), "residentMemory": "300Mi"}, "may take 6 times its size once it is decoded"),
    ({**pod(None), "settings": {"maxBodyBytes": 134_217_728}}, "more than the 268435456 bytes for all requests"),
]

FITTING = [
    pod("512Mi", maxBytesInFlight=283_377_664),
    pod("512Mi", "512Mi"),
    pod("512Mi", "256Mi"),
    pod(536_870_912, "0.5Gi"),
    pod("1G", "1G"),
    pod("340Mi"),
    pod("1Gi", workers=2),
    pod("32Gi", workers=64),
    pod("2Gi", maxConnections=10_000),
    pod("8Gi", maxHeadBytes=1_048_576, maxConnections=1_000),
    pod("2Gi", maxBodyBytes=268_435_456, maxBytesInFlight=0, maxConnections=100),
    pod("512Mi", maxBodyBytes=33_554_432),
    pod("512Mi", maxBytesInFlight=100_663_296),
    {**pod("1Gi"), "residentMemory": "400Mi"},
    {**pod(None), "settings": {"maxBodyBytes": 33_554_432}},
]


@pytest.mark.parametrize(("values", "words"), TOO_MUCH, ids=[f"{values}" for values, _ in TOO_MUCH])
def test_limits_that_the_memory_cannot_hold_are_refused(values: dict[str, Any], words: str) -> None:
    assert words in refusal(values)


@pytest.mark.parametrize("values", FITTING, ids=str)
def test_limits_that_the_memory_holds_are_accepted(values: dict[str, Any]) -> None:
    assert refusal(values) == ""


def test_chart_and_server_refuse_the_same_limits() -> None:
    """Around every edge: the server starts without a problem or a warning where the chart renders."""
    memories = {"200Mi": 200 * MIB, "512Mi": 512 * MIB, "1500M": 1_500_000_000, "2.5Gi": 5 * GIB // 2, "16Gi": 16 * GIB}
    bodies, in_flight = (1024, 16 * MIB, 300_000_001), (0, 1024, 100_663_296, *EDGE, 2_500_000_000)
    grid = product(memories, bodies, in_flight, (1, 1000, 7_001), (16_384, 65_536), (1, 3))
    # All of the grid would be a thousand renders; a stride that divides none of its sides meets every pair of values.
    points = [at for place, at in enumerate(grid) if place % 7 == 0 or (at[0] == "512Mi" and at[2] in EDGE)]

    disagreeing = [
        point
        for point in points
        if bool(_refusal_by_the_chart(point)) != bool(_complaints_of_the_server(memories[point[0]], point))
    ]

    assert disagreeing == []
    assert len({bool(_refusal_by_the_chart(point)) for point in points[:20]}) == 2


Point = tuple[str, int, int, int, int, int]
"""Memory limit, largest body, bytes in flight, connections, bytes of a head, workers."""


def _refusal_by_the_chart(point: Point) -> str:
    names = ("maxBodyBytes", "maxBytesInFlight", "maxConnections", "maxHeadBytes", "workers")
    return refusal(pod(point[0], **dict(zip(names, point[1:], strict=True))))


def _complaints_of_the_server(memory: int, point: Point) -> tuple[str, ...]:
    _, body, in_flight, connections, head, workers = point
    plan = plan_memory(MemoryLimits(body, in_flight, connections, head, workers, memory))
    return plan.problems + plan.warnings


def test_chart_counts_what_the_server_counts() -> None:
    limits = MemoryLimits(16 * MIB, 0, 1000, 16_384, memory_limit=512 * MIB)

    notes = chart().render(with_keys(pod("512Mi")), name="demo", namespace="ml")["slipway/templates/NOTES.txt"]

    assert f"Of the 512Mi that a pod may take, {plan_memory(limits).budget // MIB} MiB are for requests" in notes


def test_pod_without_a_memory_limit_is_promised_nothing() -> None:
    assert not any(
        "that a pod may take" in text for text in render_text({"resources": {"limits": {"memory": None}}}).values()
    )


@pytest.mark.parametrize("name", ["SLIPWAY_WORKERS", "SLIPWAY_MAX_CONNECTIONS", "SLIPWAY_MAX_HEAD_BYTES"])
def test_arithmetic_cannot_be_passed_by_through_the_environment(name: str) -> None:
    assert f"extraEnv sets {name}" in refusal({"extraEnv": [{"name": name, "value": "64"}]})
