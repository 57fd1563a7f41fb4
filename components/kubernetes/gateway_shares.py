"""Parts of a namespace's quota for gateway groups: priority classes, and quotas that are scoped to them."""

from collections.abc import Iterator, Sequence
from typing import TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.common import after, refuse

LOWEST_PRIORITY = -10
"""Below it the cluster autoscaler makes no room for a pod (its FAQ, `expendable-pods-priority-cutoff`)."""


class GatewayShare(TypedDict):
    """A priority class, and what its pods in one namespace may ask for together."""

    name: str
    """Name of the priority class and of the quota."""
    namespace: str
    """Namespace of the pods."""
    priority: int
    """Value of the class, -10 to 0: pods without a class have 0 and go before all others."""
    description: str
    """Whose it is."""
    cpu_millicores: int
    """CPU requests, and limits, in millicores."""
    memory_mib: int
    """Memory requests, and limits, in MiB."""
    pods: int
    """Number of pods that have not ended."""


class GatewaySharesArgs(TypedDict):
    """Inputs of the parts."""

    shares: Sequence[GatewayShare]
    """The parts; a class that stands in several namespaces is made once."""


class GatewayShares(pulumi.ComponentResource):
    """The parts. Children: `classes` by name and `quotas` by `<namespace>/<name>`. Put into `depends_on` of the groups' releases."""

    def __init__(self, name: str, args: GatewaySharesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:GatewayShares", name, {}, opts)
        refuse(name, _problems(args))
        self.classes: dict[str, k8s.scheduling.v1.PriorityClass] = {}
        self.quotas: dict[str, k8s.core.v1.ResourceQuota] = {}
        for share in args["shares"]:
            if share["name"] not in self.classes:
                self.classes[share["name"]] = self._class(name, share, after(self, opts))
            key = f"{share['namespace']}/{share['name']}"
            before = after(self, opts, self.classes[share["name"]])
            self.quotas[key] = self._quota(name, share, before)
        self.register_outputs({})

    def _class(self, name: str, share: GatewayShare, opts: pulumi.ResourceOptions) -> k8s.scheduling.v1.PriorityClass:
        return k8s.scheduling.v1.PriorityClass(
            f"{name}-{share['name']}-class",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=share["name"]),
            value=share["priority"],
            description=share["description"],
            opts=opts,
        )

    def _quota(self, name: str, share: GatewayShare, opts: pulumi.ResourceOptions) -> k8s.core.v1.ResourceQuota:
        cpu, memory = f"{share['cpu_millicores']}m", f"{share['memory_mib']}Mi"
        in_class = k8s.core.v1.ScopedResourceSelectorRequirementArgs(
            scope_name="PriorityClass", operator="In", values=[share["name"]]
        )
        return k8s.core.v1.ResourceQuota(
            f"{name}-{share['namespace']}-{share['name']}-quota",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=share["name"], namespace=share["namespace"]),
            spec=k8s.core.v1.ResourceQuotaSpecArgs(
                hard={
                    "requests.cpu": cpu,
                    "requests.memory": memory,
                    "limits.cpu": cpu,
                    "limits.memory": memory,
                    "pods": str(share["pods"]),
                },
                scope_selector=k8s.core.v1.ScopeSelectorArgs(match_expressions=[in_class]),
            ),
            opts=opts,
        )


def _problems(args: GatewaySharesArgs) -> Iterator[tuple[str, str]]:
    values: dict[str, int] = {}
    for position, share in enumerate(args["shares"]):
        path = f"shares[{position}]"
        if not LOWEST_PRIORITY <= share["priority"] <= 0:
            yield f"{path}.priority", f"{share['priority']} is not between {LOWEST_PRIORITY} and 0: choose one that is"
        if values.setdefault(share["name"], share["priority"]) != share["priority"]:
            yield f"{path}.priority", f"class {share['name']} has another one already: give it one priority"
