{{/* The same for who may call. */}}

{{- define "slipway.problemsOfKeys" -}}
{{- $v := .Values }}
{{- $hasKeys := not (empty $v.keys.existingSecret) }}
{{- if not (or $hasKeys $v.keys.insecure) }}
keys.existingSecret is empty, so whoever reaches the Service could call; name a Secret with a keys file ('slipway keys new' makes one), or set keys.insecure to true where something in front decides who may call
{{- end }}
{{- if and $hasKeys $v.keys.insecure }}
keys.existingSecret and keys.insecure exclude each other; leave one of them out
{{- end }}
{{- if and (not $hasKeys) (ne $v.service.type "ClusterIP") (not $v.service.exposeWithoutKeys) }}
service.type {{ $v.service.type }} would open a server without keys to others; set keys.existingSecret, keep ClusterIP, or set service.exposeWithoutKeys behind something that authenticates
{{- end }}
{{- if and $hasKeys $v.serviceMonitor.enabled (not $v.serviceMonitor.keySecret) }}
serviceMonitor.enabled is true but Prometheus would be refused; set serviceMonitor.keySecret to a Secret with a key of scope metrics
{{- end }}
{{- end }}
