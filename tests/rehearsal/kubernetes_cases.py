"""Wrong requests to the Kubernetes API server, each with what it answers: (what is wrong, object, changes, code, part of the message)."""

from kubernetes_support import DEPLOYMENT, SECRET, SERVICE

C = "spec/template/spec/containers/0"
P = "spec/template/spec"
STATEFUL = """
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: store, namespace: apim}
spec:
  serviceName: store
  replicas: 3
  selector: {matchLabels: {app: store}}
  template:
    metadata: {labels: {app: store}}
    spec:
      containers:
        - {name: store, image: "store:1.0", volumeMounts: [{name: data, mountPath: /data}]}
      volumes: [{name: data, emptyDir: {}}]
  volumeClaimTemplates:
    - {metadata: {name: disk}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}}
"""
JOB = """
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: apim}
spec:
  backoffLimit: 3
  template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "migrate:1.0"}]}}
"""
CRON_JOB = """
apiVersion: batch/v1
kind: CronJob
metadata: {name: backup, namespace: apim}
spec:
  schedule: "15 3 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: OnFailure, containers: [{name: backup, image: "backup:1.0"}]}}}}
"""
SCALER = """
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: control, namespace: apim}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: control}
  minReplicas: 2
  maxReplicas: 6
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 75}}}]
"""
BUDGET = """
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: control, namespace: apim}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: control}}}
"""
INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: portal, namespace: apim}
spec:
  rules:
    - host: portal.example.com
      http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: control, port: {name: http}}}}]}
"""
POLICY = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: control, namespace: apim}
spec:
  podSelector: {matchLabels: {app: control}}
  policyTypes: [Ingress, Egress]
  ingress: [{from: [{namespaceSelector: {matchLabels: {name: ingress}}}], ports: [{protocol: TCP, port: 8080}]}]
  egress: [{to: [{ipBlock: {cidr: 10.0.0.0/16, except: [10.0.1.0/24]}}], ports: [{port: 3306}]}]
"""
CLAIM = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: work, namespace: apim}
spec: {accessModes: [ReadWriteOnce], storageClassName: gp2, resources: {requests: {storage: 10Gi}}}
"""
ROLE = """
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: apim}
rules: [{apiGroups: [""], resources: [pods], verbs: [get, list]}]
"""
BINDING = """
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: apim}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: control, namespace: apim}]
"""
QUOTA = """
apiVersion: v1
kind: ResourceQuota
metadata: {name: compute, namespace: apim}
spec: {hard: {requests.cpu: "1", requests.memory: 2Gi, limits.cpu: "4", limits.memory: 4Gi, pods: "10"}}
"""
LIMITS = """
apiVersion: v1
kind: LimitRange
metadata: {name: defaults, namespace: apim}
spec: {limits: [{type: Container, defaultRequest: {cpu: 100m, memory: 128Mi}, default: {cpu: 200m, memory: 256Mi}, max: {cpu: "2"}}]}
"""
CONFIG_MAP = "{apiVersion: v1, kind: ConfigMap, metadata: {name: other, namespace: apim}, data: {mode: a}}"
DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          required: [spec]
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: {type: integer, minimum: 1, maximum: 9}
                color: {type: string, enum: [red, green]}
                code: {type: string, pattern: "^[a-z]+$", maxLength: 5}
                port: {x-kubernetes-int-or-string: true}
                free: {type: object, x-kubernetes-preserve-unknown-fields: true}
                either: {type: object, properties: {a: {type: string}, b: {type: string}}, oneOf: [{required: [a]}, {required: [b]}]}
            status: {type: object, properties: {ready: {type: boolean}}}
"""
WIDGET = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: w, namespace: apim}, spec: {size: 3, color: red}}"
SECOND = {"name": "second", "image": "second:1.0"}

