"""The list of policies. It is importable: `policies/__main__.py` only starts it, and `apim policy check` runs the very same objects."""

from pulumi_policy import EnforcementLevel, Policy

from policies.azure_network import AZURE_NETWORK_POLICIES
from policies.azure_stores import AZURE_STORE_POLICIES
from policies.cluster import CLUSTER_POLICIES
from policies.kubernetes import KUBERNETES_POLICIES
from policies.network import NETWORK_POLICIES
from policies.reachability import REACHABILITY_POLICIES
from policies.stores import STORE_POLICIES
from policies.tags import TAG_POLICIES

NAME = "apim"
DEFAULT_LEVEL = EnforcementLevel.MANDATORY

POLICIES: tuple[Policy, ...] = (
    *STORE_POLICIES,
    *CLUSTER_POLICIES,
    *NETWORK_POLICIES,
    *KUBERNETES_POLICIES,
    *TAG_POLICIES,
    *REACHABILITY_POLICIES,
    *AZURE_STORE_POLICIES,
    *AZURE_NETWORK_POLICIES,
)
