"""AKS: wrong requests that its resource provider refuses."""

from typing import Any

from azure_cases.case import Case, Step
from azure_cases.containerservice_given import NETWORKED, OVERLAY, SYSTEM, system
from azure_cases.given import ADDRESS, CLUSTER, IDENTITY, NAT, NETWORK, SECOND_SUBNET, SUBNET

AKS = "AKS"
SUBSCRIPTION = "/subscriptions/00000000-0000-4000-8000-000000000001"
ROLES = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
OPERATOR, NETWORK_CONTRIBUTOR = "f1a07417-d97a-45cb-824c-7a7467783830", "4d97b98b-1d4f-4787-a291-c67834d212e7"
DNS_CONTRIBUTOR = "b12aa53e-6015-4669-85d0-8515ebb3ae7f"

KUBELET = Step("managedidentity:UserAssignedIdentity", "kubelet", {"resourceName": "kubelet"})
KEY_ID = "https://vault.vault.azure.net/keys/cluster/0123456789abcdef0123456789abcdef"
NAT_SUBNET = SUBNET.but(natGateway={"id": "${nat.id}"})
WITH_NAT = (NETWORK, ADDRESS, NAT, NAT_SUBNET)
ZONE = Step("privatedns:PrivateZone", "zone", {"privateZoneName": "privatelink.westeurope.azmk8s.io"})


def network(**changes: Any) -> Step:
    """Return the cluster with another network."""
    return CLUSTER.but(networkProfile={name: value for name, value in {**OVERLAY, **changes}.items() if value})


def role(name: str, guid: str, scope: str) -> Step:
    """Return the assignment of a role to the identity of the control plane."""
    return Step(
        "authorization:RoleAssignment",
        name,
        {
            "roleDefinitionId": f"{ROLES}/{guid}",
            "principalId": "${identity.principalId}",
            "principalType": "ServicePrincipal",
            "scope": scope,
        },
    )


OWNED = CLUSTER.but(identity={"type": "UserAssigned", "userAssignedIdentities": ["${identity.id}"]})
KUBELET_PROFILE = {"kubeletidentity": {"resourceId": "${kubelet.id}"}}
PRIVATE = {"enablePrivateCluster": True}

