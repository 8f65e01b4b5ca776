{{/* The server's container. Its paths, port and address are fixed here; what may differ comes from the ConfigMap. */}}

{{- define "slipway.server" -}}
name: slipway
image: {{ include "slipway.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
args: [serve]
securityContext: {{- toYaml .Values.securityContext | nindent 2 }}
envFrom:
  - configMapRef:
      name: {{ include "slipway.fullname" . }}
env:
  - name: ORT_DISABLE_TELEMETRY
    value: "1"
  {{- with .Values.extraEnv }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
ports:
  - name: http
    containerPort: 8000
startupProbe:
  httpGet: {path: /health/live, port: http}
  {{- toYaml .Values.startupProbe | nindent 2 }}
livenessProbe:
  httpGet: {path: /health/live, port: http}
  {{- toYaml .Values.livenessProbe | nindent 2 }}
readinessProbe:
  httpGet: {path: /health/ready, port: http}
  {{- toYaml .Values.readinessProbe | nindent 2 }}
{{- with .Values.shutdown.preStopSleepSeconds }}
lifecycle:
  preStop:
    sleep: {seconds: {{ . }}}
{{- end }}
resources: {{- toYaml .Values.resources | nindent 2 }}
volumeMounts: {{- include "slipway.volumeMounts" . | nindent 2 }}
{{- end }}
