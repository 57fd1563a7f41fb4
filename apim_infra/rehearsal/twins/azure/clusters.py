"""What Azure makes with a managed cluster: its addresses, its issuer, its node resource group, credentials of it."""

import base64
from collections.abc import Mapping
from typing import Any

import yaml

from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.inquiries import Answer, Inquiry
from apim_infra.rehearsal.twins.azure.table import Companion
from apim_infra.rehearsal.twins.cloud.values import is_mapping
from apim_infra.rehearsal.twins.cloud.world import Thing

CLUSTER = "azure-native:containerservice:ManagedCluster"
RESOURCE_GROUP = "azure-native:resources:ResourceGroup"
IDENTITY = "azure-native:managedidentity:UserAssignedIdentity"
CERTIFICATE = base64.b64encode(b"-----BEGIN CERTIFICATE-----\nrehearsal\n-----END CERTIFICATE-----\n").decode()


def _outputs(context: Context) -> Mapping[str, Any]:
    prefix = context.value("dnsPrefix") or context.value("fqdnSubdomain") or context.name
    host = f"{prefix}-{context.hexadecimal(8, 'host')}"
    group = _node_group(context)
    found: dict[str, Any] = {"nodeResourceGroup": group, "currentKubernetesVersion": context.value("kubernetesVersion")}
    if context.value("apiServerAccessProfile.enablePrivateCluster"):
        link = context.guid("link")
        found |= {"privateFQDN": f"{host}.{link}.privatelink.{context.location}.azmk8s.io"}
    else:
        found |= {"fqdn": f"{host}.hcp.{context.location}.azmk8s.io"}
    if context.value("oidcIssuerProfile.enabled"):
        issuer = f"https://{context.location}.oic.prod-aks.azure.com/{context.tenant}/{context.guid('issuer')}/"
        found["oidcIssuerProfile"] = {"enabled": True, "issuerURL": issuer}
    found["identityProfile"] = _kubelet(context, group)
    addons = context.inputs.get("addonProfiles")
    if is_mapping(addons):
        found["addonProfiles"] = {name: _addon(context, name, profile) for name, profile in addons.items()}
    return {name: value for name, value in found.items() if value is not None}


def _node_group(context: Context) -> str:
    given = context.value("nodeResourceGroup")
    own = context.id.split("/")[4]
    return given or f"MC_{own}_{context.name}_{context.location}"[:80]


def _kubelet(context: Context, group: str) -> dict[str, Any]:
    """Return the identity of the nodes: that of the program, or one in the node resource group."""
    given = context.value("identityProfile.kubeletidentity")
    if is_mapping(given) and given.get("resourceId"):
        return {"kubeletidentity": dict(given)}
    made = {
        "resourceId": f"{_managed(context, group)}/Microsoft.ManagedIdentity/userAssignedIdentities/{context.name}-agentpool",
        "clientId": context.guid("kubelet-client"),
        "objectId": context.guid("kubelet-object"),
    }
    return {"kubeletidentity": made}


def _managed(context: Context, group: str) -> str:
    return f"/subscriptions/{context.subscription}/resourceGroups/{group}/providers"


def _addon(context: Context, name: str, profile: Any) -> Any:
    if not is_mapping(profile) or not profile.get("enabled"):
        return profile
    group = _managed(context, _node_group(context))
    identity = f"{group}/Microsoft.ManagedIdentity/userAssignedIdentities/{name.lower()}-{context.name}"
    return {
        **profile,
        "identity": {
            "resourceId": identity,
            "clientId": context.guid(f"{name}-client"),
            "objectId": context.guid(f"{name}-object"),
        },
    }


def _companions(context: Context) -> list[Companion]:
    group = str(context.outputs["nodeResourceGroup"])
    made = [
        Companion(
            RESOURCE_GROUP,
            f"/subscriptions/{context.subscription}/resourceGroups/{group}",
            outputs={"name": group, "location": context.location},
        )
    ]
    profiles = [context.outputs["identityProfile"]["kubeletidentity"]]
    addons = context.outputs.get("addonProfiles")
    if is_mapping(addons):
        profiles += [addon["identity"] for addon in addons.values() if is_mapping(addon) and addon.get("identity")]
    for profile in profiles:
        arm_id = profile["resourceId"]
        if context.find(arm_id) is None:
            known = {"clientId": profile["clientId"], "principalId": profile["objectId"], "tenantId": context.tenant}
            made.append(Companion(IDENTITY, arm_id, outputs=known))
    return made


def _user_credentials(inquiry: Inquiry) -> Mapping[str, Any]:
    return _credentials(inquiry, "clusterUser")


def _admin_credentials(inquiry: Inquiry) -> Mapping[str, Any]:
    cluster = inquiry.thing(CLUSTER)
    if cluster.inputs.get("disableLocalAccounts"):
        message = f"Getting static credential is not allowed because this cluster {cluster['name']} is set to disable local accounts."
        raise inquiry.refuse("BadRequest", message, "resourceName", "use listManagedClusterUserCredentials")
    return _credentials(inquiry, "clusterAdmin")


def _credentials(inquiry: Inquiry, name: str) -> Mapping[str, Any]:
    cluster = inquiry.thing(CLUSTER)
    text = yaml.safe_dump(_configuration(cluster, name), sort_keys=False)
    return {"kubeconfigs": [{"name": name, "value": base64.b64encode(text.encode()).decode()}]}


def _configuration(cluster: Thing, user: str) -> Mapping[str, Any]:
    host = cluster["fqdn"] or cluster["privateFQDN"] or f"{cluster['name']}.azmk8s.io"
    name = str(cluster["name"])
    who = f"{user}_{name}"
    login = {
        "exec": {
            "apiVersion": "client.authentication.k8s.io/v1beta1",
            "command": "kubelogin",
            "args": [
                "get-token",
                "--environment",
                "AzurePublicCloud",
                "--server-id",
                "6dae42f8-4368-4678-94ff-3960e28e3630",
            ],
            "env": None,
            "provideClusterInfo": False,
        }
    }
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"certificate-authority-data": CERTIFICATE, "server": f"https://{host}:443"}}
        ],
        "contexts": [{"name": name, "context": {"cluster": name, "user": who}}],
        "current-context": name,
        "users": [{"name": who, "user": login}],
    }


OUTPUTS = {CLUSTER: _outputs}
COMPANIONS = {CLUSTER: _companions}
ANSWERS: Mapping[str, Answer] = {
    "azure-native:containerservice:listManagedClusterUserCredentials": _user_credentials,
    "azure-native:containerservice:listManagedClusterAdminCredentials": _admin_credentials,
}
