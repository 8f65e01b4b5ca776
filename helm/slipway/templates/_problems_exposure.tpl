{{/* The same for the ways into the cluster. */}}

{{- define "slipway.problemsOfExposure" -}}
{{- $v := .Values }}
{{- $ways := list }}
{{- range $name := list "ingress" "httpRoute" }}
{{- if (index $v $name).enabled }}{{ $ways = append $ways $name }}{{ end }}
{{- end }}
{{- range $way := $ways }}
{{- if and (not $v.keys.existingSecret) (not $v.service.exposeWithoutKeys) }}
{{ $way }}.enabled would open a server without keys to others; set keys.existingSecret, or service.exposeWithoutKeys where something in front authenticates
{{- end }}
{{- if and $v.networkPolicy.enabled (not $v.networkPolicy.allowFrom) }}
{{ $way }}.enabled lets callers in through pods of another namespace, which networkPolicy keeps out; name that namespace in networkPolicy.allowFrom
{{- end }}
{{- end }}
{{- if and $v.ingress.enabled (not $v.ingress.host) }}
ingress.enabled is true without a host, so it would answer for every name; set ingress.host
{{- end }}
{{- if and $v.ingress.enabled (not $v.ingress.tlsSecret) (not $v.ingress.plainHttp) }}
ingress.tlsSecret is empty, so keys and rows would travel in the clear; name a Secret with a certificate, or set ingress.plainHttp where TLS ends before the Ingress
{{- end }}
{{- if and $v.ingress.tlsSecret $v.ingress.plainHttp }}
ingress.tlsSecret and ingress.plainHttp exclude each other; leave one of them out
{{- end }}
{{- if and $v.httpRoute.enabled (not $v.httpRoute.parentRefs) }}
httpRoute.enabled is true without a Gateway; name one in httpRoute.parentRefs
{{- end }}
{{- if and $v.httpRoute.timeoutSeconds (le (float64 $v.httpRoute.timeoutSeconds) (float64 $v.settings.deadlineSeconds)) }}
httpRoute.timeoutSeconds {{ $v.httpRoute.timeoutSeconds }} is not more than settings.deadlineSeconds {{ $v.settings.deadlineSeconds }}, so the Gateway would give up first; raise it, or set 0 to compute it
{{- end }}
{{- end }}