CASES = [
    # names and labels
    ("name in upper case", DEPLOYMENT, [("metadata/name", "Control")], "Invalid", "RFC 1123 subdomain"),
    ("name too long", DEPLOYMENT, [("metadata/name", "a" * 254)], "Invalid", "no more than 253"),
    ("service name with a dot", SERVICE, [("metadata/name", "a.b")], "Invalid", "DNS-1035"),
    ("namespace too long", SECRET, [("metadata/namespace", "n" * 64)], "Invalid", "no more than 63"),
    ("label value with a space", DEPLOYMENT, [("metadata/labels/app", "a b")], "Invalid", "a valid label"),
    ("label key with two slashes", DEPLOYMENT, [("metadata/labels", {"a/b/c": "x"})], "Invalid", "prefix part"),
    ("label value too long", DEPLOYMENT, [("metadata/labels/app", "v" * 64)], "Invalid", "no more than 63"),
    ("annotation key with a space", DEPLOYMENT, [("metadata/annotations", {"a b": "x"})], "Invalid", "name part"),
    ("label that is a number", DEPLOYMENT, [("metadata/labels/app", 1)], "BadRequest", "cannot unmarshal number"),
    # shape
    ("unknown field of the object", DEPLOYMENT, [("specs", {})], "BadRequest", 'unknown field "specs"'),
    ("misspelt field deep inside", DEPLOYMENT, [(f"{C}/imagePullPolcy", "Always")], "BadRequest", "imagePullPolcy"),
    ("misspelt field of a probe", DEPLOYMENT, [(f"{C}/livenessProbe/periodSecond", 3)], "BadRequest", "periodSecond"),
    ("replicas as a text", DEPLOYMENT, [("spec/replicas", "two")], "BadRequest", "cannot unmarshal string"),
    ("replicas as a fraction", DEPLOYMENT, [("spec/replicas", 1.5)], "BadRequest", "cannot unmarshal number"),
    ("negative replicas", DEPLOYMENT, [("spec/replicas", -1)], "Invalid", "greater than or equal to 0"),
    ("replicas beyond 32 bits", DEPLOYMENT, [("spec/replicas", 2**31)], "Invalid", "less than or equal"),
    ("containers as an object", DEPLOYMENT, [(f"{P}/containers", {"name": "a"})], "BadRequest", "type array"),
    ("boolean as a text", DEPLOYMENT, [(f"{C}/securityContext/privileged", "true")], "BadRequest", "type boolean"),
    ("no selector", DEPLOYMENT, [("spec/selector", None)], "Invalid", "spec.selector: Required value"),
    ("no specification", DEPLOYMENT, [("spec", None)], "Invalid", "spec: Required value"),
    ("no containers", DEPLOYMENT, [(f"{P}/containers", [])], "Invalid", "containers: Required value"),
    ("container without image", DEPLOYMENT, [(f"{C}/image", None)], "Invalid", "image: Required value"),
    ("container without name", DEPLOYMENT, [(f"{C}/name", None)], "Invalid", "name: Required value"),
    ("another kind than the type's", DEPLOYMENT, [("kind", "DaemonSet")], "BadRequest", "the object says"),
    # enumerations
    ("pull policy", DEPLOYMENT, [(f"{C}/imagePullPolicy", "Sometimes")], "Invalid", "Unsupported value"),
    ("protocol in lower case", DEPLOYMENT, [(f"{C}/ports/0/protocol", "tcp")], "Invalid", "Unsupported value"),
    ("DNS policy", DEPLOYMENT, [(f"{P}/dnsPolicy", "Cluster")], "Invalid", "Unsupported value"),
    ("strategy", DEPLOYMENT, [("spec/strategy", {"type": "Rolling"})], "Invalid", "Unsupported value"),
    ("toleration effect", DEPLOYMENT, [(f"{P}/tolerations", [{"key": "a", "operator": "Exists", "effect": "No"}])], "Invalid", "NoSchedule"),
    ("seccomp type", DEPLOYMENT, [(f"{P}/securityContext/seccompProfile/type", "Default")], "Invalid", "RuntimeDefault"),
    ("service type", SERVICE, [("spec/type", "Loadbalancer")], "Invalid", "Unsupported value"),
    ("path type", INGRESS, [("spec/rules/0/http/paths/0/pathType", "prefix")], "Invalid", "Unsupported value"),
    ("access mode", CLAIM, [("spec/accessModes", ["ReadWrite"])], "Invalid", "Unsupported value"),
    ("policy type", POLICY, [("spec/policyTypes", ["ingress"])], "Invalid", "Unsupported value"),
    ("concurrency policy", CRON_JOB, [("spec/concurrencyPolicy", "Deny")], "Invalid", "Unsupported value"),
    ("metric type", SCALER, [("spec/metrics/0/type", "Cpu")], "Invalid", "Unsupported value"),
    ("scope of a definition", DEFINITION, [("spec/scope", "Global")], "Invalid", "Unsupported value"),
    # pods
    ("two containers of one name", DEPLOYMENT, [(f"{P}/containers/1", {**SECOND, "name": "control"})], "Invalid", "Duplicate value"),
    ("init container of the same name", DEPLOYMENT, [(f"{P}/initContainers", [{**SECOND, "name": "control"}])], "Invalid", "Duplicate"),
    ("two ports of one name", DEPLOYMENT, [(f"{C}/ports/1/name", "http")], "Invalid", "Duplicate value"),
    ("two equal ports", DEPLOYMENT, [(f"{C}/ports/1/containerPort", 8080)], "Invalid", "Duplicate value"),
    ("port 0", DEPLOYMENT, [(f"{C}/ports/0/containerPort", 0)], "Invalid", "greater than or equal to 1"),
    ("port 65536", DEPLOYMENT, [(f"{C}/ports/0/containerPort", 65536)], "Invalid", "less than or equal to 65535"),
    ("port name too long", DEPLOYMENT, [(f"{C}/ports/0/name", "a-very-long-name")], "Invalid", "no more than 15"),
    ("port name with an underscore", DEPLOYMENT, [(f"{C}/ports/0/name", "http_x")], "Invalid", "alpha-numeric"),
    ("variable twice", DEPLOYMENT, [(f"{C}/env/1/name", "MODE")], "Invalid", "Duplicate value"),
    ("variable with value and source", DEPLOYMENT, [(f"{C}/env/0/value", "x")], "Invalid", "may not be specified when `value`"),
    ("variable with two sources", DEPLOYMENT, [(f"{C}/env/0/valueFrom/fieldRef", {"fieldPath": "metadata.name"})], "Invalid", "more than one field"),
    ("variable name with =", DEPLOYMENT, [(f"{C}/env/0/name", "A=B")], "Invalid", "environment variable name"),
    ("quantity without meaning", DEPLOYMENT, [(f"{C}/resources/requests/cpu", "a lot")], "BadRequest", "quantities must match"),
    ("quantity of another system", DEPLOYMENT, [(f"{C}/resources/requests/memory", "256MB")], "BadRequest", "parse quantity's suffix"),
    ("request over limit", DEPLOYMENT, [(f"{C}/resources/requests/cpu", "2")], "Invalid", "less than or equal to cpu limit"),
    ("negative request", DEPLOYMENT, [(f"{C}/resources/requests/cpu", "-1")], "Invalid", "greater than or equal to 0"),
    ("resource that does not exist", DEPLOYMENT, [(f"{C}/resources/requests", {"cpus": "1"})], "Invalid", "standard resource"),
    ("mount of no volume", DEPLOYMENT, [(f"{C}/volumeMounts/0/name", "wrok")], "Invalid", 'Not found: "wrok"'),
    ("mount path twice", DEPLOYMENT, [(f"{C}/volumeMounts/0/mountPath", "/etc/apim")], "Invalid", "must be unique"),
    ("volume twice", DEPLOYMENT, [(f"{P}/volumes/1/name", "work")], "Invalid", "Duplicate value"),
    ("volume of no type", DEPLOYMENT, [(f"{P}/volumes/0/emptyDir", None)], "Invalid", "must specify a volume type"),
    ("volume of two types", DEPLOYMENT, [(f"{P}/volumes/0/hostPath", {"path": "/x"})], "Invalid", "more than 1 volume type"),
    ("probe without handler", DEPLOYMENT, [(f"{C}/livenessProbe", {"periodSeconds": 5})], "Invalid", "must specify a handler type"),
    ("probe with two handlers", DEPLOYMENT, [(f"{C}/livenessProbe/tcpSocket", {"port": 80})], "Invalid", "more than 1 handler"),
    ("probe period 0", DEPLOYMENT, [(f"{C}/livenessProbe/periodSeconds", 0)], "Invalid", "greater than or equal to 1"),
    ("liveness successes", DEPLOYMENT, [(f"{C}/livenessProbe/successThreshold", 2)], "Invalid", "must be 1"),
    ("probe of a port that no container has", DEPLOYMENT, [(f"{C}/livenessProbe/httpGet/port", "metrics")], "Unhealthy", "metrics"),
    ("privileged without escalation", DEPLOYMENT, [(f"{C}/securityContext/privileged", True)], "Invalid", "allowPrivilegeEscalation"),
    ("root that must not be root", DEPLOYMENT, [(f"{C}/securityContext/runAsNonRoot", True), (f"{C}/securityContext/runAsUser", 0)], "CreateContainerConfigError", "non-root"),
    ("restart policy of a Deployment", DEPLOYMENT, [(f"{P}/restartPolicy", "Never")], "Invalid", 'supported values: "Always"'),
    ("toleration of nothing", DEPLOYMENT, [(f"{P}/tolerations", [{"value": "x"}])], "Invalid", "operator must be Exists"),
    ("spread constraint twice", DEPLOYMENT, [(f"{P}/topologySpreadConstraints/1", {"maxSkew": 2, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"})], "Invalid", "Duplicate value"),
    ("spread by 0", DEPLOYMENT, [(f"{P}/topologySpreadConstraints/0/maxSkew", 0)], "Invalid", "greater than or equal to 1"),
    ("image with a space", DEPLOYMENT, [(f"{C}/image", "kong 3.9")], "Invalid", "invalid reference format"),
    # workloads
    ("selector that selects other labels", DEPLOYMENT, [("spec/selector/matchLabels/app", "other")], "Invalid", "`selector` does not match"),
    ("empty selector", DEPLOYMENT, [("spec/selector", {})], "Invalid", "empty selector"),
    ("neither surge nor unavailable", DEPLOYMENT, [("spec/strategy/rollingUpdate/maxSurge", 0)], "Invalid", "may not be 0 when `maxSurge` is 0"),
    ("surge that is no percentage", DEPLOYMENT, [("spec/strategy/rollingUpdate/maxSurge", "a%")], "Invalid", "percent string"),
    ("recreate with rolling parameters", DEPLOYMENT, [("spec/strategy/type", "Recreate")], "Invalid", "may not be specified when strategy"),
    ("claim template without size", STATEFUL, [("spec/volumeClaimTemplates/0/spec/resources/requests", {})], "Invalid", "resources[storage]: Required"),
    ("claim template twice", STATEFUL, [("spec/volumeClaimTemplates/1", {"metadata": {"name": "disk"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}})], "Invalid", "Duplicate value"),
    ("job without restart policy", JOB, [("spec/template/spec/restartPolicy", None)], "Invalid", "restartPolicy: Required"),
    ("job that restarts always", JOB, [("spec/template/spec/restartPolicy", "Always")], "Invalid", 'supported values: "OnFailure", "Never"'),
    ("job with a selector", JOB, [("spec/selector", {"matchLabels": {"a": "b"}})], "Invalid", "auto-generated"),
    ("indexed job without completions", JOB, [("spec/completionMode", "Indexed")], "Invalid", "completions: Required"),
    ("schedule of four fields", CRON_JOB, [("spec/schedule", "15 3 * *")], "Invalid", "expected exactly 5 fields"),
    ("schedule at minute 60", CRON_JOB, [("spec/schedule", "60 3 * * *")], "Invalid", "out of range"),
    ("cron job with a long name", CRON_JOB, [("metadata/name", "b" * 53)], "Invalid", "no more than 52"),
    ("autoscaler with min over max", SCALER, [("spec/maxReplicas", 1)], "Invalid", "greater than or equal to `minReplicas`"),
    ("autoscaler without target value", SCALER, [("spec/metrics/0/resource/target/averageUtilization", None)], "Invalid", "must set averageUtilization"),
    ("autoscaler without maximum", SCALER, [("spec/maxReplicas", None)], "Invalid", "maxReplicas: Required"),
    ("budget with both bounds", BUDGET, [("spec/minAvailable", 1)], "Invalid", "cannot be both set"),
    ("budget with a bad percentage", BUDGET, [("spec/maxUnavailable", "half")], "Invalid", "percent string"),
    # network
    ("two service ports without names", SERVICE, [("spec/ports", [{"port": 80}, {"port": 81}])], "Invalid", "name: Required"),
    ("two service ports of one name", SERVICE, [("spec/ports", [{"name": "a", "port": 80}, {"name": "a", "port": 81}])], "Invalid", "Duplicate"),
    ("two equal service ports", SERVICE, [("spec/ports", [{"name": "a", "port": 80}, {"name": "b", "port": 80}])], "Invalid", "Duplicate"),
    ("service without ports", SERVICE, [("spec/ports", [])], "Invalid", "spec.ports: Required"),
    ("cluster address that is none", SERVICE, [("spec/clusterIP", "auto")], "Invalid", "valid IP address"),
    ("headless load balancer", SERVICE, [("spec/type", "LoadBalancer"), ("spec/clusterIP", "None")], "Invalid", "may not be set to 'None'"),
    ("node port out of range", SERVICE, [("spec/type", "NodePort"), ("spec/ports/0/nodePort", 8080)], "Invalid", "30000-32767"),
    ("node port of a cluster service", SERVICE, [("spec/ports/0/nodePort", 30080)], "Invalid", "may not be used when `type`"),
    ("source ranges without load balancer", SERVICE, [("spec/loadBalancerSourceRanges", ["10.0.0.0/8"])], "Invalid", "may only be used when"),
    ("source range that is no CIDR", SERVICE, [("spec/type", "LoadBalancer"), ("spec/loadBalancerSourceRanges", ["10.0.0.0"  "/40"])], "Invalid", "valid CIDR"),
    ("external name without name", SERVICE, [("spec/type", "ExternalName")], "Invalid", "externalName: Required"),
    ("ingress without rules", INGRESS, [("spec/rules", None)], "Invalid", "either `defaultBackend` or `rules`"),
    ("ingress host with a port", INGRESS, [("spec/rules/0/host", "a.example.com:443")], "Invalid", "RFC 1123 subdomain"),
    ("ingress path without slash", INGRESS, [("spec/rules/0/http/paths/0/path", "api")], "Invalid", "absolute path"),
    ("ingress backend without port", INGRESS, [("spec/rules/0/http/paths/0/backend/service/port", {})], "Invalid", "port name or number is required"),
    ("ingress path without type", INGRESS, [("spec/rules/0/http/paths/0/pathType", None)], "Invalid", "pathType: Required"),
    ("policy peer of two kinds", POLICY, [("spec/egress/0/to/0/podSelector", {})], "Invalid", "may not specify both ipBlock"),
    ("policy exception outside", POLICY, [("spec/egress/0/to/0/ipBlock/except", ["10.9.0.0/24"])], "Invalid", "strict subset"),
    ("policy with a bad CIDR", POLICY, [("spec/egress/0/to/0/ipBlock/cidr", "10.0.0/8")], "Invalid", "valid CIDR"),
    ("policy port range backwards", POLICY, [("spec/ingress/0/ports/0/endPort", 80)], "Invalid", "greater than or equal to `port`"),
    ("policy port 70000", POLICY, [("spec/ingress/0/ports/0/port", 70000)], "Invalid", "between 1 and 65535"),
    ("policy selector with a bad operator", POLICY, [("spec/podSelector", {"matchExpressions": [{"key": "a", "operator": "Is"}]})], "Invalid", "Unsupported"),
    ("policy selector without values", POLICY, [("spec/podSelector", {"matchExpressions": [{"key": "a", "operator": "In"}]})], "Invalid", "must be specified when `operator`"),
    # storage, configuration, access
    ("claim of no size", CLAIM, [("spec/resources/requests/storage", "0")], "Invalid", "greater than zero"),
    ("claim without access mode", CLAIM, [("spec/accessModes", None)], "Invalid", "accessModes: Required"),
    ("configuration key with a slash", CONFIG_MAP, [("data", {"a/b": "x"})], "Invalid", "valid config key"),
    ("configuration that is a number", CONFIG_MAP, [("data/mode", 1)], "BadRequest", "cannot unmarshal number"),
    ("configuration of a megabyte", CONFIG_MAP, [("data/mode", "x" * (1024 * 1024 + 1))], "Invalid", "Too long"),
    ("secret that is not encoded", SECRET, [("data", {"password": "not base64!"})], "BadRequest", "illegal base64"),
    ("TLS secret without key", SECRET, [("type", "kubernetes.io/tls"), ("stringData", {"tls.crt": "x"})], "Invalid", "data[tls.key]: Required"),
    ("registry secret that is no JSON", SECRET, [("type", "kubernetes.io/dockerconfigjson"), ("stringData", {".dockerconfigjson": "x"})], "Invalid", "redacted"),
    ("rule without verbs", ROLE, [("rules/0/verbs", [])], "Invalid", "verbs: Required"),
    ("rule without resources", ROLE, [("rules/0/resources", None)], "Invalid", "at least one resource"),
    ("namespaced rule on URLs", ROLE, [("rules/0", {"nonResourceURLs": ["/x"], "verbs": ["get"]})], "Invalid", "namespaced rules"),
    ("binding to a kind that is no role", BINDING, [("roleRef/kind", "Group")], "Invalid", "Unsupported value"),
    ("binding of another API group", BINDING, [("roleRef/apiGroup", "rbac")], "Invalid", "Unsupported value"),
    ("account of an API group", BINDING, [("subjects/0/apiGroup", "v1")], "Invalid", "Unsupported value"),
    ("quota on a resource that is none", QUOTA, [("spec/hard", {"request.cpu": "1"})], "Invalid", "standard resource for quota"),
    ("limit default under its request", LIMITS, [("spec/limits/0/default/cpu", "50m")], "Invalid", "is greater than default value"),
    ("limit default over its maximum", LIMITS, [("spec/limits/0/default/cpu", "3")], "Invalid", "is greater than max value"),
    ("definition of another name", DEFINITION, [("metadata/name", "widget.example.com")], "Invalid", "spec.names.plural"),
    ("definition without stored version", DEFINITION, [("spec/versions/0/storage", False)], "Invalid", "exactly one version"),
    ("definition without schema", DEFINITION, [("spec/versions/0/schema", None)], "Invalid", "schemas are required"),
    # what the cluster holds
    ("namespace that does not exist", SECRET, [("metadata/namespace", "apin")], "NotFound", 'namespaces "apin" not found'),
    ("name that is taken", SECRET, [], "AlreadyExists", 'secrets "database" already exists'),
    ("kind that nobody defines", WIDGET, [("apiVersion", "example.org/v1")], "NoKindMatch", 'no matches for kind "Widget"'),
    ("version that is gone", BUDGET, [("apiVersion", "policy/v1beta1")], "NoKindMatch", 'in version "policy/v1beta1"'),
    ("version of a definition that is not served", WIDGET, [("apiVersion", "example.com/v2")], "NoKindMatch", "example.com/v2"),
    ("custom field that does not exist", WIDGET, [("spec/sise", 3)], "BadRequest", 'unknown field "spec.sise"'),
    ("custom field of another type", WIDGET, [("spec/size", "3")], "BadRequest", "cannot unmarshal string"),
    ("custom field out of range", WIDGET, [("spec/size", 10)], "Invalid", "less than or equal to 9"),
    ("custom field that is missing", WIDGET, [("spec/size", None)], "Invalid", "spec.size: Required"),
    ("custom enumeration", WIDGET, [("spec/color", "blue")], "Invalid", "Unsupported value"),
    ("custom pattern", WIDGET, [("spec/code", "A1")], "Invalid", "should match"),
    ("custom length", WIDGET, [("spec/code", "abcdef")], "Invalid", "Too long"),
    ("custom choice of both", WIDGET, [("spec/either", {"a": "x", "b": "y"})], "Invalid", "one and only one schema"),
    ("custom label", WIDGET, [("metadata/labels", {"a": "b c"})], "Invalid", "a valid label"),
]

CLEAN = {
    "Deployment": DEPLOYMENT,
    "StatefulSet": STATEFUL,
    "Job": JOB,
    "CronJob": CRON_JOB,
    "HorizontalPodAutoscaler": SCALER,
    "PodDisruptionBudget": BUDGET,
    "Service": SERVICE,
    "Ingress": INGRESS,
    "NetworkPolicy": POLICY,
    "PersistentVolumeClaim": CLAIM,
    "Role": ROLE,
    "RoleBinding": BINDING,
    "ResourceQuota": QUOTA,
    "LimitRange": LIMITS,
    "ConfigMap": CONFIG_MAP,
    "CustomResourceDefinition": DEFINITION,
    "Widget": WIDGET,
}
