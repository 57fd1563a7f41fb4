"""Names of the namespaces that every deployment of a stack shares; those of a deployment's own are settings."""

INGRESS_NAMESPACE = "ingress"
"""Namespace of the ingress controller and its proxies."""

PLATFORM_NAMESPACE = "platform-system"
"""Namespace of controllers: load balancers, certificates, node scaling."""

MONITORING_NAMESPACE = "monitoring"
"""Namespace of metrics and alerts."""

LOGGING_NAMESPACE = "logging"
"""Namespace of log collection and the log store."""

MESH_NAMESPACE = "istio-system"
"""Namespace of the service mesh, where there is one."""

CLUSTER_NAMESPACE = "kube-system"
"""Namespace of the cluster's own services, which the platform neither makes nor closes."""

CALICO_NAMESPACE = "calico-system"
"""Namespace of Calico where the cloud brings it along (AKS), which the platform neither makes nor closes."""

CLOUDS_NAMESPACES: tuple[str, ...] = (CLUSTER_NAMESPACE, CALICO_NAMESPACE)
"""Namespaces of what the cloud runs in the cluster by itself."""

RESERVED_NAMESPACES: tuple[str, ...] = (
    INGRESS_NAMESPACE,
    PLATFORM_NAMESPACE,
    MONITORING_NAMESPACE,
    LOGGING_NAMESPACE,
    MESH_NAMESPACE,
    *CLOUDS_NAMESPACES,
    "kube-public",
    "kube-node-lease",
    "default",
)
"""Names that no namespace of a deployment can have."""
