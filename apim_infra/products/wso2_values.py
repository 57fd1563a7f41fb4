"""Values of WSO2's charts, for one program or one gateway group. What the charts leave open or get wrong is closed here.

No route, ingress or policy of the chart: the platform has its own. Tokens of the service account are not mounted. The chart of gateways scales by memory
too, which a Java heap never gives back: its bound is out of reach, so that CPU alone decides. Secrets are named, never given.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from apim_infra.products.groups import DIGEST, image_tag
from apim_infra.products.plans import Access, Composed
from apim_infra.products.profile import BACKEND_CERTIFICATE, ContainerSize, Profile, Program
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.pools import PoolName
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.wso2 import Wso2Settings

SECRET = "wso2"  # noqa: S105 - the name of a secret
"""Kubernetes secret with passwords and the key by which the product encrypts what it stores."""
ADMINISTRATOR, APIM_DATABASE, SHARED_DATABASE, ENCRYPTION, KEYSTORE, COUNTERS = (
    "administrator-password",
    "apim-database-password",
    "shared-database-password",
    "encryption-key",
    "keystore-password",
    "counters-password",
)
"""Keys of the secret."""
SIGNING_CERTIFICATE = "wso2-signing"
"""Secret with the key that signs tokens, the same for every program and gateway."""
CONTROL_PLANE, TRAFFIC_MANAGER, KEY_MANAGER = "wso2-acp", "wso2-tm", "wso2-km"
"""Releases of the programs."""

DATABASE_APIM, DATABASE_SHARED = "wso2_apim", "wso2_shared"
"""Databases of the product, each with an owner of its name: APIs and applications, and what all programs share (users, registry)."""

POD_LABEL = "deployment"
"""Label of pods whose value is the name of their release; the charts take no other."""

_ADDRESS = "jdbc:postgresql://{host}:{port}/{name}?sslmode=require"
_SECURITY = "/home/wso2carbon/wso2-config-volume/repository/resources/security"
"""Folder from which the images' entry point takes keystores."""
_ALIAS = "certificate"
"""Name of the entry in a keystore that cert-manager makes (its documentation, keystores, 1.20)."""
_NEVER_PERCENT = 10000
"""Memory use, in per cent of the request, that no pod can reach: its limit comes first."""
_STARTUP_PROBE = {"initialDelaySeconds": 30, "periodSeconds": 10, "failureThreshold": 30}
"""Up to five and a half minutes for a start; the chart's own are 90 seconds, after which a busy node restarts it for ever."""


@dataclass(frozen=True, slots=True)
class Nodes:
    """Names under which the nodes of the control plane are reached."""

    control_plane: tuple[str, ...]
    """Services of the single nodes."""
    traffic_manager: tuple[str, ...]
    throttling: str
    """Service of whoever throttles."""
    tokens: str
    """Service of whoever issues tokens."""

    @classmethod
    def of(cls, own: Wso2Settings) -> "Nodes":
        """Return the nodes that the settings ask for."""
        throttles = TRAFFIC_MANAGER if own.traffic_manager else CONTROL_PLANE
        return cls(
            control_plane=_instances(CONTROL_PLANE, own),
            traffic_manager=_instances(throttles, own),
            throttling=f"{throttles}-service",
            tokens=f"{KEY_MANAGER if own.key_manager else CONTROL_PLANE}-service",
        )


def _instances(release: str, own: Wso2Settings) -> tuple[str, ...]:
    numbers = (1, 2) if own.high_availability else (1,)
    return tuple(f"{release}-{number}-service" for number in numbers)


