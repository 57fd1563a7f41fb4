"""Helm values of a Kong gateway group, from the settings and from what the platform has built.

The chart's own defaults are not safe: they set no requests, offer the admin API and the manager by NodePort, and the proxy
by a load balancer of its own. What is set here closes each of these.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apim_infra.products.groups import DIGEST, group_labels, image_reference, image_tag, priority_class, proxy_port
from apim_infra.products.profile import ContainerSize, Profile
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.stack import StackSettings


@dataclass(frozen=True, slots=True)
class GatewayDatabase:
    """Where a group's gateways keep their configuration. Values may be known only later: they are passed on untouched."""

    host: Any
    port: Any
    name: Any
    user: Any
    secret_name: Any
    """Kubernetes secret, in the gateways' namespace, with the password."""
    secret_key: str
    """Key of the password in the secret."""


@dataclass(frozen=True, slots=True)
class GatewayPlacement:
    """On which nodes the gateways run."""

    node_selector: Mapping[str, str]
    tolerations: Sequence[Mapping[str, str]]


def values(
    profile: Profile,
    settings: StackSettings,
    group: GatewayGroup,
    database: GatewayDatabase,
    placement: GatewayPlacement,
) -> dict[str, Any]:
    """Return the values of the chart for one gateway group; install it as release `profile.release(group.name)`."""
    return {
        "fullnameOverride": profile.release(group.name),
        "extraLabels": group_labels(group),
        "image": _image(profile, settings, group),
        "env": _environment(settings, group, database),
        "postgresql": {"enabled": False},
        "ingressController": {"enabled": False},
        **_listeners(profile, group),
        **_size(profile, settings, group),
        **_scheduling(profile, settings, group, placement),
        **_security(profile, group),
        "serviceMonitor": {"enabled": settings.observability.metrics.enabled, "trustCRDsExist": True},
    }


def _image(profile: Profile, settings: StackSettings, group: GatewayGroup) -> dict[str, str]:
    """Return the image. The chart joins repository and tag by a colon, so a digest is given as the whole reference.

    It chooses by version what it renders, and must be told the version where the tag is none: that of the profile.
    """
    repository, tag = profile.image.repository, image_tag(profile, settings, group)
    version = {} if re.match(r"\d+\.\d+\.\d+", tag) else {"effectiveSemver": profile.image.tag}
    if tag.startswith(DIGEST):
        return {"unifiedRepoTag": image_reference(repository, tag), **version}
    return {"repository": repository, "tag": tag, **version}


def _environment(settings: StackSettings, group: GatewayGroup, database: GatewayDatabase) -> dict[str, Any]:
    """Return Kong's own configuration: TLS to the database, and the client's address from the ingress alone."""
    return {
        "database": "postgres",
        "pg_host": database.host,
        "pg_port": database.port,
        "pg_database": database.name,
        "pg_user": database.user,
        "pg_password": {"valueFrom": {"secretKeyRef": {"name": database.secret_name, "key": database.secret_key}}},
        "pg_ssl": "on",
        "pg_ssl_required": "on",
        "router_flavor": "traditional_compatible",
        "nginx_worker_processes": str(max(1, group.cpu_millicores // 1000)),
        "trusted_ips": settings.network.cidr,
        "real_ip_header": "X-Forwarded-For",
        "real_ip_recursive": "on",
    }


def _listeners(profile: Profile, group: GatewayGroup) -> dict[str, Any]:
    """Return the listeners: the proxy in clear behind the ingress, the admin API by TLS, nothing outside the cluster."""
    off = {"enabled": False}
    return {
        "proxy": {
            "enabled": True,
            "type": "ClusterIP",
            "http": {
                "enabled": True,
                "containerPort": proxy_port(profile, group),
                "servicePort": profile.service.port,
            },
            "tls": off,
        },
        "admin": {
            "enabled": True,
            "type": "ClusterIP",
            "http": off,
            "tls": {
                "enabled": True,
                "containerPort": profile.port("admin-tls"),
                "servicePort": profile.admin_service.port,
            },
        },
        "status": {"enabled": True, "http": {"enabled": True, "containerPort": profile.port("status")}, "tls": off},
        "udpProxy": off,
        "manager": off,
        "portal": off,
        "portalapi": off,
        "cluster": off,
        "clustertelemetry": off,
    }


def _size(profile: Profile, settings: StackSettings, group: GatewayGroup) -> dict[str, Any]:
    """Return requests and limits of every container, the autoscaler, and how a new version rolls out."""
    surge = settings.sizing.surge
    job = profile.job("migrations")
    return {
        "resources": _resources(
            ContainerSize(group.cpu_millicores, group.memory_mib),
            ContainerSize(group.most_cpu_millicores, group.most_memory_mib),
        ),
        "initContainerResources": _resources(profile.init_container),
        "migrations": {
            "preUpgrade": True,
            "postUpgrade": True,
            "resources": _resources(ContainerSize(job.cpu_millicores, job.memory_mib)),
        },
        "replicaCount": group.replicas.min,
        "autoscaling": {
            "enabled": True,
            "minReplicas": group.replicas.min,
            "maxReplicas": group.replicas.max,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": group.cpu_percent},
                    },
                }
            ],
        },
        # The chart refuses a budget for a single gateway, which could never be moved.
        "podDisruptionBudget": {"enabled": True, "maxUnavailable": 1} if group.replicas.min > 1 else {"enabled": False},
        "updateStrategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": surge, "maxUnavailable": 0 if surge else 1},
        },
    }


def _resources(requests: ContainerSize, limits: ContainerSize | None = None) -> dict[str, dict[str, str]]:
    """Return requests and limits, which equal them where they are not given: the namespace's quota holds for both."""
    sizes = {"requests": requests, "limits": limits or requests}
    return {name: {"cpu": f"{size.cpu_millicores}m", "memory": f"{size.memory_mib}Mi"} for name, size in sizes.items()}


def _scheduling(
    profile: Profile, settings: StackSettings, group: GatewayGroup, placement: GatewayPlacement
) -> dict[str, Any]:
    """Return the pool of the gateways, their spread over zones and nodes, and which of them go first when room is short."""
    name = priority_class(settings, group)
    gateways = {"matchLabels": {"app": profile.release(group.name)}}
    return {
        "nodeSelector": dict(placement.node_selector),
        "tolerations": [dict(toleration) for toleration in placement.tolerations],
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": key,
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": gateways,
            }
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
        **({"priorityClassName": name} if name else {}),
    }


def _security(profile: Profile, group: GatewayGroup) -> dict[str, Any]:
    """Return what the restricted Pod Security Standard asks for, and an account that may do nothing."""
    seccomp = {"type": "RuntimeDefault"}
    return {
        "deployment": {
            "serviceAccount": {
                "create": True,
                "name": profile.release(group.name),
                "automountServiceAccountToken": False,
            }
        },
        "securityContext": {"runAsNonRoot": True, "seccompProfile": seccomp},
        "containerSecurityContext": {
            "enabled": True,
            "readOnlyRootFilesystem": True,
            "allowPrivilegeEscalation": False,
            "runAsUser": 1000,
            "runAsGroup": 1000,
            "runAsNonRoot": True,
            "seccompProfile": seccomp,
            "capabilities": {"drop": ["ALL"]},
        },
    }
