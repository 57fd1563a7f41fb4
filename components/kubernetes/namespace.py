"""A namespace that is closed until opened: Pod Security, quota, defaults for containers, and no traffic but DNS."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after
from components.kubernetes.data import load
from components.kubernetes.pods import ContainerSize

POD_SECURITY_LABEL = "pod-security.kubernetes.io"


class NamespaceQuota(TypedDict):
    """The most that all pods of a namespace may ask for together."""

    cpu_millicores: int
    """CPU requests, in millicores."""
    memory_mib: int
    """Memory requests, in MiB."""
    limit_cpu_millicores: NotRequired[int]
    """CPU limits, in millicores; as the requests by default."""
    limit_memory_mib: NotRequired[int]
    """Memory limits, in MiB; as the requests by default."""
    storage_gib: int
    """Storage requests of all volume claims, in GiB; 0 allows none."""
    pods: int
    """Number of pods that have not ended."""
    load_balancers: NotRequired[int]
    """Number of services of type LoadBalancer; 0 by default, since load balancers are the infrastructure's."""


class NamespaceArgs(TypedDict):
    """Inputs of a namespace."""

    namespace: str
    """Name of the namespace: lower-case letters, digits and hyphens, at most 63."""
    quota: NamespaceQuota
    """What its pods may ask for together."""
    pod_security: NotRequired[str]
    """Pod Security Standard that is enforced: `restricted` (default), `baseline`, or `privileged` for add-ons that read the node."""
    container_request: NotRequired[ContainerSize]
    """Request of a container that names none (init containers, hook Jobs); a quota would refuse it otherwise. Default: `defaults.yaml`."""
    container_limit: NotRequired[ContainerSize]
    """Limit of a container that names none. Default: `defaults.yaml`."""
    labels: NotRequired[dict[str, str]]
    """Labels of the namespace beside its Pod Security labels."""


class Namespace(pulumi.ComponentResource):
    """A Kubernetes namespace with what guards it. Put into `depends_on` of whatever is installed in it."""

    namespace_name: pulumi.Output[str]
    """Name of the namespace, known once it is made."""

    def __init__(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:Namespace", name, {}, opts)
        level = args.get("pod_security", "restricted")
        modes = {f"{POD_SECURITY_LABEL}/{mode}": level for mode in ("enforce", "audit", "warn")}
        self.namespace = k8s.core.v1.Namespace(
            f"{name}-namespace",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=args["namespace"], labels={**args.get("labels", {}), **modes}),
            opts=after(self, opts),
        )
        inside = after(self, opts, self.namespace)
        self.quota = k8s.core.v1.ResourceQuota(
            f"{name}-quota",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="quota", namespace=args["namespace"]),
            spec=k8s.core.v1.ResourceQuotaSpecArgs(hard=_hard(args["quota"])),
            opts=inside,
        )
        self.limit_range = self._limit_range(name, args, inside)
        self.default_deny = k8s.networking.v1.NetworkPolicy(
            f"{name}-default-deny",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="default-deny", namespace=args["namespace"]),
            spec=k8s.networking.v1.NetworkPolicySpecArgs(
                pod_selector=k8s.meta.v1.LabelSelectorArgs(), policy_types=["Ingress", "Egress"]
            ),
            opts=inside,
        )
        self.allow_dns = self._allow_dns(name, args["namespace"], inside)
        self.namespace_name = self.namespace.metadata.apply(lambda metadata: metadata.name or "")
        self.register_outputs({"namespaceName": self.namespace_name})

    def _limit_range(self, name: str, args: NamespaceArgs, opts: pulumi.ResourceOptions) -> k8s.core.v1.LimitRange:
        defaults = load("defaults.yaml")["container"]
        return k8s.core.v1.LimitRange(
            f"{name}-limit-range",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="container-defaults", namespace=args["namespace"]),
            spec=k8s.core.v1.LimitRangeSpecArgs(
                limits=[
                    k8s.core.v1.LimitRangeItemArgs(
                        type="Container",
                        default_request=_quantities(args.get("container_request", defaults["request"])),
                        default=_quantities(args.get("container_limit", defaults["limit"])),
                    )
                ]
            ),
            opts=opts,
        )

    def _allow_dns(self, name: str, namespace: str, opts: pulumi.ResourceOptions) -> k8s.networking.v1.NetworkPolicy:
        dns = load("defaults.yaml")["dns"]
        return k8s.networking.v1.NetworkPolicy(
            f"{name}-allow-dns",
            metadata=k8s.meta.v1.ObjectMetaArgs(name="allow-dns", namespace=namespace),
            spec=k8s.networking.v1.NetworkPolicySpecArgs(
                pod_selector=k8s.meta.v1.LabelSelectorArgs(),
                policy_types=["Egress"],
                egress=[
                    k8s.networking.v1.NetworkPolicyEgressRuleArgs(
                        to=[
                            k8s.networking.v1.NetworkPolicyPeerArgs(
                                namespace_selector=k8s.meta.v1.LabelSelectorArgs(
                                    match_labels={"kubernetes.io/metadata.name": dns["namespace"]}
                                ),
                                pod_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=dns["labels"]),
                            )
                        ],
                        ports=[
                            k8s.networking.v1.NetworkPolicyPortArgs(port=dns["port"], protocol=protocol)
                            for protocol in ("UDP", "TCP")
                        ],
                    )
                ],
            ),
            opts=opts,
        )


def _hard(quota: NamespaceQuota) -> dict[str, str]:
    load_balancers = quota.get("load_balancers", 0)
    return {
        "requests.cpu": f"{quota['cpu_millicores']}m",
        "requests.memory": f"{quota['memory_mib']}Mi",
        "limits.cpu": f"{quota.get('limit_cpu_millicores', quota['cpu_millicores'])}m",
        "limits.memory": f"{quota.get('limit_memory_mib', quota['memory_mib'])}Mi",
        "requests.storage": f"{quota['storage_gib']}Gi",
        "pods": str(quota["pods"]),
        "services.loadbalancers": str(load_balancers),
        # A service of type LoadBalancer takes a node port for each of its ports: HTTP and HTTPS.
        "services.nodeports": str(2 * load_balancers),
    }


def _quantities(size: ContainerSize) -> dict[str, str]:
    return {"cpu": f"{size['cpu_millicores']}m", "memory": f"{size['memory_mib']}Mi"}
