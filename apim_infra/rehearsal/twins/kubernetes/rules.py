"""Which rules the API server holds for which kind, beyond the kinds' schemas."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.kubernetes import configuration, network, workloads
from apim_infra.rehearsal.twins.kubernetes.faults import invalid, required
from apim_infra.rehearsal.twins.kubernetes.objects import Object, has_pods, name_of, part
from apim_infra.rehearsal.twins.kubernetes.syntax import (
    label_1035_fault,
    label_fault,
    path_segment_fault,
    subdomain_fault,
)

Rule = Callable[[Object], Iterable[Problem]]

RULES: Mapping[str, Rule] = {
    "/ConfigMap": configuration.config_map,
    "/LimitRange": configuration.limit_range,
    "/PersistentVolumeClaim": workloads.claim,
    "/ResourceQuota": configuration.resource_quota,
    "/Secret": configuration.secret,
    "/Service": network.service,
    "apiextensions.k8s.io/CustomResourceDefinition": configuration.custom_resource_definition,
    "apps/Deployment": workloads.deployment,
    "apps/StatefulSet": workloads.stateful_set,
    "autoscaling/HorizontalPodAutoscaler": workloads.autoscaler,
    "batch/CronJob": workloads.cron_job,
    "batch/Job": workloads.job,
    "networking.k8s.io/Ingress": network.ingress,
    "networking.k8s.io/NetworkPolicy": network.network_policy,
    "policy/PodDisruptionBudget": workloads.disruption_budget,
    "rbac.authorization.k8s.io/ClusterRole": configuration.role,
    "rbac.authorization.k8s.io/ClusterRoleBinding": configuration.binding,
    "rbac.authorization.k8s.io/Role": configuration.role,
    "rbac.authorization.k8s.io/RoleBinding": configuration.binding,
    "scheduling.k8s.io/PriorityClass": workloads.priority_class,
}

_NAMES: Mapping[str, Callable[[str], str]] = {
    "/Namespace": label_fault,
    "/Service": label_1035_fault,
    "rbac.authorization.k8s.io/ClusterRole": path_segment_fault,
    "rbac.authorization.k8s.io/ClusterRoleBinding": path_segment_fault,
    "rbac.authorization.k8s.io/Role": path_segment_fault,
    "rbac.authorization.k8s.io/RoleBinding": path_segment_fault,
}


def check_name(key: str, manifest: Object) -> Iterator[Problem]:
    """Check the name of an object of a kind such as `apps/Deployment`."""
    name = name_of(manifest)
    if not name:
        yield required("metadata.name", "name or generateName is required")
    elif fault := _NAMES.get(key, subdomain_fault)(name):
        yield invalid("metadata.name", name, fault)
    namespace = part(manifest, "metadata").get("namespace")
    if namespace and (fault := label_fault(namespace)):
        yield invalid("metadata.namespace", namespace, fault)


def check_object(key: str, manifest: Object) -> Iterator[Problem]:
    """Check an object whose schema holds. Every field is of its type, which the rules rely on."""
    if has_pods(key):
        yield from workloads.check_workload(key, manifest)
    rule = RULES.get(key)
    if rule is not None:
        yield from rule(manifest)
