"""Values that must work, by name: each is something a platform engineer really sets.

Every general claim about the chart is checked for all of them.
"""

from typing import Any

import yaml

from tests.chart.rendering import CHART

AUTOSCALING = {"autoscaling": {"enabled": True}}
KEDA = {"enabled": True, "prometheusAddress": "http://prometheus.monitoring:9090"}
NEW_CLAIM = {"registry": {"volume": "newClaim"}}
EXISTING_CLAIM = {"registry": {"volume": "existingClaim", "existingClaim": "models"}}
WITHOUT_KEYS = {"keys": {"insecure": True}, "tests": {"keySecret": ""}}

INGRESS = {"ingress": {"enabled": True, "host": "models.example", "tlsSecret": "models-tls"}}
HTTP_ROUTE = {
    "httpRoute": {
        "enabled": True,
        "parentRefs": [{"name": "public", "namespace": "gateways", "sectionName": "https"}],
        "hostnames": ["models.example"],
    }
}

VALUE_SETS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "values-production.yaml": yaml.safe_load((CHART / "values-production.yaml").read_text()),
    "gpu": yaml.safe_load((CHART / "values-gpu.yaml").read_text()),
    "production": {
        **EXISTING_CLAIM,
        "image": {"repository": "registry.example:5000/ml/slipway", "digest": f"sha256:{'0a' * 32}"},
        "autoscaling": {"enabled": True, "minReplicas": 3, "maxReplicas": 12, "targetInFlight": 8},
        "networkPolicy": {"enabled": True},
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "keySecret": "scrape-key"},
    },
    "autoscaling on CPU": AUTOSCALING,
    "autoscaling on requests in flight": {
        "autoscaling": {"enabled": True, "targetCPUUtilizationPercentage": 0, "targetInFlight": 16}
    },
    "autoscaling by KEDA": {
        "autoscaling": {"enabled": True, "targetInFlight": 16, "keda": {**KEDA, "targetRequestsPerSecond": 5000}}
    },
    "autoscaling by KEDA on requests alone": {
        "autoscaling": {
            "enabled": True,
            "targetCPUUtilizationPercentage": 0,
            "keda": {**KEDA, "targetRequestsPerSecond": 200, "authenticationRef": "prom", "fallbackReplicas": 4},
        }
    },
    "one replica": {"replicaCount": 1},
    "stopped": {"replicaCount": 0},
    "existing claim": EXISTING_CLAIM,
    "existing claim with a folder": {
        "registry": {"volume": "existingClaim", "existingClaim": "shared", "subPath": "ml/models"}
    },
    "new claim": NEW_CLAIM,
    "new claim of one node": {
        "registry": {"volume": "newClaim", "newClaim": {"accessMode": "ReadWriteOnce", "storageClassName": "local"}},
        "strategy": {"type": "Recreate"},
        "replicaCount": 1,
    },
    "models from an image": {
        "extraInitContainers": [
            {
                "name": "models",
                "image": "models:7",
                "command": ["cp", "-r", "/src/.", "/models"],
                "volumeMounts": [{"name": "registry", "mountPath": "/models"}],
            }
        ]
    },
    "a sidecar": {"extraInitContainers": [{"name": "sync", "image": "sync:1", "restartPolicy": "Always"}]},
    "tag": {"image": {"tag": "0.1.0-rc.1"}},
    "digest": {"image": {"digest": f"sha256:{'f' * 64}"}},
    "pull secret": {"imagePullSecrets": [{"name": "registry-key"}]},
    "other names": {"nameOverride": "scorer", "fullnameOverride": "scorer-blue"},
    "longest name": {"fullnameOverride": "a" * 200},
    "console logs and docs": {"settings": {"logFormat": "console", "docs": True, "logLevel": "debug"}},
    "threads from the CPU limit": {"settings": {"threads": 0}, "resources": {"limits": {"cpu": 2}}},
    "large bodies": {
        "settings": {"maxBodyBytes": 1073741824, "maxBytesInFlight": 6442450944, "pollSeconds": 0.5},
        "resources": {"requests": {"memory": "8Gi"}, "limits": {"memory": "8Gi"}},
    },
    "several processes in a pod": {
        "settings": {"workers": 4, "maxConnections": 500},
        "resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "2Gi"}},
    },
    "no memory limit": {"resources": {"limits": {"memory": None}}},
    "environment": {
        "extraEnv": [
            {"name": "SLIPWAY_MAX_INPUTS", "value": "8"},
            {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ]
    },
    "load balancer": {"service": {"type": "LoadBalancer", "annotations": {"example.com/internal": "true"}}},
    "load balancer without keys": {
        **WITHOUT_KEYS,
        "service": {"type": "LoadBalancer", "exposeWithoutKeys": True},
    },
    "ingress": INGRESS,
    "ingress behind TLS, without keys": {
        **WITHOUT_KEYS,
        "service": {"exposeWithoutKeys": True},
        "ingress": {
            "enabled": True,
            "host": "*.models.example",
            "className": "haproxy",
            "annotations": {"haproxy.org/timeout-server": "45s"},
            "paths": ["/"],
            "plainHttp": True,
        },
    },
    "gateway": HTTP_ROUTE,
    "gateway for patient callers": {
        "settings": {"deadlineSeconds": 90.5},
        "shutdown": {"requestDeadlineSeconds": 91},
        "httpRoute": {"enabled": True, "parentRefs": [{"name": "inner", "port": 8443}], "timeoutSeconds": 91},
    },
    "gateway through a network policy": {
        **HTTP_ROUTE,
        "networkPolicy": {
            "enabled": True,
            "allowFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "gateways"}}}],
        },
    },
    "without keys": {**WITHOUT_KEYS, "serviceMonitor": {"enabled": True}},
    "keys under another name": {"keys": {"existingSecret": "shared", "entry": "slipway.json"}},
    "network policy": {
        "networkPolicy": {
            "enabled": True,
            "allowFrom": [{"namespaceSelector": {"matchLabels": {"team": "web"}}}, {"ipBlock": {"cidr": "10.0.0.0/8"}}],
        }
    },
    "no service account": {"serviceAccount": {"create": False}},
    "named service account": {"serviceAccount": {"name": "ml", "annotations": {"example.com/role": "reader"}}},
    "no disruption budget": {"podDisruptionBudget": {"enabled": False}},
    "disruption budget by percentage": {"podDisruptionBudget": {"maxUnavailable": "", "minAvailable": "50%"}},
    "disruption budget by number": {
        "replicaCount": 5,
        "podDisruptionBudget": {"maxUnavailable": "", "minAvailable": 4},
    },
    "slow requests": {"shutdown": {"requestDeadlineSeconds": 120}},
    "no sleep before stop": {"shutdown": {"preStopSleepSeconds": 0}},
    "given grace": {"terminationGracePeriodSeconds": 26},
    "user chosen by the platform": {
        "podSecurityContext": {"runAsUser": 1000680000, "runAsGroup": None, "fsGroup": None}
    },
    "mounted secret": {
        "extraVolumes": [{"name": "proxy", "secret": {"secretName": "proxy"}}],
        "extraVolumeMounts": [{"name": "proxy", "mountPath": "/proxy", "readOnly": True}],
    },
    "placement": {
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [{"key": "ml", "operator": "Equal", "value": "yes", "effect": "NoSchedule"}],
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}},
        "priorityClassName": "high",
        "runtimeClassName": "gvisor",
        "topologySpreadConstraints": [],
    },
    "pod labels": {"podLabels": {"team": "ml"}, "podAnnotations": {"example.com/note": "hello"}},
    "part of another chart": {"global": {"imageRegistry": "elsewhere"}},
    "patient probes": {"startupProbe": {"failureThreshold": 300}, "livenessProbe": {"timeoutSeconds": 10}},
    "service monitor": {"serviceMonitor": {"enabled": True, "keySecret": "scrape-key"}},
    "alerts": {
        "prometheusRule": {
            "enabled": True,
            "labels": {"release": "prometheus"},
            "availabilityPercent": 99.95,
            "latencySeconds": 0.1,
            "alertLabels": {"team": "ml"},
            "runbookUrl": "https://docs.example/alerts",
            "disabledAlerts": ["SlipwayProcessorBusy"],
        }
    },
    "alerts as they come": {"prometheusRule": {"enabled": True}},
    "dashboard": {
        "dashboard": {"enabled": True, "labels": {"team": "ml"}, "annotations": {"grafana_folder": "Models"}}
    },
    "wide update": {"strategy": {"rollingUpdate": {"maxSurge": "50%", "maxUnavailable": "25%"}}},
}
