"""Passwords that change by themselves, on their way to the pods that use them."""

import pulumi

from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.settings.deployments import deployments
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import PLATFORM_NAMESPACE
from components.kubernetes.credentials import ExternalSource
from components.kubernetes.external_secrets import ExternalSecrets
from components.kubernetes.reloader import Reloader
from components.outputs import Endpoint

STORE = "secrets-manager"
"""Name of the cluster's store of secrets."""


def build_secret_sync(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions
) -> list[pulumi.Resource]:
    """Build what brings new passwords into the cluster and restarts their users; nothing where no password changes."""
    if not any(endpoint.get("rotated") for endpoint in cloud.stores.values()):
        return []
    management, namespaces = placement(settings, "management"), _namespaces(settings)
    return [
        ExternalSecrets(
            naming.name("external-secrets"),
            {
                "namespace": PLATFORM_NAMESPACE,
                "region": settings.region,
                "store": STORE,
                "namespaces": namespaces,
                "placement": management,
            },
            options,
        ),
        Reloader(
            naming.name("reloader"),
            {"namespace": PLATFORM_NAMESPACE, "namespaces": namespaces, "placement": management},
            options,
        ),
    ]


def source_of(endpoint: Endpoint) -> ExternalSource | None:
    """Return where the current password of a store is, if it changes."""
    return {"store": STORE, "key": endpoint["secret_id"]} if endpoint.get("rotated") else None


def _namespaces(settings: StackSettings) -> list[str]:
    """Return the namespaces of the pods that use databases."""
    own = [deployment.settings for deployment in deployments(settings)]
    return [name for each in own for name in (each.control_plane.namespace, each.gateway.namespace)]
