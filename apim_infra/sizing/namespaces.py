"""Names of the namespaces; that of the gateways is a setting."""

CONTROL_PLANE_NAMESPACE = "apim"
"""Namespace of the control plane."""

MICROSERVICES_NAMESPACE = "microservices"
"""Namespace of the services behind the gateways, which their own teams fill."""

INGRESS_NAMESPACE = "ingress"
"""Namespace of the ingress controller and its proxies."""

PLATFORM_NAMESPACE = "platform-system"
"""Namespace of controllers: load balancers, certificates, node scaling."""

MONITORING_NAMESPACE = "monitoring"
"""Namespace of metrics and alerts."""

LOGGING_NAMESPACE = "logging"
"""Namespace of log collection and the log store."""

CLUSTER_NAMESPACE = "kube-system"
"""Namespace of the cluster's own services, which the platform neither makes nor closes."""

RESERVED_NAMESPACES = (
    CONTROL_PLANE_NAMESPACE,
    MICROSERVICES_NAMESPACE,
    INGRESS_NAMESPACE,
    PLATFORM_NAMESPACE,
    MONITORING_NAMESPACE,
    LOGGING_NAMESPACE,
    CLUSTER_NAMESPACE,
    "kube-public",
    "kube-node-lease",
    "default",
)
"""Names that the gateways' namespace, a setting, cannot have."""
