{{/* Name of a workload's objects. Takes (root, name). */}}
{{- define "apim.name" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}
{{- printf "%s%s" $root.Values.namePrefix $name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* Labels by which a workload's pods are found: they never change. Takes (root, name). */}}
{{- define "apim.selector" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}
app.kubernetes.io/name: {{ $name }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- end -}}

{{/* Labels of a workload's objects. Takes (root, name). */}}
{{- define "apim.labels" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}
{{ include "apim.selector" . }}
app.kubernetes.io/part-of: apim
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
apim.io/role: control-plane
{{- end -}}

{{/* Image of a workload. Takes (root, name, workload). */}}
{{- define "apim.image" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}{{- $image := (index . 2).image | default dict -}}
{{- $repository := $image.repository | default (printf "%s/%s" $root.Values.image.registry $name) -}}
{{- if $image.digest -}}
{{- printf "%s@%s" $repository $image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository ($image.tag | default $root.Values.image.tag) -}}
{{- end -}}
{{- end -}}

{{/* Environment of a workload: the common one, and its own on top. Takes (root, workload). */}}
{{- define "apim.environment" -}}
{{- $root := index . 0 -}}{{- $workload := index . 1 -}}
{{- with merge dict ($workload.environment | default dict) $root.Values.environment -}}
{{ toYaml . }}
{{- end -}}
{{- end -}}
