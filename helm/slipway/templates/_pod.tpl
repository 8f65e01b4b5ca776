{{/* What stands around the server in its pod: containers that run first, volumes, and where the pod may be placed. */}}

{{- define "slipway.initContainers" -}}
{{- range .Values.extraInitContainers }}
- {{ toYaml (merge (dict "securityContext" $.Values.securityContext) .) | nindent 2 | trim }}
{{- end }}
{{- end }}

{{- define "slipway.volumes" -}}
- name: registry
{{- if eq .Values.registry.volume "emptyDir" }}
  emptyDir: {sizeLimit: {{ .Values.registry.emptyDirSizeLimit }}}
{{- else }}
  persistentVolumeClaim: {claimName: {{ include "slipway.claimName" . }}}
{{- end }}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.tmpSizeLimit }}}
{{- with .Values.keys.existingSecret }}
- name: keys
  # Hashes only, so every user of the container may read them, whichever the platform assigns.
  secret: {secretName: {{ . }}, defaultMode: 0444, items: [{key: {{ $.Values.keys.entry }}, path: keys.json}]}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "slipway.placement" -}}
{{- $selector := dict "matchLabels" (include "slipway.selectorLabels" . | fromYaml) }}
{{- $spread := list }}
{{- range .Values.topologySpreadConstraints }}
{{- $spread = append $spread (hasKey . "labelSelector" | ternary . (merge (dict "labelSelector" $selector) .)) }}
{{- end }}
{{- with $spread }}
topologySpreadConstraints: {{- toYaml . | nindent 2 }}
{{- end }}
{{- range $field := list "nodeSelector" "tolerations" "affinity" "priorityClassName" "runtimeClassName" "imagePullSecrets" }}
{{- with index $.Values $field }}
{{ $field }}: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- end }}