def program_values(settings: StackSettings, access: Access, product: Profile, program: Program) -> dict[str, Any]:
    """Return the values of the chart of one program."""
    own, nodes = settings.wso2, Nodes.of(settings.wso2)
    configurations: dict[str, Any] = {
        **_common(own),
        "eventhub": {"serviceUrl": f"{CONTROL_PLANE}-service", "urls": list(nodes.control_plane)},
    }
    if program.name != TRAFFIC_MANAGER:
        configurations["databases"] = _databases(access)
        configurations["existingSecret"] |= {"apimDBPasswordKey": APIM_DATABASE, "sharedDBPasswordKey": SHARED_DATABASE}
    if program.name == CONTROL_PLANE:
        configurations |= _management(settings, product, nodes)
    if program.name == TRAFFIC_MANAGER:
        configurations["km"] = {"serviceUrl": nodes.tokens}
        if own.distributed_throttling:
            # It has no database: the variable of a database's password is free to carry that of the counters.
            configurations["existingSecret"] |= {"apimDBPasswordKey": COUNTERS}
            configurations["distributedThrottling"] = _counters(access)
    deployment: dict[str, Any] = {
        "image": _image(access, program.image, settings.gateway.image_tag or product.image.tag),
        "resources": _resources(program.requests, program.limits, program.heap_mib),
        "highAvailability": own.high_availability,
        "nodeSelector": _node_selector(access, program.pool),
        **_probes(),
    }
    if program.name != CONTROL_PLANE:
        deployment["strategy"] = _strategy(settings)
    if program.name == KEY_MANAGER:
        # Its chart has no start-up probe: liveness has to wait for the start instead.
        del deployment["startupProbe"]
        deployment["livenessProbe"] = {"initialDelaySeconds": 180, "periodSeconds": 10, "failureThreshold": 6}
    hosts = {"controlPlane": CONTROL_PLANE, "km": KEY_MANAGER, "trafficManager": TRAFFIC_MANAGER}
    name = next(key for key, release in hosts.items() if release == program.name)
    fqdn = f"{program.host}.{settings.company_domain}" if program.host else program.service_name
    return _values(settings, program.name, {name: {"enabled": False, "hostname": fqdn}}, configurations, deployment)


def gateway_values(settings: StackSettings, access: Access, product: Profile, group: GatewayGroup) -> dict[str, Any]:
    """Return the values of the chart of gateways for one group: the group is a gateway environment of its name."""
    own, nodes = settings.wso2, Nodes.of(settings.wso2)
    configurations: dict[str, Any] = {
        **_common(own),
        "km": {"serviceUrl": nodes.tokens},
        "throttling": {"serviceUrl": nodes.throttling, "urls": list(nodes.traffic_manager)},
        "distributedThrottling": {"enable": own.distributed_throttling},
        "eventhub": {"enabled": True, "serviceUrl": f"{CONTROL_PLANE}-service", "urls": list(nodes.control_plane)},
        "syncRuntimeArtifacts": {"gateway": {"labels": [group.name]}},
        "gatewayNotification": {"enabled": True, "gatewayId": group.name},
        "transport": {"passthru_https": {"sender": {"parameters": {"hostnameVerifier": "Strict"}}}},
    }
    requests = ContainerSize(group.cpu_millicores, group.memory_mib)
    limits = ContainerSize(group.most_cpu_millicores, group.most_memory_mib)
    deployment: dict[str, Any] = {
        "image": _image(access, product.image.repository, image_tag(product, settings, group)),
        "resources": _resources(requests, limits, heap_mib(group)),
        # The chart sets the number at each upgrade, and the autoscaler after it: under load an upgrade must not begin with the fewest.
        "replicas": group.replicas.max,
        "minReplicas": group.replicas.min,
        "maxReplicas": group.replicas.max,
        "cpuUtilizationPercentage": group.cpu_percent,
        "memoryUtilizationPercentage": _NEVER_PERCENT,
        "nodeSelector": _node_selector(access, "user"),
        "strategy": _strategy(settings),
        **_probes(),
    }
    host = api_host(settings)
    hostnames = {name: {"enabled": False, "hostname": host} for name in ("gateway", "websocket", "websub")}
    return _values(settings, product.release(group.name), hostnames, configurations, deployment)


def heap_mib(group: GatewayGroup) -> int:
    """Return the heap of a gateway: three quarters of its request, for Java keeps more than its heap."""
    return group.memory_mib * 3 // 4


def api_host(settings: StackSettings) -> str:
    """Return the host under which APIs are called."""
    return f"{settings.ingress.public.hosts.api}.{settings.company_domain}"


def _values(
    settings: StackSettings,
    release: str,
    hostnames: Mapping[str, Mapping[str, Any]],
    configurations: Mapping[str, Any],
    deployment: Mapping[str, Any],
) -> dict[str, Any]:
    signing = f"{SIGNING_CERTIFICATE}.jks"
    return {
        "fullnameOverride": release,
        # Without its secure vault, the chart's section of a cloud says one thing: which account a pod has, and whether its token is mounted.
        settings.cloud.value: {"enabled": True, "serviceAccountName": "default", "automountServiceAccountToken": False},
        "kubernetes": {
            "gatewayAPI": {"enabled": False},
            "ingress": dict(hostnames),
            "extraVolumes": [{"name": "signing", "secret": {"secretName": SIGNING_CERTIFICATE}}],
            "extraVolumeMounts": [
                {"name": "signing", "mountPath": f"{_SECURITY}/{signing}", "subPath": "keystore.jks", "readOnly": True}
            ],
        },
        "wso2": {
            "apim": {"configurations": {**configurations, "extraConfigs": _signing(signing)}},
            "deployment": dict(deployment),
        },
    }


