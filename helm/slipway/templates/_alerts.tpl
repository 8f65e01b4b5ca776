{{/* files/alerts.yaml for this release: its own matchers, objectives, labels and runbooks, without the alerts left out. */}}

{{- define "slipway.alertGroups" -}}
{{- $values := .Values.prometheusRule }}
{{- $name := include "slipway.fullname" . }}
{{- $here := printf "namespace=\"%s\"" .Release.Namespace }}
{{- $budget := divf (subf 100 $values.availabilityPercent) 100 | printf "%.6g" }}
{{- $text := .Files.Get "files/alerts.yaml"
    | replace `job="slipway"` (printf `job="%s",%s` $name $here)
    | replace `deployment="slipway"` (printf `deployment="%s",%s` $name $here)
    | replace `horizontalpodautoscaler=~"(keda-hpa-)?slipway"` (printf `horizontalpodautoscaler=~"(keda-hpa-)?%s",%s` $name $here)
    | replace `container="slipway"` (printf `container="slipway",pod=~"%s-[a-z0-9]+-[a-z0-9]+",%s` $name $here)
    | replace "0.001" $budget
    | replace "> 0.25" (printf "> %v" $values.latencySeconds) }}
{{- range $group := ($text | fromYaml).groups }}
- name: {{ $name }}{{ trimPrefix "slipway" $group.name }}
  rules:
  {{- range $rule := $group.rules }}
  {{- if has $rule.alert $values.disabledAlerts | not }}
    {{- with $rule.alert }}
    {{- $_ := set $rule "labels" (merge (deepCopy $values.alertLabels) $rule.labels) }}
    {{- with $values.runbookUrl }}
    {{- $_ := set $rule.annotations "runbook_url" (printf "%s#%s" . (lower $rule.alert)) }}
    {{- end }}
    {{- end }}
    - {{ toYaml $rule | nindent 6 | trim }}
  {{- end }}
  {{- end }}
{{- end }}
{{- end }}
