"""Helm values of the gateways of one group of Layer7.

The chart's own defaults are for a demonstration: load balancers for the APIs and for administration, passwords in clear, a database of its own, no requests
and no security context. What is set here closes each of these.
"""

from typing import Any

from apim_infra.products.groups import group_labels, image_tag
from apim_infra.products.layer7_parts import (
    KEYSTORE,
    LICENSE,
    SERVER,
    TOKEN_DATABASE,
    TOKEN_SERVICE,
    Cluster,
    has_grid,
    has_server,
    has_token_service,
    heap_mib,
    listen_ports,
    parts,
)
from apim_infra.products.plans import Access, Composed, Generated, PoolPlacement, StoreAccess
from apim_infra.products.profile import ROLE_LABEL, ContainerSize, Profile
from apim_infra.settings.environment import Cloud
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.layer7 import DataGrid, ServiceMetrics
from apim_infra.settings.stack import StackSettings

METRICS_DATABASE = "serviceMetricsDb"
"""Database of InfluxDB that the chart's metrics policy writes to."""


def credentials(product: Profile, group: str) -> str:
    """Return the name of the secret with a group's credentials, under the fixed names that the gateways know."""
    return f"{product.release(group)}-credentials"


def values(
    product: Profile, settings: StackSettings, access: Access, cluster: Cluster, group: GatewayGroup
) -> dict[str, Any]:
    """Return the values of the chart for one gateway group; install it as release `product.release(group.name)`."""
    release, gateways = product.release(group.name), access.placements["user"]
    known: dict[str, Any] = {
        "fullnameOverride": release,
        "license": {"accept": settings.layer7.accept_license, "existingSecretName": LICENSE},
        "image": {
            "registry": "docker.io",
            "repository": product.image.repository,
            "tag": image_tag(product, settings, group),
            "pullPolicy": "IfNotPresent",
        },
        "existingGatewaySecretName": credentials(product, group.name),
        "clusterHostname": f"{settings.ingress.public.hosts.api}.{settings.company_domain}",
        # In the secret; the chart's own ones are known to everybody.
        "clusterPassword": "",
        "tls": {"useSignedCertificates": True, "existingSecretName": KEYSTORE},
        "database": {
            "enabled": True,
            "create": False,
            "jdbcURL": jdbc_url(settings, access, cluster.database),
            "name": cluster.database,
            "username": "",
            "password": "",
        },
        "podLabels": group_labels(group),
        "serviceAccount": {"create": True, "name": release},
        "restartOnConfigChange": {"enabled": True},
        "ingress": {"enabled": False},
        "kubernetesGateway": {"enabled": False},
        **_services(product, settings, group),
        **_size(settings, group),
        **_probes(),
        **_scheduling(release, gateways),
        **_security(),
        "pmtagger": _pm_tagger(access.placements["management"]),
        "config": _config(settings, group),
        **_grid(settings, cluster),
    }
    if settings.layer7.metrics is ServiceMetrics.INFLUXDB:
        known["serviceMetrics"] = {
            "enabled": True,
            "external": True,
            "influxDbUrl": f"http://influxdb.{settings.gateway.namespace}.svc:{product.program_port('influxdb.http')}",
            "influxDbDatabase": METRICS_DATABASE,
            "tags": f"env={settings.tier.value},group={group.name}",
        }
    known["otk"] = _token_service(product, settings, access, group)
    return known


def database_server(settings: StackSettings, access: Access) -> StoreAccess:
    """Return how the platform's own server of MySQL is reached by its administrator: that of the cloud, or the one beside the gateways."""
    if not has_server(settings):
        return access.stores["mariadb"]
    host = f"{SERVER}.{settings.gateway.namespace}.svc"
    return StoreAccess(host=host, port=3306, database="", username="root", password=Generated())


