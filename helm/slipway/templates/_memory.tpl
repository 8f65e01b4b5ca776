{{/* The arithmetic of the limits, as app/slipway_ml/front/memory/plan.py has it: a test holds the two together. */}}

{{- define "slipway.bytes" -}}
{{- /* A Kubernetes quantity as a whole number of bytes. */}}
{{- $units := dict "m" 0.001 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 }}
{{- $text := toString . }}
{{- $number := regexFind "^[0-9.]+(e[+][0-9]+)?" $text }}
{{- $factor := index $units (trimPrefix $number $text) | default 1.0 }}
{{- printf "%.0f" (mulf (float64 $number) $factor | floor) }}
{{- end }}

{{- define "slipway.memoryPlan" -}}
{{- /* In bytes, of each process: what it takes idle, its reserve, and what is left to requests; nothing without a limit. */}}
{{- $settings := .Values.settings }}
{{- $limit := (.Values.resources.limits | default dict).memory }}
{{- $connection := add 16384 (mul 3 $settings.maxHeadBytes) 32768 }}
{{- $reserve := add 33554432 $settings.maxBodyBytes (mul $settings.maxConnections $connection) }}
{{- $resident := include "slipway.bytes" .Values.residentMemory | int64 }}
{{- $cap := int64 $settings.maxBytesInFlight }}
{{- $left := 268435456 }}
{{- if $limit }}
{{- $left = sub (div (include "slipway.bytes" $limit | int64) $settings.workers) (add $resident $reserve) }}
{{- end }}
{{- $budget := and (ne $cap 0) (or (not $limit) (lt $cap $left)) | ternary $cap $left }}
reserve: {{ $reserve | quote }}
left: {{ $left | quote }}
budget: {{ $budget | quote }}
largestBody: {{ mul 6 $settings.maxBodyBytes | quote }}
{{- end }}

{{- define "slipway.problemsOfMemory" -}}
{{- $v := .Values }}
{{- $limit := ($v.resources.limits | default dict).memory }}
{{- $request := ($v.resources.requests | default dict).memory }}
{{- $plan := include "slipway.memoryPlan" . | fromYaml }}
{{- $cap := int64 $v.settings.maxBytesInFlight }}
{{- if and $limit $request (gt (include "slipway.bytes" $request | int64) (include "slipway.bytes" $limit | int64)) }}
resources.requests.memory {{ $request }} is more than resources.limits.memory {{ $limit }}, so no pod could be made; raise the limit, best to the same value
{{- end }}
{{- if and $limit (le (int64 $plan.left) 0) }}
resources.limits.memory {{ $limit }} leaves nothing for requests: each of {{ $v.settings.workers }} processes takes residentMemory {{ $v.residentMemory }} and {{ $plan.reserve }} bytes for its connections and one body; raise the limit, or lower settings.maxConnections, settings.maxHeadBytes, settings.maxBodyBytes or settings.workers
{{- else if and $limit (gt $cap (int64 $plan.left)) }}
settings.maxBytesInFlight {{ $cap }} is more than the {{ $plan.left }} bytes that resources.limits.memory {{ $limit }} leaves to it, so the pod could be killed for its memory; lower it, or set 0 to have what is left
{{- else if lt (int64 $plan.budget) (int64 $plan.largestBody) }}
settings.maxBodyBytes {{ int64 $v.settings.maxBodyBytes }} may take 6 times its size once it is decoded, more than the {{ $plan.budget }} bytes for all requests; lower it to {{ div (int64 $plan.budget) 6 }}, or allow more memory by resources.limits.memory or settings.maxBytesInFlight
{{- end }}
{{- end }}
