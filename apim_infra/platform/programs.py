"""Programs of a product without a chart: its gateways and its own consoles, with the stores and files that they use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.products import axway
from apim_infra.products.groups import group_labels, image_reference, image_tag, priority_class, proxy_port
from apim_infra.products.profile import (
    BACKEND_CERTIFICATE,
    ROLE_LABEL,
    GatewayProgram,
    Profile,
    StartName,
    profile,
)
from apim_infra.products.profile import Program as ProductProgram
from apim_infra.settings.environment import Cloud
from apim_infra.settings.gateway import GatewayGroup
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.capacity import pool_settings
from apim_infra.sizing.namespaces import PLATFORM_NAMESPACE
from components.kubernetes.file_share import FileShare
from components.kubernetes.private_certificates import PrivateCertificates
from components.kubernetes.program import Program, ProgramArgs, WaitFor
from components.outputs import Endpoint

AGENT_POOL_LABEL = "agentpool"
"""Label of a node of AKS that names its pool (AKS documentation, node labels)."""


@dataclass(frozen=True, slots=True)
class _Around:
    """What every program of a deployment is given."""

    settings: StackSettings
    product: Profile
    cloud: CloudPlatform
    claim: pulumi.Output[str] | None
    """Volume claim of the file share, if there is one."""


def build_programs(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions
) -> list[str]:
    """Run the product's consoles, and the gateways of every group; return the names of the gateways' Deployments."""
    product = profile(settings.product)
    gateway_program = product.gateway_program
    if gateway_program is None:
        raise ValueError(f"product {settings.product} has neither a chart nor programs")
    needed: list[pulumi.Resource] = [_secret(settings, naming, cloud, options)]
    if product.backend_tls:
        needed.append(_certificates(settings, naming, product, options))
    files = _files(settings, naming, cloud, options)
    needed += [files] if files else []
    around = _Around(settings, product, cloud, files.claim_name if files else None)
    ready = _after(options, needed)
    started: dict[str, pulumi.Resource] = {}
    for program in product.programs:
        before = [started[name] for name in program.waits_for if name in started]
        started[program.name] = Program(naming.name(program.name), _console(around, program), _after(ready, before))
    releases: list[str] = []
    for group in settings.gateway_groups:
        args = _gateway(around, gateway_program, group)
        before = [started[name] for name in gateway_program.waits_for if name in started]
        Program(naming.name(f"gateway-{group.name}"), args, _after(ready, before))
        releases.append(args["program"])
    return releases


def _after(options: pulumi.ResourceOptions, needed: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=list(needed)))


def _console(around: _Around, program: ProductProgram) -> ProgramArgs:
    return {
        **_common(around, program.image, program.heap_mib, program.waits_for),
        "program": program.name,
        "ports": [{"name": port.name, "port": port.port} for port in program.ports],
        "requests": {"cpu_millicores": program.requests.cpu_millicores, "memory_mib": program.requests.memory_mib},
        "limits": {"cpu_millicores": program.limits.cpu_millicores, "memory_mib": program.limits.memory_mib},
        "replicas": program.replicas,
        "labels": {ROLE_LABEL: "control-plane"},
    }


def _gateway(around: _Around, program: GatewayProgram, group: GatewayGroup) -> ProgramArgs:
    product, settings = around.product, around.settings
    repository, tag = product.image.repository, image_tag(product, settings, group)
    own = {"proxy": proxy_port(product, group)}
    args: ProgramArgs = {
        **_common(around, repository, program.heap_mib, program.waits_for, product.keyspaces(group.name)),
        "program": product.release(group.name),
        "image": pulumi.Output.concat(around.cloud.image_registry, "/", image_reference(repository, tag)),
        "ports": [{"name": port.name, "port": own.get(port.name, port.port)} for port in product.ports],
        "requests": {"cpu_millicores": group.cpu_millicores, "memory_mib": group.memory_mib},
        "limits": {"cpu_millicores": group.most_cpu_millicores, "memory_mib": group.most_memory_mib},
        "autoscaling": {
            "minimum": group.replicas.min,
            "maximum": group.replicas.max,
            "cpu_percent": group.cpu_percent,
        },
        "labels": group_labels(group),
    }
    priority = priority_class(settings, group)
    if priority is not None:
        args["priority_class"] = priority
    if program.mounts_files and around.claim is not None:
        args["claim"] = around.claim
    return args


def _common(
    around: _Around, image: str, heap_mib: int, waits_for: Sequence[StartName], keyspaces: Sequence[str] = ()
) -> ProgramArgs:
    """Return what consoles and gateways have in common; name, ports and sizes are their own."""
    settings, product = around.settings, around.product
    tag = settings.gateway.image_tag or product.image.tag
    args: ProgramArgs = {
        "program": "",
        "ports": [],
        "requests": {"cpu_millicores": 0, "memory_mib": 0},
        "limits": {"cpu_millicores": 0, "memory_mib": 0},
        "namespace": settings.gateway.namespace,
        "placement": placement(settings, "user"),
        "image": pulumi.Output.concat(around.cloud.image_registry, f"/{image}:{tag}"),
        "environment": _environment(around, heap_mib, keyspaces),
        "secret_environment": {name: {"secret": axway.SECRET, "key": key} for name, key in axway.PASSWORD_KEYS.items()},
        "waits_for": [_wait(around, name) for name in waits_for],
    }
    pool = pool_settings(settings, "user")
    if settings.cloud is Cloud.AZURE and pool.name is not None:
        args["node_labels"] = {AGENT_POOL_LABEL: pool.name}
    if product.backend_tls:
        args["certificate"] = BACKEND_CERTIFICATE
    return args


def _environment(around: _Around, heap_mib: int, keyspaces: Sequence[str]) -> Mapping[str, pulumi.Input[str]]:
    ring, database = _cassandra(around.cloud), around.cloud.stores["mariadb"]
    stores = axway.StoreAccess(
        cassandra_hosts=ring["host"],
        cassandra_port=pulumi.Output.from_input(ring["port"]).apply(_text),
        cassandra_user=ring["username"],
        database_url=pulumi.Output.all(database["host"], database["port"]).apply(
            lambda at: f"jdbc:mysql://{at[0]}:{_text(at[1])}/{database['database']}?sslMode=VERIFY_IDENTITY"
        ),
        database_user=database["username"],
    )
    manager = f"{axway.NODE_MANAGER}:{_port(around.product, axway.NODE_MANAGER)}"
    return axway.environment(stores, heap_mib=heap_mib, node_manager=manager, keyspaces=keyspaces)


def _wait(around: _Around, name: StartName) -> WaitFor:
    if name == axway.NODE_MANAGER:
        return {"name": name, "hosts": [name], "port": _port(around.product, name)}
    endpoint = _cassandra(around.cloud) if name == "cassandra" else around.cloud.stores[name]
    return {"name": name, "hosts": [endpoint["host"]], "port": endpoint["port"]}


def _cassandra(cloud: CloudPlatform) -> Endpoint:
    if cloud.cassandra is None:
        raise ValueError("the product keeps its state in Cassandra, and there is none")
    return cloud.cassandra.endpoint


def _port(product: Profile, program: str) -> int:
    """Return the first port of a program."""
    return next(found.ports[0].port for found in product.programs if found.name == program)


def _text(port: float) -> str:
    # Numbers come back from the engine as floating point.
    return str(int(port))


def _secret(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions
) -> k8s.core.v1.Secret:
    """Make the secret with the passwords of the stores."""
    passwords = {"cassandra": _cassandra(cloud)["password"], "mariadb": cloud.stores["mariadb"]["password"]}
    return k8s.core.v1.Secret(
        naming.name(axway.SECRET),
        metadata=k8s.meta.v1.ObjectMetaArgs(name=axway.SECRET, namespace=settings.gateway.namespace),
        string_data={key: pulumi.Output.secret(passwords[key]) for key in axway.PASSWORD_KEYS.values()},
        opts=options,
    )


def _certificates(
    settings: StackSettings, naming: Naming, product: Profile, options: pulumi.ResourceOptions
) -> PrivateCertificates:
    """Make the certificate that gateways and consoles show to the ingress, by an authority of its own."""
    services = [program.name for program in product.programs]
    services += [product.service_name(group.name) for group in settings.gateway_groups]
    return PrivateCertificates(
        naming.name("backend-certificates"),
        {
            "authority": f"{naming.prefix}-backend",
            "namespace": PLATFORM_NAMESPACE,
            "certificates": [
                {
                    "namespace": settings.gateway.namespace,
                    "secret": BACKEND_CERTIFICATE,
                    "hosts": [f"{service}.{settings.gateway.namespace}.svc" for service in services],
                }
            ],
        },
        options,
    )


def _files(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions
) -> FileShare | None:
    if cloud.files is None:
        return None
    return FileShare(
        naming.name("events"),
        {"namespace": settings.gateway.namespace, "claim": "events", "source": cloud.files},
        options,
    )