def jdbc_url(settings: StackSettings, access: Access, database: str) -> Composed:
    """Return the address of a database, by TLS.

    Azure's servers have a certificate of an authority that Java knows, so that it is verified; that of RDS is the cloud's own, which images do not know.
    """
    brought = settings.layer7.external_database
    if brought is not None:
        host, port, mode = brought.host, brought.port, "VERIFY_IDENTITY"
    else:
        store = database_server(settings, access)
        known = settings.cloud is Cloud.AZURE and not has_server(settings)
        host, port, mode = store.host, store.port, "VERIFY_IDENTITY" if known else "REQUIRED"
    return Composed(
        f"jdbc:mysql://{{host}}:{{port}}/{database}?sslMode={mode}",
        {"host": host, "port": port},
    )


def _services(product: Profile, settings: StackSettings, group: GatewayGroup) -> dict[str, Any]:
    """Return the services: nothing is reached from outside of the cluster but by the ingress, and administration from inside alone."""
    extra = listen_ports(settings.layer7, settings.gateway_groups, group)
    named = {"https": product.port("proxy"), **{port.name: port.port for port in extra}}
    administration = {"management": product.port("admin-tls")}
    return {
        "service": {"type": "ClusterIP", "ports": _ports(named)},
        "management": {
            "enabled": True,
            "username": "",
            "password": "",
            "restman": {"enabled": has_token_service(settings, group)},
            "graphman": {"enabled": False},
            "kubernetes": {"loadServiceAccountToken": False},
            "service": {"enabled": True, "type": "ClusterIP", "ports": _ports(administration)},
        },
    }


def _ports(named: dict[str, int]) -> list[dict[str, Any]]:
    return [{"name": name, "internal": port, "external": port, "protocol": "TCP"} for name, port in named.items()]


def _size(settings: StackSettings, group: GatewayGroup) -> dict[str, Any]:
    """Return requests and limits, the autoscaler, how a new version rolls out and how a gateway ends."""
    surge, shutdown = settings.sizing.surge, parts().shutdown
    metric = {"type": "Utilization", "averageUtilization": group.cpu_percent}
    # The Jobs of the OAuth Toolkit carry the gateways' labels, and a share of pods cannot be reckoned where some belong to a Job.
    budget: dict[str, Any] = {"create": True, "maxUnavailable": 1, "minAvailable": ""}
    if has_token_service(settings, group):
        budget = {"create": True, "maxUnavailable": "", "minAvailable": group.replicas.min - 1}
    return {
        # Every upgrade sets the number anew: from the largest the autoscaler comes down, and gateways are never the fewest under load.
        "replicas": group.replicas.max,
        "resources": resources(
            ContainerSize(group.cpu_millicores, group.memory_mib),
            ContainerSize(group.most_cpu_millicores, group.most_memory_mib),
        ),
        "autoscaling": {
            "enabled": True,
            "hpa": {
                "minReplicas": group.replicas.min,
                "maxReplicas": group.replicas.max,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": metric}}],
            },
        },
        "updateStrategy": {
            "type": "RollingUpdate",
            "rollingUpdate": {"maxSurge": surge, "maxUnavailable": 0 if surge else 1},
        },
        # A budget for a single gateway would keep its node for ever.
        "pdb": budget if group.replicas.min > 1 else {"create": False},
        "preStopScript": {
            "enabled": True,
            "periodSeconds": shutdown.period_seconds,
            "timeoutSeconds": shutdown.timeout_seconds,
        },
        "terminationGracePeriodSeconds": shutdown.grace_seconds,
    }


def resources(requests: ContainerSize, limits: ContainerSize | None = None) -> dict[str, dict[str, str]]:
    """Return requests and limits, which equal them where they are not given."""
    sizes = {"requests": requests, "limits": limits or requests}
    return {name: {"cpu": f"{size.cpu_millicores}m", "memory": f"{size.memory_mib}Mi"} for name, size in sizes.items()}