def _signing(file: str) -> str:
    """Return the keystore that signs tokens, in the words of the product; its chart takes every keystore from one secret, and this is of another."""
    return "\n".join(
        (
            "[keystore.primary]",
            'type = "JKS"',
            f'file_name = "{file}"',
            f'alias = "{_ALIAS}"',
            'password = "$env{WSO2_PRIMARY_KEYSTORE_PASSWORD}"',
            'key_password = "$env{WSO2_PRIMARY_KEYSTORE_KEY_PASSWORD}"',
        )
    )


def _common(own: Wso2Settings) -> dict[str, Any]:
    passwords = ("primaryKeystorePasswordKey", "primaryKeystoreKeyPasswordKey", "tlsKeystorePasswordKey")
    passwords += ("tlsKeystoreKeyPasswordKey", "truststorePasswordKey")
    return {
        "adminUsername": own.administrator,
        "existingSecret": {
            "secretName": SECRET,
            "adminPasswordKey": ADMINISTRATOR,
            "encryptionKeyKey": ENCRYPTION,
        },
        "security": {
            "jksSecretName": BACKEND_CERTIFICATE,
            "jksExistingSecret": {"secretName": SECRET, **dict.fromkeys(passwords, KEYSTORE)},
            "keystores": {"tls": {"enabled": True, "name": "keystore.jks", "alias": _ALIAS}},
            "truststore": {"name": "truststore.jks"},
        },
    }


def _databases(access: Access) -> dict[str, Any]:
    store = access.stores["postgresql"]
    return {
        "type": "postgre",
        "jdbc": {"driver": "org.postgresql.Driver"},
        **{
            key: {"url": Composed(_ADDRESS, {"host": store.host, "port": store.port, "name": name}), "username": name}
            for key, name in (("apim_db", DATABASE_APIM), ("shared_db", DATABASE_SHARED))
        },
    }


def _management(settings: StackSettings, product: Profile, nodes: Nodes) -> dict[str, Any]:
    """Return what publisher and portal know of the rest: where tokens come from, and an environment for each gateway group."""
    host = api_host(settings)
    environments = [
        {
            "name": group.name,
            "type": "hybrid",
            "gatewayType": "Regular",
            "provider": "wso2",
            "displayInApiConsole": True,
            "description": f"Gateways of group {group.name}",
            "showAsTokenEndpointUrl": True,
            "serviceName": product.admin_service_name(group.name),
            "servicePort": product.admin_service.port,
            **dict.fromkeys(("httpHostname", "wsHostname", "websubHostname"), host),
        }
        for group in settings.gateway_groups
    ]
    return {
        "gateway": {"environments": environments},
        "km": {"enabled": settings.wso2.key_manager, "serviceName": nodes.tokens},
        "oauth_config": {"oauth2JWKSUrl": f"https://{nodes.tokens}:9443/oauth2/jwks"},
    }


def _counters(access: Access) -> dict[str, Any]:
    """Return where traffic managers share their counters, with the password by its variable."""
    store = access.stores["redis"]
    return {
        "enable": True,
        "type": "redis",
        "keyvalueStore": {
            "host": store.host,
            "port": store.port,
            "user": store.username,
            "password": "$env{WSO2_APIM_DB_PASSWORD}",
            "ssl": store.tls,
        },
    }


def _image(access: Access, repository: str, tag: str) -> dict[str, Any]:
    kind = "digest" if tag.startswith(DIGEST) else "tag"
    return {"registry": access.image_registry, "repository": repository, kind: tag, "imagePullPolicy": "IfNotPresent"}


def _resources(requests: ContainerSize, limits: ContainerSize, heap: int) -> dict[str, Any]:
    sizes = {"requests": requests, "limits": limits}
    return {
        **{name: {"cpu": f"{size.cpu_millicores}m", "memory": f"{size.memory_mib}Mi"} for name, size in sizes.items()},
        "jvm": {"memory": {"xms": f"{heap}m", "xmx": f"{heap}m"}},
    }


def _probes() -> dict[str, Any]:
    beats = {"initialDelaySeconds": 0, "periodSeconds": 10, "failureThreshold": 6}
    return {"startupProbe": dict(_STARTUP_PROBE), "livenessProbe": beats, "readinessProbe": dict(beats)}


def _strategy(settings: StackSettings) -> dict[str, Any]:
    surge = settings.sizing.surge
    return {"rollingUpdate": {"maxSurge": surge, "maxUnavailable": 0 if surge else 1}}


def _node_selector(access: Access, pool: PoolName) -> dict[str, str]:
    return dict(access.placements[pool].node_selector)
