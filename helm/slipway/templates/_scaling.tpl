{{/* What both autoscalers share: how fast pods go, and what KEDA asks of Prometheus. */}}

{{- define "slipway.scalingBehavior" -}}
scaleDown:
  stabilizationWindowSeconds: {{ .Values.autoscaling.scaleDownStabilizationSeconds }}
  policies:
    - {type: Percent, value: {{ .Values.autoscaling.scaleDownPercentPerMinute }}, periodSeconds: 60}
{{- end }}

{{- define "slipway.kedaTriggers" -}}
{{- $scaling := .Values.autoscaling }}
{{- $release := printf `job="%s",namespace="%s"` (include "slipway.fullname" .) .Release.Namespace }}
{{- $inFlight := printf `sum(avg_over_time(slipway_in_flight{%s}[1m]))` $release }}
{{- $rate := printf `sum(rate(http_requests_total{%s,handler=~"/predict/.+|/v1/models/.+:predict|/v2/models/.+/infer"}[2m]))` $release }}
{{- with $scaling.targetCPUUtilizationPercentage }}
- type: cpu
  metricType: Utilization
  metadata: {value: {{ . | quote }}, containerName: slipway}
{{- end }}
{{- range $trigger := list (list "in-flight" $scaling.targetInFlight $inFlight) (list "requests" $scaling.keda.targetRequestsPerSecond $rate) }}
{{- with index $trigger 1 }}
- type: prometheus
  name: {{ index $trigger 0 }}
  metricType: AverageValue
  metadata:
    serverAddress: {{ $scaling.keda.prometheusAddress }}
    query: {{ index $trigger 2 | quote }}
    threshold: {{ . | quote }}
  {{- with $scaling.keda.authenticationRef }}
  authenticationRef: {name: {{ . }}}
  {{- end }}
{{- end }}
{{- end }}
{{- end }}
