"""Helm values of a group of Tyk's gateways.

The chart's own defaults are not safe: no requests, a certificate that everybody has, an administration API on the port of the API calls under a
password that everybody knows, and certificates of control planes that nobody verifies. What is set here closes each of these.
"""

from typing import Any

from apim_infra.products import tyk_values as common
from apim_infra.products.groups import group_labels, priority_class, proxy_port
from apim_infra.products.plans import Access
from apim_infra.products.profile import ContainerSize, Profile
from apim_infra.products.tyk import DASHBOARD, NAME, has_dashboard, has_pump, has_remote
from apim_infra.products.tyk_data import releases
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.tyk import TykPattern

CERTIFICATES = "/etc/certs/tyk-gateway"
DEFINITIONS = "/mnt/tyk-gateway/apps"
"""Where gateways without a dashboard read the definitions of APIs."""


def gateway_values(product: Profile, settings: StackSettings, group: GatewayGroup, access: Access) -> dict[str, Any]:
    """Return the values of chart `tyk-gateway` for one group; install it as release `profile.release(group.name)`."""
    return {
        "fullnameOverride": group.name,
        "global": {
            **common.registry(),
            "servicePorts": {"gateway": product.service.port, "dashboard": dashboard_port(product)},
            "tls": common.tls(dashboard=has_dashboard(settings)),
            "redis": common.redis(settings, access),
            "hashKeys": True,
            **common.api_secret(),
            **common.remote(settings),
        },
        "gateway": {
            "image": _image(settings, group),
            "containerPort": proxy_port(product, group),
            "service": {"type": "ClusterIP", "portName": "https"},
            # The administration API has a port of its own: it is not on the port of the API calls.
            "control": {
                "enabled": True,
                "containerPort": product.port("admin-tls"),
                "port": product.admin_service.port,
                "type": "ClusterIP",
            },
            "tls": common.certificates(CERTIFICATES),
            "useDashboardAppConfig": _dashboard(product, settings),
            "sharding": {"enabled": bool(group.tags), "tags": ",".join(group.tags)},
            "analyticsEnabled": "true" if has_pump(settings) else "false",
            "log": {"level": "info", "format": "json"},
            "podLabels": group_labels(group),
            **_size(product, group),
            **_scheduling(settings, group, access),
            **_probes(product),
            **_environment(settings, group),
            "securityContext": common.pod_security(),
            "containerSecurityContext": common.container_security(),
        },
    }


def dashboard_port(product: Profile) -> int:
    """Return the port of the dashboard and of its service."""
    return product.program_port(f"{DASHBOARD}.console")


def dashboard_url(product: Profile, settings: StackSettings) -> str:
    """Return the address of the dashboard inside of the cluster."""
    return f"https://dashboard-svc-{NAME}.{settings.gateway.namespace}.svc:{dashboard_port(product)}"


def _image(settings: StackSettings, group: GatewayGroup) -> dict[str, str]:
    """Return the image: the open-source build alone, the enterprise build under a licensed control plane."""
    minimal = settings.tyk.pattern is TykPattern.MINIMAL
    return common.image(
        "gateway" if minimal else "enterprise-gateway", group.image_tag or settings.gateway.image_tag or None
    )


def _dashboard(product: Profile, settings: StackSettings) -> dict[str, Any]:
    if not has_dashboard(settings):
        return {"enabled": False}
    url = dashboard_url(product, settings)
    return {"enabled": True, "dashboardConnectionString": url, "policyConnectionString": url}


def _size(product: Profile, group: GatewayGroup) -> dict[str, Any]:
    """Return requests and limits of every container, the autoscaler, and how a new version rolls out: with a floor of gateways that serve."""
    requests = ContainerSize(group.cpu_millicores, group.memory_mib)
    setup = common.image("setup")
    return {
        "resources": common.size(requests, ContainerSize(group.most_cpu_millicores, group.most_memory_mib)),
        "initContainers": {
            "setupDirectories": {
                "repository": setup["repository"],
                "tag": setup["tag"],
                "resources": common.size(product.init_container),
            }
        },
        "replicaCount": group.replicas.min,
        "autoscaling": {
            "enabled": True,
            "minReplicas": group.replicas.min,
            "maxReplicas": group.replicas.max,
            "averageCpuUtilization": group.cpu_percent,
        },
        # A budget for a single gateway would hold its node for ever.
        "pdb": {"enabled": True, "maxUnavailable": 1} if group.replicas.min > 1 else {"enabled": False},
        # By itself the chart takes one gateway away before it makes a new one; with the type alone Kubernetes keeps three quarters of them serving.
        "strategy": {"type": "RollingUpdate"},
    }


def _scheduling(settings: StackSettings, group: GatewayGroup, access: Access) -> dict[str, Any]:
    """Return the pool of the gateways, their spread over zones and nodes, and which of them go first when room is short."""
    name = priority_class(settings, group)
    return {
        **common.scheduling(access, "user"),
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": {"app": f"gateway-{group.name}"}},
            }
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
        **({"priorityClassName": name} if name else {}),
    }


def _probes(product: Profile) -> dict[str, Any]:
    """Return the probes. A gateway lives while it listens: it goes on serving without Redis, dashboard or control plane, and no restart brings them back."""
    port = product.port("admin-tls")
    hello = {"httpGet": {"scheme": "HTTPS", "path": "/hello", "port": port}}
    return {
        "startupProbe": {**hello, "periodSeconds": 2, "timeoutSeconds": 3, "failureThreshold": 60},
        "readinessProbe": {**hello, "periodSeconds": 5, "timeoutSeconds": 3, "failureThreshold": 3},
        "livenessProbe": {"tcpSocket": {"port": port}, "periodSeconds": 10, "timeoutSeconds": 3, "failureThreshold": 3},
    }


def _environment(settings: StackSettings, group: GatewayGroup) -> dict[str, Any]:
    """Return what the chart has no values for: authorities, how long analytics wait, and how a data plane does without its control plane."""
    data = releases()
    volumes, mounts = common.authority_volumes(settings)
    told = {"TYK_GW_ANALYTICSCONFIG_STORAGEEXPIRATIONTIME": str(data.analytics_seconds)}
    if has_remote(settings):
        # APIs, policies and keys are kept in the Redis beside the gateways, which serve from there while the control plane is away.
        told |= {
            "TYK_GW_SLAVEOPTIONS_ENABLERPCCACHE": "true",
            "TYK_GW_SLAVEOPTIONS_DISABLEKEYSPACESYNC": "false",
            "TYK_GW_SLAVEOPTIONS_CALLTIMEOUT": str(data.remote.call_timeout),
            "TYK_GW_SLAVEOPTIONS_PINGTIMEOUT": str(data.remote.ping_timeout),
            "TYK_GW_SLAVEOPTIONS_RPCPOOLSIZE": str(data.remote.connections),
        }
    if settings.tyk.pattern is TykPattern.MINIMAL:
        files = {"name": f"tyk-apis-{group.name}", "optional": True}
        volumes = [*volumes, {"name": "definitions", "configMap": files}]
        mounts = [*mounts, {"name": "definitions", "mountPath": DEFINITIONS, "readOnly": True}]
    return {
        "extraEnvs": [*common.authority_environment(), *({"name": key, "value": told[key]} for key in told)],
        "extraVolumes": volumes,
        "extraVolumeMounts": mounts,
    }
