"""Values that are right one by one and wrong together: refused by templates/validate.yaml, with what to do."""

from typing import Any

from tests.chart.rendering import refusal, render_settings
from tests.chart.value_sets import HTTP_ROUTE, INGRESS, KEDA
from tests.claims import by_name, for_each

AUTOSCALING = {"enabled": True}

CONTRADICTIONS: list[tuple[dict[str, Any], str]] = [
    ({"terminationGracePeriodSeconds": 25}, "must be more than 25"),
    ({"terminationGracePeriodSeconds": 30, "shutdown": {"requestDeadlineSeconds": 15}}, "must be more than 30"),
    ({"autoscaling": {**AUTOSCALING, "minReplicas": 7}}, "minReplicas is 7, more than autoscaling.maxReplicas 6"),
    ({"autoscaling": {**AUTOSCALING, "targetCPUUtilizationPercentage": 0}}, "without a target"),
    ({"autoscaling": AUTOSCALING, "resources": {"requests": {"cpu": None}}}, "resources.requests.cpu"),
    ({"autoscaling": {"keda": {**KEDA, "targetRequestsPerSecond": 9}}}, "autoscaling.enabled is not"),
    ({"autoscaling": {**AUTOSCALING, "keda": KEDA}}, "nothing to ask Prometheus"),
    (
        {"autoscaling": {**AUTOSCALING, "targetInFlight": 8, "keda": {"enabled": True}}},
        "set autoscaling.keda.prometheus",
    ),
    ({"autoscaling": {**AUTOSCALING, "keda": {"targetRequestsPerSecond": 9}}}, "for KEDA alone"),
    ({"autoscaling": {**AUTOSCALING, "targetInFlight": 8, "keda": {**KEDA, "fallbackReplicas": 7}}}, "is outside of"),
    ({"autoscaling": {**AUTOSCALING, "targetInFlight": 8, "keda": {**KEDA, "fallbackReplicas": 1}}}, "is outside of"),
    ({"registry": {"volume": "existingClaim"}}, "set registry.existingClaim"),
    ({"registry": {"existingClaim": "models"}}, "set registry.volume to existingClaim"),
    ({"registry": {"volume": "newClaim", "newClaim": {"accessMode": "ReadWriteOnce"}}}, "one node only"),
    (
        {
            "registry": {"volume": "newClaim", "newClaim": {"accessMode": "ReadWriteOnce"}},
            "replicaCount": 1,
        },
        "strategy.type Recreate",
    ),
    (
        {
            "registry": {"volume": "newClaim", "newClaim": {"accessMode": "ReadWriteOnce"}},
            "strategy": {"type": "Recreate"},
            "replicaCount": 1,
            "autoscaling": AUTOSCALING,
        },
        "one replica without autoscaling",
    ),
    ({"strategy": {"rollingUpdate": {"maxSurge": 0}}}, "both 0"),
    ({"strategy": {"rollingUpdate": {"maxSurge": "0%"}}}, "both 0"),
    ({"podDisruptionBudget": {"minAvailable": 1}}, "takes one of"),
    ({"podDisruptionBudget": {"maxUnavailable": ""}}, "takes one of"),
    ({"podDisruptionBudget": {"maxUnavailable": 0}}, "allows no eviction"),
    ({"podDisruptionBudget": {"maxUnavailable": "", "minAvailable": "100%"}}, "allows no eviction"),
    ({"podDisruptionBudget": {"maxUnavailable": "", "minAvailable": 2}}, "leaves none of 2 pods"),
    ({"settings": {"threads": 0}}, "resources.limits.cpu is missing"),
    ({"settings": {"device": "cuda"}}, "the pod gets no GPU"),
    ({"resources": {"limits": {"nvidia.com/gpu": 1}}}, "it would idle"),
    ({"keys": {}}, "keys.existingSecret is empty, so whoever reaches the Service could call"),
    ({"keys": {"existingSecret": "a", "insecure": True}}, "exclude each other"),
    ({"keys": {"insecure": True}, "service": {"type": "LoadBalancer"}}, "a server without keys"),
    ({"keys": {"insecure": True}, "service": {"type": "NodePort"}}, "a server without keys"),
    ({"keys": {"insecure": True}, **INGRESS}, "ingress.enabled would open a server without keys"),
    ({"keys": {"insecure": True}, **HTTP_ROUTE}, "httpRoute.enabled would open a server without keys"),
    ({"networkPolicy": {"enabled": True}, **INGRESS}, "ingress.enabled lets callers in through pods of another"),
    ({"networkPolicy": {"enabled": True}, **HTTP_ROUTE}, "httpRoute.enabled lets callers in through pods of another"),
    ({"ingress": {"enabled": True, "tlsSecret": "tls"}}, "set ingress.host"),
    ({"ingress": {"enabled": True, "host": "a.example"}}, "would travel in the clear"),
    ({"ingress": {**INGRESS["ingress"], "plainHttp": True}}, "ingress.plainHttp exclude each other"),
    ({"httpRoute": {"enabled": True}}, "name one in httpRoute.parentRefs"),
    ({"httpRoute": {**HTTP_ROUTE["httpRoute"], "timeoutSeconds": 10}}, "the Gateway would give up first"),
    ({"shutdown": {"requestDeadlineSeconds": 9}}, "would cut off answers that are still in time"),
    ({"settings": {"deadlineSeconds": 10.5}}, "would cut off answers that are still in time"),
    ({"settings": {"deadlineSeconds": 60.5}, "httpRoute": {"timeoutSeconds": 60}}, "the Gateway would give up first"),
    ({"serviceMonitor": {"enabled": True}}, "Prometheus would be refused"),
    ({"extraEnv": [{"name": "SLIPWAY_INSECURE", "value": "true"}]}, "extraEnv sets SLIPWAY_INSECURE"),
    ({"extraEnv": [{"name": "SLIPWAY_KEYS", "value": "/x"}]}, "extraEnv sets SLIPWAY_KEYS"),
    ({"extraVolumes": [{"name": "keys", "emptyDir": {}}]}, "a volume called keys"),
    ({"extraEnv": [{"name": "ORT_DISABLE_TELEMETRY", "value": "0"}]}, "extraEnv sets ORT_DISABLE_TELEMETRY"),
    ({"extraVolumes": [{"name": "registry", "emptyDir": {}}]}, "a volume called registry"),
    ({"serviceMonitor": {"enabled": True, "scrapeTimeout": "60s"}}, "longer than the interval"),
]


@for_each("values, words", by_name(CONTRADICTIONS))
def test_contradiction_is_refused_with_the_reason(values: dict[str, Any], words: str) -> None:
    assert words in refusal(values)


def test_all_contradictions_are_told_at_once() -> None:
    told = refusal({"settings": {"threads": 0}, "keys": {"insecure": False}, "terminationGracePeriodSeconds": 1})

    assert told.count("\n- ") == 3


def test_extra_environment_cannot_override_what_the_chart_sets() -> None:
    names = render_settings()

    told = refusal({"extraEnv": [{"name": name, "value": "x"} for name in names]})

    assert [name for name in names if f"extraEnv sets {name}" not in told] == []


def test_digits_of_a_percentage_are_not_taken_for_pods() -> None:
    assert refusal({"podDisruptionBudget": {"maxUnavailable": "", "minAvailable": "50%"}}) == ""
