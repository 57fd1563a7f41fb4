"""How the Kubernetes provider logs in to AKS."""

import base64
from typing import Any

import pulumi
import pulumi_azure_native as azure
import yaml

SERVER_APPLICATION = "6dae42f8-4368-4678-94ff-3960e28e3630"
"""Application of every AKS API server in Entra, for which tokens are asked (kubelogin, using kubelogin with AKS, 2026)."""

LOGIN = "azurecli"
"""Whose token kubelogin takes: that of `az login`, which pipelines have too. A runner without it says another (`workloadidentity`, `msi`, `spn`) in the
environment, as `AAD_LOGIN_METHOD` (kubelogin, get-token, 2026)."""


def server(
    resource_group_name: pulumi.Input[str], cluster_name: pulumi.Input[str], opts: pulumi.InvokeOutputOptions
) -> pulumi.Output[dict[str, str]]:
    """Ask AKS for the address and the authority of its API server: `server` and `certificate-authority-data`, as a kubeconfig has them.

    AKS answers with a whole kubeconfig, which is a secret. Of a cluster without local accounts it holds no credential, and only these two are taken.
    """
    answer = azure.containerservice.list_managed_cluster_user_credentials_output(
        resource_group_name=resource_group_name, resource_name=cluster_name, opts=opts
    )
    return pulumi.Output.unsecret(answer.kubeconfigs.apply(lambda found: _server(found[0].value)))


def _server(encoded: str) -> dict[str, str]:
    document: Any = yaml.safe_load(base64.b64decode(encoded))
    cluster: dict[str, str] = document["clusters"][0]["cluster"]
    return {key: cluster[key] for key in ("server", "certificate-authority-data")}


def kubeconfig(
    name: pulumi.Input[str], found: pulumi.Input[dict[str, str]], tenant_id: pulumi.Input[str]
) -> pulumi.Output[str]:
    """Return a kubeconfig (JSON, which is YAML too) that asks `kubelogin get-token` for a token; it holds no credential. `found` is what `server` returns."""
    login = {
        "apiVersion": "client.authentication.k8s.io/v1beta1",
        "command": "kubelogin",
        "args": ["get-token", "--login", LOGIN, "--server-id", SERVER_APPLICATION, "--tenant-id", tenant_id],
        "interactiveMode": "Never",
        "provideClusterInfo": False,
    }
    return pulumi.Output.json_dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": name, "cluster": found}],
            "users": [{"name": name, "user": {"exec": login}}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name}}],
            "current-context": name,
        }
    )
