"""What gateway groups have for themselves beside their release: a part of the quota, a database, and services whose pods have gateways."""

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s
import pulumi_random as random

from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.platform.secret_sync import source_of
from apim_infra.products import kong_sidecar
from apim_infra.products.groups import (
    group_labels,
    image_reference,
    image_tag,
    own_database,
    priority_class,
    proxy_port,
)
from apim_infra.products.profile import Profile, profile
from apim_infra.settings.gateway import GatewayGroup, Sidecar
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.group_shares import shares
from components.kubernetes.credentials import PASSWORD_KEY, password_secret
from components.kubernetes.data import load
from components.kubernetes.gateway_shares import GatewayShares
from components.kubernetes.script_job import ScriptJob
from components.kubernetes.sidecar import CONFIGURATION, ServiceWithGateway, SidecarArgs
from components.outputs import Endpoint

OWNER_SECRET = "gateway-database-owner"  # noqa: S105 - the name of a secret
"""Secret with the password of the user by which databases of groups are made."""

PASSWORD_LENGTH = 32

MAKE_DATABASE = r"""
psql --no-psqlrc --set ON_ERROR_STOP=1 <<'SQL'
\getenv name OWN_NAME
\getenv password OWN_PASSWORD
SELECT format('CREATE ROLE %I LOGIN', :'name') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'name') \gexec
ALTER ROLE :"name" WITH LOGIN PASSWORD :'password';
GRANT :"name" TO CURRENT_USER;
SELECT format('CREATE DATABASE %I OWNER %I', :'name', :'name') WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \gexec
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
SQL
""".strip()
"""Makes a user and its database where they are not there, and gives the user its password; the password is read from the environment by psql itself, and nobody
else may enter the database. What makes a database for another user must be a member of that user's role (PostgreSQL documentation, CREATE DATABASE)."""


@dataclass(frozen=True, slots=True)
class OwnDatabase:
    """A group's own database."""

    name: str
    """Name of the database and of its user."""
    secret: str
    """Kubernetes secret with its password."""
    job: pulumi.Resource
    """What makes it, before the group's release."""


def build_shares(settings: StackSettings, naming: Naming, options: pulumi.ResourceOptions) -> list[pulumi.Resource]:
    """Build the priority classes and quotas that groups ask for; none where none does."""
    asked = shares(settings)
    if not asked:
        return []
    return [
        GatewayShares(
            naming.name("gateway-shares"),
            {
                "shares": [
                    {
                        "name": share.name,
                        "namespace": share.namespace,
                        "priority": share.priority,
                        "description": f"Gateway groups: {', '.join(share.groups)}"
                        if len(share.groups) == 1
                        else f"Gateway groups of tier {-share.priority}",
                        "cpu_millicores": share.quota.cpu_millicores,
                        "memory_mib": share.quota.memory_mib,
                        "pods": share.quota.pods,
                    }
                    for share in asked
                ]
            },
            options,
        )
    ]


def build_databases(
    settings: StackSettings, naming: Naming, product: Profile, server: Endpoint, options: pulumi.ResourceOptions
) -> dict[str, OwnDatabase]:
    """Build the databases of the groups that have one, by the group's name; each has a user and a password of its own."""
    named = {group.name: own_database(product, group) for group in settings.gateway_groups}
    if not any(named.values()):
        return {}
    namespace = settings.gateway.namespace
    owner = password_secret(
        naming.name(OWNER_SECRET), OWNER_SECRET, namespace, server["password"], opts=options, source=source_of(server)
    )
    image = list(load("stores.yaml")["postgresql"].values())[-1]  # the newest client speaks to older servers
    port = pulumi.Output.from_input(server["port"]).apply(lambda number: str(int(number)))
    made: dict[str, OwnDatabase] = {}
    for group in settings.gateway_groups:
        name = named[group.name]
        if name is None:
            continue
        release = product.release(group.name)
        password = random.RandomPassword(
            naming.name(f"{release}-database-password"),
            length=PASSWORD_LENGTH,
            special=False,
            opts=pulumi.ResourceOptions(parent=options.parent),
        )
        kept = f"{release}-own-database"
        secret = k8s.core.v1.Secret(
            naming.name(kept),
            metadata=k8s.meta.v1.ObjectMetaArgs(name=kept, namespace=namespace),
            string_data={PASSWORD_KEY: password.result},
            opts=options,
        )
        job = ScriptJob(
            naming.name(f"{release}-database-job"),
            {
                "job": f"{release}-database",
                "namespace": namespace,
                "image": image,
                "script": MAKE_DATABASE,
                "placement": placement(settings, "user"),
                "environment": {
                    "PGHOST": server["host"],
                    "PGPORT": port,
                    "PGDATABASE": server["database"],
                    "PGUSER": server["username"],
                    "PGSSLMODE": "require",
                    "OWN_NAME": name,
                },
                "secret_environment": {
                    "PGPASSWORD": {"secret": OWNER_SECRET, "key": PASSWORD_KEY},
                    "OWN_PASSWORD": {"secret": kept, "key": PASSWORD_KEY},
                },
                "labels": group_labels(group),
            },
            pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[owner, secret])),
        )
        made[group.name] = OwnDatabase(name, kept, job)
    return made


def build_sidecar(
    settings: StackSettings, naming: Naming, group: GatewayGroup, service: Sidecar, options: pulumi.ResourceOptions
) -> ServiceWithGateway:
    """Run a group's service with a gateway in each of its pods."""
    product = profile(settings.product)
    name, priority = product.release(group.name), priority_class(settings, group)
    status = product.port("status")
    args: SidecarArgs = {
        "name": name,
        "namespace": settings.gateway.microservices_namespace,
        "placement": placement(settings, "user"),
        "service": {
            # From where its owner keeps it, never from a cache of public registries.
            "image": pulumi.Output.from_input(service.image),
            "port": service.port,
            "size": {"cpu_millicores": service.cpu_millicores, "memory_mib": service.memory_mib},
            "user": service.user,
        },
        "gateway": {
            "image": image_reference(product.image.repository, image_tag(product, settings, group)),
            "environment": kong_sidecar.environment(product, settings, group, CONFIGURATION),
            "configuration": kong_sidecar.configuration(product, group, service),
            "ports": [{"name": "proxy", "port": proxy_port(product, group)}, {"name": "status", "port": status}],
            "probes": kong_sidecar.PROBES,
            "probe_port": "status",
            "requests": {"cpu_millicores": group.cpu_millicores, "memory_mib": group.memory_mib},
            "limits": {"cpu_millicores": group.most_cpu_millicores, "memory_mib": group.most_memory_mib},
            "scratch": kong_sidecar.SCRATCH,
            "user": kong_sidecar.USER,
        },
        "autoscaling": {
            "minimum": group.replicas.min,
            "maximum": group.replicas.max,
            "cpu_percent": group.cpu_percent,
        },
        "service_port": product.service.port,
        "surge": settings.sizing.surge,
        "labels": group_labels(group),
        "metrics": settings.observability.metrics.enabled,
    }
    if priority is not None:
        args["priority_class"] = priority
    return ServiceWithGateway(naming.name(f"gateway-{group.name}"), args, options)
