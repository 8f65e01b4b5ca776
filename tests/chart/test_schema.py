"""Values that values.schema.json must refuse: typing errors, wrong types, and everything that weakens the pod."""

from typing import Any

from tests.chart.rendering import chart, refusal
from tests.chart.value_sets import VALUE_SETS
from tests.claims import by_name, for_each

HOST_PATH = {"name": "host", "hostPath": {"path": "/"}}
CONTAINER = {"name": "x", "image": "x"}

TYPING_ERRORS: list[tuple[dict[str, Any], str]] = [
    ({"replicaCoun": 2}, "replicaCoun"),
    ({"replicas": 2}, "replicas"),
    ({"image": {"tags": "1"}}, "tags"),
    ({"registry": {"existingclaim": "models"}}, "existingclaim"),
    ({"registry": {"hostPath": "/srv/models"}}, "hostPath"),
    ({"registry": {"newClaim": {"storageClass": "fast"}}}, "storageClass"),
    ({"settings": {"loglevel": "info"}}, "loglevel"),
    ({"settings": {"maxBodySize": 1}}, "maxBodySize"),
    ({"service": {"nodePort": 30000}}, "nodePort"),
    ({"autoscaling": {"enable": True}}, "enable"),
    ({"autoscaling": {"targetCPU": 80}}, "targetCPU"),
    ({"autoscaling": {"keda": {"address": "http://p"}}}, "address"),
    ({"podDisruptionBudget": {"maxUnavailible": 1}}, "maxUnavailible"),
    ({"shutdown": {"drain": 5}}, "drain"),
    ({"livenessProbe": {"httpGet": {"path": "/"}}}, "httpGet"),
    ({"readinessProbe": {"period": 5}}, "period"),
    ({"resources": {"request": {"cpu": 1}}}, "request"),
    ({"resources": {"limits": {"memroy": "1Gi"}}}, "memroy"),
    ({"serviceMonitor": {"intervall": "30s"}}, "intervall"),
    ({"tolerations": [{"keys": "gpu"}]}, "keys"),
    ({"affinity": {"podAffinities": {}}}, "podAffinities"),
    ({"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfied": "x"}]}, "whenUnsatisfied"),
    ({"extraEnv": [{"name": "A", "val": "1"}]}, "val"),
    ({"networkPolicy": {"allowFrom": [{"podSelectors": {}}]}}, "podSelectors"),
    ({"tests": {"modell": "x"}}, "modell"),
    ({"keys": {"secret": "x"}}, "secret"),
    ({"prometheusRule": {"latency": 1}}, "latency"),
    ({"dashboard": {"label": {}}}, "label"),
    ({"ingress": {"hosts": []}}, "hosts"),
    ({"httpRoute": {"parentRefs": [{"name": "a", "gateway": "b"}]}}, "gateway"),
]

WRONG_VALUES: list[tuple[dict[str, Any], str]] = [
    ({"replicaCount": "two"}, "/replicaCount"),
    ({"replicaCount": -1}, "/replicaCount"),
    ({"replicaCount": 1.5}, "/replicaCount"),
    ({"image": {"pullPolicy": "Sometimes"}}, "/image/pullPolicy"),
    ({"image": {"digest": "sha256:short"}}, "/image/digest"),
    ({"image": {"tag": "a b"}}, "/image/tag"),
    ({"image": {"repository": ""}}, "/image/repository"),
    ({"registry": {"volume": "hostPath"}}, "/registry/volume"),
    ({"registry": {"volume": "nfs"}}, "/registry/volume"),
    ({"registry": {"subPath": "../secrets"}}, "/registry/subPath"),
    ({"registry": {"subPath": "/models"}}, "/registry/subPath"),
    ({"registry": {"newClaim": {"size": "10 GB"}}}, "/registry/newClaim/size"),
    ({"registry": {"newClaim": {"accessMode": "ReadOnlyMany"}}}, "/registry/newClaim/accessMode"),
    ({"settings": {"logLevel": "verbose"}}, "/settings/logLevel"),
    ({"settings": {"docs": "on"}}, "/settings/docs"),
    ({"settings": {"device": "gpu"}}, "/settings/device"),
    ({"settings": {"threads": -1}}, "/settings/threads"),
    ({"settings": {"pollSeconds": 0}}, "/settings/pollSeconds"),
    ({"settings": {"maxBodyBytes": "16Mi"}}, "/settings/maxBodyBytes"),
    ({"settings": None}, "settings"),
    ({"keys": {"existingSecret": "A b"}}, "/keys/existingSecret"),
    ({"keys": {"entry": "../x"}}, "/keys/entry"),
    ({"keys": {"insecure": "yes"}}, "/keys/insecure"),
    ({"keys": None}, "keys"),
    ({"service": {"type": "ExternalName"}}, "/service/type"),
    ({"service": {"port": 70000}}, "/service/port"),
    ({"autoscaling": {"minReplicas": 0}}, "/autoscaling/minReplicas"),
    ({"autoscaling": {"scaleDownPercentPerMinute": 0}}, "/autoscaling/scaleDownPercentPerMinute"),
    ({"autoscaling": {"keda": {"prometheusAddress": "prometheus"}}}, "/autoscaling/keda/prometheusAddress"),
    ({"podDisruptionBudget": {"maxUnavailable": "200%"}}, "/podDisruptionBudget/maxUnavailable"),
    ({"strategy": {"type": "BlueGreen"}}, "/strategy/type"),
    ({"shutdown": {"preStopSleepSeconds": -5}}, "/shutdown/preStopSleepSeconds"),
    ({"terminationGracePeriodSeconds": "30s"}, "/terminationGracePeriodSeconds"),
    ({"livenessProbe": {"failureThreshold": 0}}, "/livenessProbe/failureThreshold"),
    ({"resources": {"limits": {"memory": "lots"}}}, "/resources/limits/memory"),
    ({"podLabels": {"version": 1}}, "/podLabels/version"),
    ({"serviceMonitor": {"interval": "often"}}, "/serviceMonitor/interval"),
    ({"prometheusRule": {"availabilityPercent": 100}}, "/prometheusRule/availabilityPercent"),
    ({"prometheusRule": {"latencySeconds": 0}}, "/prometheusRule/latencySeconds"),
    ({"prometheusRule": {"runbookUrl": "docs/alerts"}}, "/prometheusRule/runbookUrl"),
    ({"prometheusRule": {"disabledAlerts": ["Watchdog"]}}, "/prometheusRule/disabledAlerts/0"),
    ({"dashboard": {"labels": {"a": 1}}}, "/dashboard/labels/a"),
    ({"ingress": {"host": "https://models.example"}}, "/ingress/host"),
    ({"ingress": {"paths": ["predict"]}}, "/ingress/paths/0"),
    ({"ingress": {"paths": []}}, "/ingress/paths"),
    ({"httpRoute": {"hostnames": ["Models.example"]}}, "/httpRoute/hostnames/0"),
    ({"httpRoute": {"timeoutSeconds": 1.5}}, "/httpRoute/timeoutSeconds"),
    ({"extraEnv": [{"name": "A"}]}, "/extraEnv/0"),
    ({"extraEnv": [{"name": "A=B", "value": "1"}]}, "/extraEnv/0/name"),
    ({"extraVolumeMounts": [{"name": "keys", "mountPath": "keys"}]}, "/extraVolumeMounts/0/mountPath"),
]

