{{/* What the server sees of the volumes: all of it read-only but /tmp. */}}

{{- define "slipway.volumeMounts" -}}
- name: registry
  mountPath: /models
  {{- with .Values.registry.subPath }}
  subPath: {{ . }}
  {{- end }}
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- if .Values.keys.existingSecret }}
# The folder, not the file: a file that is mounted by subPath never changes.
- name: keys
  mountPath: /etc/slipway
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}