def _probes() -> dict[str, Any]:
    """Return the probes: the image's own check, for as long as a first start may take before it counts."""
    startup = parts().startup
    check = {"enabled": True, "type": "command", "command": "/opt/docker/rc.d/diagnostic/health_check.sh"}
    after = {**check, "initialDelaySeconds": 0, "periodSeconds": 15, "timeoutSeconds": 5, "successThreshold": 1}
    return {
        "startupProbe": {**after, "periodSeconds": startup.period_seconds, "failureThreshold": startup.failures},
        "livenessProbe": {**after, "failureThreshold": 6},
        "readinessProbe": {**after, "failureThreshold": 2},
    }


def _scheduling(release: str, placement: PoolPlacement) -> dict[str, Any]:
    gateways = {"matchLabels": {"app": release}}
    return {
        **_placed(placement),
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": gateways}
            for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
        ],
    }


def _placed(placement: PoolPlacement) -> dict[str, Any]:
    return {
        "nodeSelector": dict(placement.node_selector),
        "tolerations": [dict(toleration) for toleration in placement.tolerations],
    }


def _security() -> dict[str, Any]:
    """Return what the restricted Pod Security Standard asks for; gateways write beside their program, so that their root is not read-only."""
    seccomp = {"type": "RuntimeDefault"}
    return {
        "podSecurityContext": {"runAsNonRoot": True, "seccompProfile": seccomp},
        "containerSecurityContext": {
            "allowPrivilegeEscalation": False,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": seccomp,
        },
    }


def _pm_tagger(placement: PoolPlacement) -> dict[str, Any]:
    """Return what tells one gateway to be the one that administration speaks to, by a label that it alone has."""
    return {
        "enabled": True,
        "replicas": 1,
        "image": parts().images.pm_tagger.values(),
        "resources": resources(parts().pm_tagger),
        "podLabels": {ROLE_LABEL: "control-plane"},
        **_placed(placement),
        **_security(),
    }


def _config(settings: StackSettings, group: GatewayGroup) -> dict[str, Any]:
    heap = f"{heap_mib(group)}m"
    data = parts()
    embedded = settings.layer7.data_grid is DataGrid.EMBEDDED
    properties = {**data.grid_properties["embedded" if embedded else "hazelcast"], **data.properties}
    return {
        "heapSize": heap,
        "minHeapSize": heap,
        "maxHeapSize": heap,
        "javaArgs": list(data.java_arguments),
        "systemProperties": "\n".join(f"{name}={value}" for name, value in properties.items()),
        "redis": {"enabled": False, "subChart": {"enabled": False}},
    }


def _grid(settings: StackSettings, cluster: Cluster) -> dict[str, Any]:
    brought, url = settings.layer7.external_data_grid, ""
    if brought is not None:
        url = f"{brought.host}:{brought.port}"
    elif has_grid(settings):
        url = f"{cluster.part('data-grid')}.{settings.gateway.namespace}.svc:5701"
    named = {"external": True, "url": url} if url else {"external": False}
    return {"hazelcast": {"enabled": False, "legacy": {"enabled": False}, **named}}


def _token_service(product: Profile, settings: StackSettings, access: Access, group: GatewayGroup) -> dict[str, Any]:
    """Return the OAuth Toolkit: its database is brought up to date before the gateways, and it is installed on them afterwards."""
    if not has_token_service(settings, group):
        return {"enabled": False}
    job = product.job("otk-install")
    return {
        "enabled": True,
        "type": "SINGLE",
        "restmanHost": product.admin_service_name(group.name),
        "restmanPort": product.admin_service.port,
        "job": {
            "image": parts().images.token_service.values(),
            "resources": resources(ContainerSize(job.cpu_millicores, job.memory_mib)),
            "podLabels": {ROLE_LABEL: "gateway"},
            **_placed(access.placements["user"]),
        },
        "database": {
            "type": "mysql",
            "useDemoDb": False,
            "dbUpgrade": True,
            "existingSecretName": TOKEN_SERVICE,
            "username": "",
            "password": "",
            "sql": {
                "jdbcURL": jdbc_url(settings, access, TOKEN_DATABASE),
                "databaseName": TOKEN_DATABASE,
                "createTestClients": False,
            },
        },
        "healthCheckBundle": {"enabled": False},
    }
