"""Helm values of Tyk's dashboard, of MDCB, and of the portals of its organisations."""

import json
from typing import Any

from apim_infra.products import tyk_values as common
from apim_infra.products.plans import Access
from apim_infra.products.profile import BACKEND_CERTIFICATE, ROLE_LABEL, Profile, Program
from apim_infra.products.tyk import (
    AUTHORITY_SECRET,
    MDCB,
    MDCB_SECRET,
    NAME,
    PORTAL,
    administrator_secret,
    fqdn,
    managing_group,
    portal_secret,
)
from apim_infra.products.tyk_gateway import dashboard_port, dashboard_url
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.tyk import TykOrganisation

LABELS = {ROLE_LABEL: "control-plane"}
DASHBOARD_CERTIFICATES = "/etc/certs/tyk-dashboard"
PORTAL_CERTIFICATES = "/etc/certs/portal"


def dashboard_values(product: Profile, settings: StackSettings, program: Program, access: Access) -> dict[str, Any]:
    """Return the values of chart `tyk-dashboard`; its objects are called `dashboard-tyk`."""
    group = managing_group(settings)
    volumes, mounts = common.authority_volumes(settings)
    service = product.admin_service_name(group.name)
    return {
        "fullnameOverride": NAME,
        "global": {
            **common.registry(),
            "servicePorts": {"dashboard": dashboard_port(product), "gateway": product.service.port},
            "tls": common.tls(dashboard=True),
            "redis": common.redis(settings, access),
            "hashKeys": True,
            # The chart makes an administrator with a password that everybody knows unless a secret is named.
            "adminUser": {"useSecretName": administrator_secret(settings.tyk.organisations[0])},
            **common.api_secret(),
            **common.postgresql(),
        },
        "dashboard": {
            "image": common.image("dashboard"),
            "replicaCount": program.replicas,
            "containerPort": dashboard_port(product),
            "service": {"type": "ClusterIP", "portName": "https"},
            "hostName": fqdn(settings, settings.tyk.dashboard_host),
            "tykApiHost": f"https://{service}.{settings.gateway.namespace}.svc",
            "tykApiPort": str(product.admin_service.port),
            "hostConfig": {
                "enableHostNames": True,
                "disableOrgSlugPrefix": True,
                "overrideHostname": fqdn(settings, settings.ingress.public.hosts.api),
            },
            "enableMultiOrgUsers": True,
            "tls": common.certificates(DASHBOARD_CERTIFICATES),
            "resources": common.size(program.requests, program.limits),
            "podLabels": LABELS,
            **common.scheduling(access, program.pool),
            **common.apart({"app": f"dashboard-{NAME}"}),
            "securityContext": common.pod_security(),
            "containerSecurityContext": common.container_security(),
            "extraEnvs": common.authority_environment(),
            "extraVolumes": volumes,
            "extraVolumeMounts": mounts,
        },
    }


def mdcb_values(product: Profile, settings: StackSettings, program: Program, access: Access) -> dict[str, Any]:
    """Return the values of chart `tyk-mdcb`; its objects are called `mdcb-tyk`. It ends TLS itself, under the name that data planes call."""
    folder = "/etc/certs"
    return {
        "global": {
            **common.registry(),
            "redis": {**common.redis(settings, access), "storage": {"database": 0}, **_mdcb_authorities(settings)},
            "hashKeys": True,
            **common.postgresql(),
            **common.synchroniser(settings),
        },
        "mdcb": {
            "fullnameOverride": NAME,
            "useSecretName": MDCB_SECRET,
            "image": common.image("mdcb"),
            "replicaCount": program.replicas,
            "listenPort": product.program_port(f"{MDCB}.rpc"),
            "httpPort": product.program_port(f"{MDCB}.health"),
            "service": {"type": "ClusterIP", "port": product.program_port(f"{MDCB}.rpc")},
            "tls": {
                "useSSL": True,
                "certificatesMountPath": folder,
                "certificateKeyFile": f"{folder}/tls.key",
                "certificateCertFile": f"{folder}/tls.crt",
                "secretName": certificate_secret(MDCB),
                "volumeName": "certificate",
            },
            "resources": common.size(program.requests, program.limits),
            "podLabels": LABELS,
            **common.scheduling(access, program.pool),
            **common.apart({"app.kubernetes.io/instance": MDCB}),
            "podSecurityContext": common.pod_security(),
            # The chart has no place for a volume of temporary files.
            "containerSecurityContext": {**common.container_security(), "readOnlyRootFilesystem": False},
            "serviceAccount": {"enabled": True, "automount": False, "name": f"{MDCB}-{NAME}"},
            "extraEnvs": common.authority_environment(),
        },
    }


def _mdcb_authorities(settings: StackSettings) -> dict[str, Any]:
    """Return how MDCB finds the authorities that the settings bring: in the volume for Redis.

    The chart writes volumes beside its own where YAML does not allow them, so it is given none.
    """
    if not common.brought_authorities(settings):
        return {}
    return {"secretName": AUTHORITY_SECRET, "volumeName": "authorities", "certificatesMountPath": common.AUTHORITIES}


def portal_values(
    product: Profile, settings: StackSettings, program: Program, organisation: TykOrganisation, access: Access
) -> dict[str, Any]:
    """Return the values of chart `tyk-dev-portal` for one organisation; its objects are called after it, and its data are in a database of its own."""
    volumes, mounts = common.authority_volumes(settings)
    certificate = {
        "Name": program.service_name,
        "CertFile": f"{PORTAL_CERTIFICATES}/tls.crt",
        "KeyFile": f"{PORTAL_CERTIFICATES}/tls.key",
    }
    told = {
        "PORTAL_TLS_ENABLE": "true",
        "PORTAL_TLS_INSECURE_SKIP_VERIFY": "false",
        "PORTAL_TLS_CERTIFICATES": json.dumps([certificate], separators=(",", ":")),
    }
    return {
        "fullnameOverride": organisation.name,
        "global": {
            **common.registry(),
            "adminUser": {"useSecretName": administrator_secret(organisation)},
            "tls": {"dashboard": True, "devPortal": True},
            "servicePorts": {"dashboard": dashboard_port(product)},
            # Its first administrator is made by the organisation's own Job.
            "components": {"bootstrap": False},
        },
        "useSecretName": portal_secret(organisation),
        "hostName": fqdn(settings, organisation.portal_host or ""),
        "overrideTykDashUrl": dashboard_url(product, settings),
        # Its pages and pictures are in its database: no volume, and any number of pods.
        "kind": "Deployment",
        "storage": {"type": "db"},
        "database": {"dialect": "postgres"},
        "image": common.image("portal"),
        "replicaCount": program.replicas,
        "containerPort": product.program_port(f"{PORTAL}.portal"),
        "service": {"type": "ClusterIP", "port": program.ports[0].port, "portName": "https"},
        "resources": common.size(program.requests, program.limits),
        "podLabels": LABELS,
        **common.scheduling(access, program.pool),
        **common.apart({"app": organisation.name}),
        "securityContext": common.pod_security(),
        "containerSecurityContext": common.container_security(),
        "extraEnvs": [*common.authority_environment(), *({"name": key, "value": told[key]} for key in told)],
        "extraVolumes": [*volumes, {"name": "certificate", "secret": {"secretName": BACKEND_CERTIFICATE}}],
        "extraVolumeMounts": [
            *mounts,
            {"name": "certificate", "mountPath": PORTAL_CERTIFICATES, "readOnly": True},
        ],
    }


def certificate_secret(program: str) -> str:
    """Return the secret with the certificate of a program that ends TLS itself."""
    return f"{program}-tls"
