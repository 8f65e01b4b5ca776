{{/* One line for each pair of values that contradict each other; empty when there are none. */}}

{{- define "slipway.problems" -}}
{{- $v := .Values }}
{{- $highest := $v.autoscaling.enabled | ternary $v.autoscaling.maxReplicas $v.replicaCount }}
{{- $needed := add $v.shutdown.preStopSleepSeconds $v.shutdown.drainSeconds $v.shutdown.requestDeadlineSeconds 5 }}
{{- $grace := $v.terminationGracePeriodSeconds }}
{{- if and $grace (le (int $grace) (int $needed)) }}
terminationGracePeriodSeconds is {{ $grace }} but must be more than {{ $needed }} (shutdown.* plus 5), else requests are cut off; raise it, or set 0 to compute it
{{- end }}
{{- if lt (float64 $v.shutdown.requestDeadlineSeconds) (float64 $v.settings.deadlineSeconds) }}
shutdown.requestDeadlineSeconds is {{ $v.shutdown.requestDeadlineSeconds }}, less than settings.deadlineSeconds {{ $v.settings.deadlineSeconds }}, so a stopping pod would cut off answers that are still in time; raise it
{{- end }}
{{- if and (eq $v.registry.volume "existingClaim") (not $v.registry.existingClaim) }}
registry.volume is existingClaim without a name; set registry.existingClaim
{{- end }}
{{- if and (ne $v.registry.volume "existingClaim") $v.registry.existingClaim }}
registry.existingClaim is "{{ $v.registry.existingClaim }}" but registry.volume is {{ $v.registry.volume }}; set registry.volume to existingClaim
{{- end }}
{{- if and (eq $v.registry.volume "newClaim") (eq $v.registry.newClaim.accessMode "ReadWriteOnce") (or (gt (int $highest) 1) (ne $v.strategy.type "Recreate")) }}
registry.newClaim.accessMode ReadWriteOnce can be mounted by one node only; use ReadWriteMany, or one replica without autoscaling and strategy.type Recreate
{{- end }}
{{- if and (eq $v.strategy.type "RollingUpdate") (has (toString $v.strategy.rollingUpdate.maxSurge) (list "0" "0%")) (has (toString $v.strategy.rollingUpdate.maxUnavailable) (list "0" "0%")) }}
strategy.rollingUpdate.maxSurge and maxUnavailable are both 0, so no update could ever start; raise one of them
{{- end }}
{{- include "slipway.problemsOfScaling" . }}
{{- include "slipway.problemsOfPods" . }}
{{- include "slipway.problemsOfMemory" . }}
{{- include "slipway.problemsOfKeys" . }}
{{- include "slipway.problemsOfExposure" . }}
{{- end }}