CASES = (
    Case(
        AKS,
        "version that is out of support",
        CLUSTER.but(kubernetesVersion="1.30"),
        "K8sVersionNotSupported",
        CLUSTER,
        path="kubernetesVersion",
    ),
    Case(
        AKS,
        "version of long-term support in the standard plan",
        CLUSTER.but(kubernetesVersion="1.32"),
        "K8sVersionNotSupported",
        CLUSTER,
    ),
    Case(
        AKS,
        "long-term support below the tier Premium",
        CLUSTER.but(supportPlan="AKSLongTermSupport", sku={"name": "Base", "tier": "Standard"}),
        "BadRequest",
        CLUSTER.but(supportPlan="AKSLongTermSupport", sku={"name": "Base", "tier": "Premium"}),
        path="sku.tier",
    ),
    Case(
        AKS,
        "older version than the cluster has",
        CLUSTER.but(kubernetesVersion="1.35"),
        "InvalidClusterVersion",
        CLUSTER,
        (CLUSTER,),
        "update",
    ),
    Case(
        AKS,
        "minor version that is skipped",
        CLUSTER.but(kubernetesVersion="1.36"),
        "InvalidClusterVersion",
        CLUSTER.but(kubernetesVersion="1.35"),
        (CLUSTER.but(kubernetesVersion="1.34"),),
        "update",
    ),
    Case(AKS, "cluster without a system pool", system(mode="User"), "MustDefineAtLeastOneSystemPool", CLUSTER),
    Case(AKS, "cluster without an identity", CLUSTER.but(identity=None), "InvalidParameter", CLUSTER, path="identity"),
    Case(
        AKS,
        "range of services of a /12",
        network(serviceCidr="172.16.0.0/12", dnsServiceIP="172.16.0.10"),
        "InvalidParameter",
        NETWORKED,
    ),
    Case(
        AKS,
        "address of DNS outside of the services",
        network(dnsServiceIP="10.0.0.10"),
        "DnsServiceIpOutOfServiceCidr",
        NETWORKED,
        path="networkProfile.dnsServiceIP",
    ),
    Case(
        AKS,
        "address of DNS that is the Kubernetes API's",
        network(dnsServiceIP="172.20.0.1"),
        "DnsServiceIpConflicting",
        NETWORKED,
    ),
    Case(
        AKS, "pods in the range of services", network(podCidr="172.20.128.0/17"), "PodCidrOverlapServiceCidr", NETWORKED
    ),
    Case(
        AKS,
        "range of pods that AKS keeps for itself",
        network(podCidr="172.30.0.0/16"),
        "InvalidParameter",
        NETWORKED,
        path="networkProfile.podCidr",
    ),
    Case(
        AKS,
        "range of pods for fewer nodes than there may be",
        network(podCidr="10.244.0.0/23"),
        "InsufficientPodCidr",
        NETWORKED,
    ),
    Case(
        AKS,
        "services in a subnet of the network",
        network(serviceCidr="10.0.0.0/24", dnsServiceIP="10.0.0.10").but(
            agentPoolProfiles=[{**SYSTEM, "vnetSubnetID": "${subnet.id}"}]
        ),
        "ServiceCidrOverlapExistingSubnetsCidr",
        NETWORKED.but(agentPoolProfiles=[{**SYSTEM, "vnetSubnetID": "${subnet.id}"}]),
        (NETWORK, SUBNET),
    ),
    Case(
        AKS,
        "pods in a subnet of the network",
        network(podCidr="10.0.0.0/16").but(agentPoolProfiles=[{**SYSTEM, "vnetSubnetID": "${subnet.id}"}]),
        "PodCidrOverlapExistingSubnetsCidr",
        NETWORKED.but(agentPoolProfiles=[{**SYSTEM, "vnetSubnetID": "${subnet.id}"}]),
        (NETWORK, SUBNET),
    ),
    Case(
        AKS,
        "Calico on the data plane of Cilium",
        network(networkPolicy="calico"),
        "BadRequest",
        network(networkPolicy="calico", networkDataplane="azure"),
    ),
    Case(
        AKS,
        "policies of Cilium on the data plane of Azure",
        network(networkDataplane="azure"),
        "NetworkPolicyNotSupported",
        NETWORKED,
    ),
    Case(
        AKS,
        "data plane of Cilium without Azure CNI",
        network(networkPlugin="none"),
        "BadRequest",
        NETWORKED,
        path="networkProfile.networkPlugin",
    ),
    Case(
        AKS,
        "Azure's own network policies",
        network(networkPolicy="azure", networkDataplane="azure"),
        "NetworkPolicyRetired",
        NETWORKED,
        warning=True,
    ),
    Case(AKS, "basic load balancer", network(loadBalancerSku="basic"), "InvalidLoadBalancerSku", NETWORKED),
    Case(
        AKS,
        "outbound ports that are no multiple of eight",
        network(loadBalancerProfile={"allocatedOutboundPorts": 100}),
        "InvalidLoadBalancerProfileAllocatedOutboundPorts",
        network(loadBalancerProfile={"allocatedOutboundPorts": 1024}),
    ),
    Case(
        AKS,
        "NAT gateway of one's own without a subnet",
        network(outboundType="userAssignedNATGateway"),
        "UserAssignedNATGatewayWithManagedVNetNotAllowed",
        NETWORKED,
    ),
    Case(
        AKS,
        "subnet without the NAT gateway",
        network(outboundType="userAssignedNATGateway").but(
            agentPoolProfiles=[{**SYSTEM, "vnetSubnetID": "${second.id}"}]
        ),
        "SubnetNotAssociatedWithNATGateway",
        network(outboundType="userAssignedNATGateway").but(
            agentPoolProfiles=[{**SYSTEM, "vnetSubnetID": "${subnet.id}"}]
        ),
        (*WITH_NAT, SECOND_SUBNET),
        path="agentPoolProfiles[0].vnetSubnetID",
    ),
    Case(
        AKS,
        "routes of one's own without a route table",
        network(outboundType="userDefinedRouting").but(agentPoolProfiles=[{**SYSTEM, "vnetSubnetID": "${subnet.id}"}]),
        "ExistingRouteTableNotAssociatedWithSubnet",
        network(outboundType="none").but(agentPoolProfiles=[{**SYSTEM, "vnetSubnetID": "${subnet.id}"}]),
        (NETWORK, SUBNET),
    ),
    Case(
        AKS,
        "authorised ranges of a private API",
        CLUSTER.but(apiServerAccessProfile={**PRIVATE, "authorizedIPRanges": ["198.51.100.0/24"]}),
        "InvalidParameter",
        CLUSTER.but(apiServerAccessProfile=PRIVATE),
        path="apiServerAccessProfile.authorizedIPRanges",
    ),
    Case(
        AKS,
        "more than 200 authorised ranges",
        CLUSTER.but(
            apiServerAccessProfile={"authorizedIPRanges": [f"198.51.100.{number}/32" for number in range(201)]}
        ),
        "InvalidParameter",
        CLUSTER.but(apiServerAccessProfile={"authorizedIPRanges": ["198.51.100.0/24"]}),
    ),
    Case(
        AKS,
        "private API without any name",
        CLUSTER.but(
            apiServerAccessProfile={**PRIVATE, "privateDNSZone": "none", "enablePrivateClusterPublicFQDN": False}
        ),
        "NonePrivateDNSZonePublicFQDNDisabledError",
        CLUSTER.but(
            apiServerAccessProfile={**PRIVATE, "privateDNSZone": "none", "enablePrivateClusterPublicFQDN": True}
        ),
    ),
    Case(
        AKS,
        "private zone of another service",
        OWNED.but(apiServerAccessProfile={**PRIVATE, "privateDNSZone": "${zone.id}"}),
        "InvalidPrivateDNSZoneResourceID",
        OWNED.but(apiServerAccessProfile=PRIVATE),
        (IDENTITY, ZONE.but(privateZoneName="privatelink.vaultcore.azure.net")),
    ),
    Case(
        AKS,
        "private zone that the control plane may not write",
        OWNED.but(apiServerAccessProfile={**PRIVATE, "privateDNSZone": "${zone.id}"}),
        "CustomPrivateDNSZoneMissingPermissionError",
        OWNED.but(apiServerAccessProfile=PRIVATE),
        (IDENTITY, ZONE),
    ),
    Case(
        AKS,
        "private zone with the cluster's own identity",
        CLUSTER.but(apiServerAccessProfile={**PRIVATE, "privateDNSZone": "${zone.id}"}),
        "SystemAssignedIdentityNotSupportedForCustomPrivateDNSZone",
        OWNED.but(apiServerAccessProfile={**PRIVATE, "privateDNSZone": "${zone.id}"}),
        (IDENTITY, ZONE, role("names", DNS_CONTRIBUTOR, "${zone.id}")),
    ),
    Case(
        AKS,
        "subnet of the API server that is not delegated",
        CLUSTER.but(apiServerAccessProfile={"enableVnetIntegration": True, "subnetId": "${subnet.id}"}),
        "ApiserverSubnetConfigError",
        CLUSTER,
        (NETWORK, SUBNET),
    ),
    Case(
        AKS,
        "identity of nodes with the cluster's own identity",
        CLUSTER.but(identityProfile=KUBELET_PROFILE),
        "CustomKubeletIdentityOnlySupportedOnUserAssignedMSICluster",
        CLUSTER,
        (KUBELET,),
    ),
    Case(
        AKS,
        "identity of nodes that the control plane may not assign",
        OWNED.but(identityProfile=KUBELET_PROFILE),
        "CustomKubeletIdentityMissingPermissionError",
        OWNED,
        (IDENTITY, KUBELET),
    ),
    Case(
        AKS,
        "subnet that the control plane may not join",
        OWNED.but(agentPoolProfiles=[{**SYSTEM, "vnetSubnetID": "${second.id}"}]),
        "LinkedAuthorizationFailed",
        OWNED.but(agentPoolProfiles=[{**SYSTEM, "vnetSubnetID": "${subnet.id}"}]),
        (
            IDENTITY,
            NETWORK,
            SUBNET,
            SECOND_SUBNET,
            role("join", NETWORK_CONTRIBUTOR, "${subnet.id}"),
        ),
    ),
    Case(
        AKS,
        "key of secrets without its version",
        OWNED.but(securityProfile={"azureKeyVaultKms": {"enabled": True, "keyId": KEY_ID.rpartition("/")[0]}}),
        "InvalidParameter",
        OWNED.but(securityProfile={"azureKeyVaultKms": {"enabled": True, "keyId": KEY_ID}}),
        (IDENTITY,),
    ),
    Case(
        AKS,
        "key of secrets with the cluster's own identity",
        CLUSTER.but(securityProfile={"azureKeyVaultKms": {"enabled": True, "keyId": KEY_ID}}),
        "InvalidParameter",
        OWNED.but(securityProfile={"azureKeyVaultKms": {"enabled": True, "keyId": KEY_ID}}),
        (IDENTITY,),
    ),
    Case(
        AKS,
        "key in a private vault that the API server cannot reach",
        OWNED.but(
            securityProfile={"azureKeyVaultKms": {"enabled": True, "keyId": KEY_ID, "keyVaultNetworkAccess": "Private"}}
        ),
        "InvalidParameter",
        OWNED.but(securityProfile={"azureKeyVaultKms": {"enabled": True, "keyId": KEY_ID}}),
        (IDENTITY,),
        path="securityProfile.azureKeyVaultKms.keyVaultNetworkAccess",
    ),
    Case(
        AKS,
        "no local accounts and no Entra",
        CLUSTER.but(disableLocalAccounts=True),
        "BadRequest",
        CLUSTER.but(disableLocalAccounts=True, aadProfile={"managed": True}),
    ),
    Case(
        AKS,
        "Entra without RBAC",
        CLUSTER.but(aadProfile={"managed": True}, enableRBAC=False),
        "RBACNotEnabledForAAD",
        CLUSTER.but(aadProfile={"managed": True}, enableRBAC=True),
    ),
    Case(
        AKS,
        "administrators by the name of their group",
        CLUSTER.but(aadProfile={"managed": True, "adminGroupObjectIDs": ["platform-team"]}),
        "InvalidAdminGroupObjectID",
        CLUSTER.but(aadProfile={"managed": True, "adminGroupObjectIDs": ["6f1d2c3b-0a4e-4b5f-8c6d-7e8f90a1b2c3"]}),
    ),
    Case(
        AKS,
        "issuer that is switched off",
        CLUSTER.but(oidcIssuerProfile={"enabled": False}),
        "OIDCIssuerCannotBeDisabled",
        CLUSTER,
        (CLUSTER,),
        "update",
    ),
    Case(
        AKS,
        "workload identity without an issuer",
        CLUSTER.but(oidcIssuerProfile=None, securityProfile={"workloadIdentity": {"enabled": True}}),
        "BadRequest",
        CLUSTER.but(securityProfile={"workloadIdentity": {"enabled": True}}),
    ),
    Case(
        AKS,
        "images cleaned every twelve hours",
        CLUSTER.but(securityProfile={"imageCleaner": {"enabled": True, "intervalHours": 12}}),
        "InvalidParameter",
        CLUSTER.but(securityProfile={"imageCleaner": {"enabled": True, "intervalHours": 24}}),
    ),
    Case(
        AKS,
        "logs of containers without a workspace",
        CLUSTER.but(addonProfiles={"omsagent": {"enabled": True}}),
        "LogAnalyticsWorkspaceNotSet",
        CLUSTER,
    ),
    Case(
        AKS,
        "Defender without a workspace",
        CLUSTER.but(securityProfile={"defender": {"securityMonitoring": {"enabled": True}}}),
        "LogAnalyticsWorkspaceNotSetForAzureDefender",
        CLUSTER,
    ),
)
