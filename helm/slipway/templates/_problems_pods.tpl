{{/* The same for what concerns the pods themselves and who may reach them. */}}

{{- define "slipway.problemsOfPods" -}}
{{- $v := .Values }}
{{- $lowest := $v.autoscaling.enabled | ternary $v.autoscaling.minReplicas $v.replicaCount }}
{{- $limits := $v.resources.limits | default dict }}
{{- $budget := $v.podDisruptionBudget }}
{{- $most := toString $budget.maxUnavailable }}
{{- $least := toString $budget.minAvailable }}
{{- if and $budget.enabled (eq (empty $most) (empty $least)) }}
podDisruptionBudget takes one of maxUnavailable and minAvailable; set the other to ""
{{- end }}
{{- if and $budget.enabled (or (has $most (list "0" "0%")) (eq $least "100%")) }}
podDisruptionBudget allows no eviction, so no node could be drained; allow at least one
{{- end }}
{{- if and $budget.enabled (regexMatch "^[0-9]+$" $least) (ge (int $least) (int $lowest)) }}
podDisruptionBudget.minAvailable {{ $least }} leaves none of {{ $lowest }} pods to evict, so no node could be drained; lower it or run more pods
{{- end }}
{{- if and (eq (int $v.settings.threads) 0) (not $limits.cpu) }}
settings.threads 0 means the container's CPU limit, but resources.limits.cpu is missing; set it, or a number of threads
{{- end }}
{{- if and (eq $v.settings.device "cuda") (not (index $limits "nvidia.com/gpu")) }}
settings.device is cuda but the pod gets no GPU; set resources.limits."nvidia.com/gpu" (values-gpu.yaml does)
{{- end }}
{{- if and (eq $v.settings.device "cpu") (index $limits "nvidia.com/gpu") }}
resources.limits takes a GPU but settings.device is cpu, so it would idle; set settings.device to cuda
{{- end }}
{{- range $v.extraEnv }}
{{- if or (hasKey (include (print $.Template.BasePath "/configmap.yaml") $ | fromYaml).data .name) (has .name (list "ORT_DISABLE_TELEMETRY" "SLIPWAY_KEYS" "SLIPWAY_INSECURE")) }}
extraEnv sets {{ .name }}, which the chart sets itself; use the value for it, or leave it out
{{- end }}
{{- end }}
{{- range $v.extraVolumes }}
{{- if has .name (list "registry" "tmp" "keys") }}
extraVolumes has a volume called {{ .name }}, which the chart makes itself; choose another name
{{- end }}
{{- end }}
{{- if and $v.serviceMonitor.enabled (gt (trimSuffix "s" $v.serviceMonitor.scrapeTimeout | int) (trimSuffix "s" $v.serviceMonitor.interval | int)) }}
serviceMonitor.scrapeTimeout {{ $v.serviceMonitor.scrapeTimeout }} is longer than the interval {{ $v.serviceMonitor.interval }}; shorten it
{{- end }}
{{- end }}