WEAKER_PODS: list[tuple[dict[str, Any], str]] = [
    ({"podSecurityContext": {"runAsNonRoot": False}}, "/podSecurityContext/runAsNonRoot"),
    ({"podSecurityContext": {"runAsUser": 0}}, "/podSecurityContext/runAsUser"),
    ({"podSecurityContext": {"fsGroup": 0}}, "/podSecurityContext/fsGroup"),
    ({"podSecurityContext": {"seccompProfile": {"type": "Unconfined"}}}, "/podSecurityContext/seccompProfile/type"),
    ({"podSecurityContext": {"seccompProfile": None}}, "seccompProfile"),
    ({"podSecurityContext": {"sysctls": []}}, "sysctls"),
    ({"securityContext": {"privileged": True}}, "privileged"),
    ({"securityContext": {"allowPrivilegeEscalation": True}}, "/securityContext/allowPrivilegeEscalation"),
    ({"securityContext": {"readOnlyRootFilesystem": False}}, "/securityContext/readOnlyRootFilesystem"),
    ({"securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}, "add"),
    ({"securityContext": {"capabilities": {"drop": []}}}, "/securityContext/capabilities/drop"),
    ({"securityContext": None}, "securityContext"),
    ({"hostNetwork": True}, "hostNetwork"),
    ({"extraVolumes": [HOST_PATH]}, "hostPath"),
    ({"extraInitContainers": [{**CONTAINER, "securityContext": {}}]}, "securityContext"),
]


@for_each("values, named", by_name(TYPING_ERRORS))
def test_unknown_keys_are_refused_by_name(values: dict[str, Any], named: str) -> None:
    assert f"'{named}'" in refusal(values)


@for_each("values, where", by_name(WRONG_VALUES))
def test_wrong_values_are_refused_with_their_place(values: dict[str, Any], where: str) -> None:
    assert f"{where}'" in refusal(values)


@for_each("values, named", by_name(WEAKER_PODS))
def test_values_that_weaken_the_pod_are_refused(values: dict[str, Any], named: str) -> None:
    assert f"{named}'" in refusal(values)


@for_each("values", VALUE_SETS)
def test_sensible_values_are_taken(values: dict[str, Any]) -> None:
    assert refusal(values) == ""


def _objects(schema: Any) -> list[dict[str, Any]]:
    """Every part of a schema that describes an object, at any depth."""
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else []
    found = [found for part in parts for found in _objects(part)]
    return [schema, *found] if isinstance(schema, dict) and schema.get("type") == "object" else found


def test_every_object_of_the_schema_is_closed() -> None:
    """Except the one definition that stands for what only the API server knows."""
    schema = chart().schema
    assert schema is not None

    still_open = [part for part in _objects(schema) if "additionalProperties" not in part]

    assert still_open == [schema["definitions"]["kubernetesObject"]]


def test_schema_and_defaults_know_the_same_keys() -> None:
    schema = chart().schema
    assert schema is not None

    assert set(schema["properties"]) - {"global"} == set(chart().values) == set(schema["required"])
