{{/* The same for who chooses the number of pods, and by what. */}}

{{- define "slipway.problemsOfScaling" -}}
{{- $v := .Values }}
{{- $scaling := $v.autoscaling }}
{{- $keda := $scaling.keda }}
{{- $asked := or $scaling.targetInFlight $keda.targetRequestsPerSecond }}
{{- $limits := $v.resources.limits | default dict }}
{{- $requests := $v.resources.requests | default dict }}
{{- if and $scaling.enabled (gt (int $scaling.minReplicas) (int $scaling.maxReplicas)) }}
autoscaling.minReplicas is {{ $scaling.minReplicas }}, more than autoscaling.maxReplicas {{ $scaling.maxReplicas }}; swap them
{{- end }}
{{- if and $scaling.enabled (not (or $scaling.targetCPUUtilizationPercentage $asked)) }}
autoscaling.enabled is true without a target; set autoscaling.targetCPUUtilizationPercentage or autoscaling.targetInFlight
{{- end }}
{{- if and $scaling.enabled $scaling.targetCPUUtilizationPercentage (not $requests.cpu) (not $limits.cpu) }}
autoscaling.targetCPUUtilizationPercentage measures against resources.requests.cpu, which is missing; set it
{{- end }}
{{- if and $keda.enabled (not $scaling.enabled) }}
autoscaling.keda.enabled is true but autoscaling.enabled is not; set both, or neither
{{- end }}
{{- if and $keda.enabled (not $asked) }}
autoscaling.keda.enabled is true but there is nothing to ask Prometheus; set autoscaling.targetInFlight or autoscaling.keda.targetRequestsPerSecond, or leave CPU to the HorizontalPodAutoscaler
{{- end }}
{{- if and $keda.enabled (not $keda.prometheusAddress) }}
autoscaling.keda.enabled is true but KEDA does not know whom to ask; set autoscaling.keda.prometheusAddress
{{- end }}
{{- if and (not $keda.enabled) $keda.targetRequestsPerSecond }}
autoscaling.keda.targetRequestsPerSecond is for KEDA alone; set autoscaling.keda.enabled, or 0
{{- end }}
{{- if and $keda.fallbackReplicas (or (lt (int $keda.fallbackReplicas) (int $scaling.minReplicas)) (gt (int $keda.fallbackReplicas) (int $scaling.maxReplicas))) }}
autoscaling.keda.fallbackReplicas {{ $keda.fallbackReplicas }} is outside of minReplicas {{ $scaling.minReplicas }} to maxReplicas {{ $scaling.maxReplicas }}; choose a number between them
{{- end }}
{{- end }}
