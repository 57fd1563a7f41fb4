"""Values that the charts of Tyk have in common: Redis, PostgreSQL, certificates, security, placement."""

from collections.abc import Mapping
from typing import Any

from apim_infra.products.plans import Access, Composed
from apim_infra.products.profile import BACKEND_CERTIFICATE, ContainerSize
from apim_infra.products.tyk import (
    API_SECRET,
    AUTHORITY_SECRET,
    DATABASE_SECRET,
    REDIS_SECRET,
    REMOTE_SECRET,
    has_remote,
    redis_speaks_tls,
)
from apim_infra.products.tyk_data import ImageName, releases
from apim_infra.settings.environment import Cloud
from apim_infra.settings.pools import PoolName
from apim_infra.settings.stack import StackSettings

AUTHORITIES = "/etc/platform-authorities"
"""Where pods find the certificates of the authorities that they verify servers by, beside those of their image."""
USER, GROUP = 1000, 2000
"""User of every container, and group of its volumes: those of the charts, where they name any."""
REGISTRY = "docker.io/"
"""Registry of every image, with the slash that the charts leave out."""
SCRATCH = "/tmp"  # noqa: S108 - a volume of the pod's own


def redis(settings: StackSettings, access: Access) -> dict[str, Any]:
    """Return how Redis is reached: by TLS where it speaks it, verified by the authorities of the image, and with its password from a secret.

    No driver of clusters: ElastiCache with one shard and Azure Managed Redis with the clustering policy EnterpriseCluster each have one address.
    """
    store = access.stores["redis"]
    tls = {"useSSL": True, "tlsMinVersion": "1.2", "tlsMaxVersion": "1.3"} if redis_speaks_tls(settings) else {}
    return {
        "addrs": [Composed("{host}:{port}", {"host": store.host, "port": store.port})],
        "passSecret": {"name": REDIS_SECRET, "keyName": "redisPass"},
        "enableCluster": False,
        "sslInsecureSkipVerify": False,
        **({"useSSL": False} | tls),
    }


def postgresql() -> dict[str, Any]:
    """Return how the database is reached. The charts make a secret of their own, with defaults in it, unless all of these are named."""
    secret = {"name": DATABASE_SECRET, "keyName": "pgConnectionString"}
    return {"storageType": "postgres", "postgres": {"connectionStringSecret": secret}, **unused_stores("mongo")}


def unused_stores(*names: str) -> dict[str, Any]:
    """Return the names of secrets of stores that are not used, without which the charts make one with defaults in it; nothing reads them."""
    unused = {
        "mongo": ("connectionURLSecret", "mongoURL"),
        "postgres": ("connectionStringSecret", "pgConnectionString"),
    }
    return {name: {unused[name][0]: {"name": REDIS_SECRET, "keyName": unused[name][1]}} for name in names}


def connection_string(settings: StackSettings, access: Access, *, database: str, password: Any) -> Composed:
    """Return the address of a database for its own role, in the words of libpq."""
    store = access.stores["gateway_postgresql"]
    text = "host={host} port={port} user={user} password={password} dbname={user} sslmode={mode}"
    parts = {"host": store.host, "port": store.port, "user": database, "password": password}
    return Composed(text, {**parts, "mode": database_tls(settings)})


def database_tls(settings: StackSettings) -> str:
    """Return how the certificate of PostgreSQL is looked at.

    Azure's is signed by an authority that every image knows; that of RDS is not, so it is verified where its bundle is given.
    """
    known = settings.cloud is Cloud.AZURE or settings.tyk.database_authority is not None
    return "verify-full" if known else "require"


def remote(settings: StackSettings) -> dict[str, Any]:
    """Return how a control plane elsewhere is reached; nothing where there is none."""
    plane = settings.tyk.remote
    if plane is None or not has_remote(settings):
        return {}
    return {
        "remoteControlPlane": {
            "enabled": True,
            "connectionString": f"{plane.address}:{plane.port}",
            "useSecretName": REMOTE_SECRET,
            "useSSL": True,
            "sslInsecureSkipVerify": False,
        },
        **synchroniser(settings),
    }


def synchroniser(settings: StackSettings) -> dict[str, Any]:
    """Return whether data planes hold every key beforehand, which both sides must say alike."""
    interval = {"keySpaceSyncInterval": releases().remote.key_sync_interval} if has_remote(settings) else {}
    return {"mdcbSynchronizer": {"enabled": settings.tyk.synchroniser, **interval}}


