"""Clusters that the cases of AKS and of its node pools begin with."""

from typing import Any

from azure_cases.case import Step
from azure_cases.given import CLUSTER

SYSTEM: dict[str, Any] = dict(CLUSTER.inputs["agentPoolProfiles"][0])
OVERLAY = {
    "networkPlugin": "azure",
    "networkPluginMode": "overlay",
    "networkDataplane": "cilium",
    "networkPolicy": "cilium",
    "podCidr": "10.244.0.0/16",
    "serviceCidr": "172.20.0.0/16",
    "dnsServiceIP": "172.20.0.10",
    "loadBalancerSku": "standard",
}
NETWORKED = CLUSTER.but(networkProfile=OVERLAY)


def system(**changes: Any) -> Step:
    """Return the cluster with another system pool."""
    return CLUSTER.but(agentPoolProfiles=[{**SYSTEM, **changes}])