def tls(*, dashboard: bool) -> dict[str, Any]:
    """Return that gateways and dashboard speak TLS with certificates of the platform's, never with the one that the charts bring."""
    return {"gateway": True, "dashboard": dashboard, "useDefaultTykCertificate": False}


def certificates(folder: str) -> dict[str, Any]:
    """Return the certificate that a gateway or the dashboard shows."""
    return {
        "secretName": BACKEND_CERTIFICATE,
        "insecureSkipVerify": False,
        "certificatesMountPath": folder,
        "certificates": [{"domain_name": "*", "cert_file": f"{folder}/tls.crt", "key_file": f"{folder}/tls.key"}],
    }


def authority_environment() -> list[dict[str, Any]]:
    """Return the variable by which programs in Go find authorities beside those of their image."""
    return [{"name": "SSL_CERT_DIR", "value": f"/etc/ssl/certs:{AUTHORITIES}"}]


def authority_volumes(settings: StackSettings) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the volumes, and their mounts, of authorities and of temporary files."""
    own = {"secret": {"name": BACKEND_CERTIFICATE, "items": [{"key": "ca.crt", "path": "platform.crt"}]}}
    brought = [{"secret": {"name": AUTHORITY_SECRET}}] if brought_authorities(settings) else []
    volumes = [
        {"name": "authorities", "projected": {"sources": [own, *brought]}},
        {"name": "scratch", "emptyDir": {"sizeLimit": "1Gi"}},
    ]
    mounts = [
        {"name": "authorities", "mountPath": AUTHORITIES, "readOnly": True},
        {"name": "scratch", "mountPath": SCRATCH},
    ]
    return volumes, mounts


def brought_authorities(settings: StackSettings) -> dict[str, str]:
    """Return the certificates of authorities that the settings bring, by the names of their files."""
    plane = settings.tyk.remote
    found = {
        "database.crt": settings.tyk.database_authority,
        "remote.crt": plane.certificate_authority if plane else None,
    }
    return {name: text for name, text in found.items() if text}


def size(requests: ContainerSize, limits: ContainerSize | None = None) -> dict[str, dict[str, str]]:
    """Return requests and limits, which equal them where they are not given."""
    sizes = {"requests": requests, "limits": limits or requests}
    return {name: {"cpu": f"{each.cpu_millicores}m", "memory": f"{each.memory_mib}Mi"} for name, each in sizes.items()}


def image(name: ImageName, tag: str | None = None) -> dict[str, str]:
    """Return an image as the charts take it, without its registry; its tag is pinned, so that it is pulled once."""
    found = releases().images[name]
    repository = found.repository.removeprefix(REGISTRY)
    return {"repository": repository, "tag": tag or found.tag, "pullPolicy": "IfNotPresent"}


def registry() -> dict[str, str]:
    """Return the registry of every image of a chart, which a cache takes the place of."""
    return {"imageRegistry": REGISTRY}


def reference(name: ImageName) -> str:
    """Return the reference of an image of a Job."""
    found = releases().images[name]
    return f"{found.repository}:{found.tag}"


def pod_security() -> dict[str, Any]:
    """Return what the restricted Pod Security Standard asks of pods."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "fsGroup": GROUP,
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def container_security() -> dict[str, Any]:
    """Return what the restricted Pod Security Standard asks of containers, with a read-only root file system."""
    return {
        "runAsNonRoot": True,
        "runAsUser": USER,
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "seccompProfile": {"type": "RuntimeDefault"},
        "capabilities": {"drop": ["ALL"]},
    }


def scheduling(access: Access, pool: PoolName) -> dict[str, Any]:
    """Return the pool of pods."""
    place = access.placements[pool]
    return {
        "nodeSelector": dict(place.node_selector),
        "tolerations": [dict(toleration) for toleration in place.tolerations],
    }


def apart(labels: Mapping[str, str]) -> dict[str, Any]:
    """Return that pods with `labels` are on different nodes and zones where it can be, for charts that know no spread constraints."""
    terms = [
        {"weight": weight, "podAffinityTerm": {"topologyKey": key, "labelSelector": {"matchLabels": dict(labels)}}}
        for weight, key in ((100, "kubernetes.io/hostname"), (50, "topology.kubernetes.io/zone"))
    ]
    return {"affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": terms}}}


def api_secret() -> dict[str, Any]:
    """Return the secret with what gateways and dashboard know each other by."""
    return {"secrets": {"useSecretName": API_SECRET}}


def text(value: Any) -> Composed:
    """Return a number that is known later as text."""
    return Composed("{value}", {"value": value})
