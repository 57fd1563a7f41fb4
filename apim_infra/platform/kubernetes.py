"""The upper half of the platform: everything that runs in the cluster, on either cloud."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi

from apim_infra.planning.mesh import meshed_namespaces, tunnelled
from apim_infra.planning.placement import PlannedNamespace, namespaces
from apim_infra.planning.pod_flows import PodEnd, PodFlow, pod_flows
from apim_infra.platform.addons import build_addons
from apim_infra.platform.cassandra_client import build_cassandra_client
from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.controllers import build_controllers, build_scaling
from apim_infra.platform.in_cluster_stores import build_in_cluster_stores, build_store_operators
from apim_infra.platform.mesh import build_mesh
from apim_infra.platform.naming import Naming
from apim_infra.platform.observability import build_observability
from apim_infra.platform.secret_sync import build_secret_sync
from apim_infra.platform.workloads import build_control_plane, build_gateways
from apim_infra.products.profile import profile
from apim_infra.products.registry import exports, programs
from apim_infra.settings.deployments import deployments
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import PLATFORM_NAMESPACE
from components.kubernetes.authority import AUTHORITY
from components.kubernetes.images import from_caches
from components.kubernetes.mesh import MESH_LABEL
from components.kubernetes.namespace import Namespace
from components.kubernetes.network_policies import FlowPort, NetworkPolicies, PodPeer
from components.kubernetes.network_policies import PodFlow as PodFlowArgs
from components.kubernetes.storage_class import StorageClass


@dataclass(frozen=True, slots=True)
class Ground:
    """What every workload in the cluster stands on."""

    provider: pulumi.ProviderResource
    cluster: pulumi.Resource | None
    namespaces: Mapping[str, Namespace]
    policies: NetworkPolicies
    volumes: StorageClass
    image_caches: Mapping[str, pulumi.Output[str]]
    scaling: tuple[pulumi.Resource, ...] = ()
    """What adds nodes; once it is there everything waits for it."""

    def options(self, *needed: pulumi.Resource) -> pulumi.ResourceOptions:
        """Return options of a component in the cluster: it waits for the policies (and they for the namespaces), and for what it needs beside them."""
        return pulumi.ResourceOptions(
            providers=[self.provider],
            depends_on=[self.policies, self.volumes, *self.scaling, *needed],
            deleted_with=self.cluster,
            transformations=[from_caches(self.image_caches)] if self.image_caches else None,
        )


def deploy_kubernetes(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform
) -> Mapping[str, pulumi.Input[object]]:
    """Build namespaces, policies, controllers, observability, gateways and control plane; return what the stack exports of them."""
    ground = build_ground(settings, naming, cloud)
    # Whatever follows may need more nodes than there are at first, and is waited for.
    ground = replace(ground, scaling=tuple(build_scaling(settings, naming, cloud, ground.options())))
    observability = build_observability(settings, naming, cloud, ground.options())
    # Monitoring brings the kinds by which controllers and gateways ask to be measured.
    controllers = build_controllers(settings, naming, cloud, ground.options(*observability))
    build_addons(settings, naming, cloud, ground.options(*observability))
    secrets = build_secret_sync(settings, naming, cloud, ground.options())
    mesh = build_mesh(settings, naming, ground.options())
    operators = build_store_operators(settings, naming, ground.options())
    gateways: dict[str, list[str]] = {}
    for deployment in deployments(settings):
        own, names, lower = deployment.settings, naming.of(deployment), cloud.of(deployment)
        inside = build_in_cluster_stores(own, names, ground.options(*operators))
        lower = replace(lower, stores={**lower.stores, **inside.endpoints})
        ring = lower.cassandra or inside.cassandra
        build_cassandra_client(own, names, ring, ground.options(*observability), job=deployment.own("cassandra"))
        # Programs that speak TLS to the ingress ask for certificates of their own.
        of_their_own = profile(own.product).backend_tls or any(program.passthrough for program in programs(own))
        asked = [controllers.certificates] if of_their_own else []
        needed = ground.options(*observability, *secrets, *mesh, *asked, *inside.resources)
        gateways[deployment.prefix] = build_gateways(own, names, lower, needed)
        if profile(own.product).control_plane:
            build_control_plane(own, names, lower, ground.options(*secrets, *mesh, *inside.resources))
    return {
        "namespaces": sorted(ground.namespaces),
        "hosts": controllers.hosts,
        "gateways": gateways.pop(""),
        **_certificate_authority(cloud),
        **exports(settings),
        **{
            f"{prefix}_deployment": {**cloud.beside[prefix].exports, "gateways": releases}
            for prefix, releases in gateways.items()
        },
    }


def _certificate_authority(cloud: CloudPlatform) -> Mapping[str, pulumi.Input[object]]:
    """Return where the certificate is that clients must trust, when the platform is its own authority."""
    if cloud.dns_challenge is not None:
        return {}
    return {"certificate_authority": {"namespace": PLATFORM_NAMESPACE, "secret": AUTHORITY, "key": "tls.crt"}}


def build_ground(settings: StackSettings, naming: Naming, cloud: CloudPlatform) -> Ground:
    """Build what everything in the cluster stands on: namespaces with their quotas, the policies of the matrix, and the storage class."""
    # The provider itself waits for nodes and add-ons, and everything in the cluster for its provider.
    options = pulumi.ResourceOptions(providers=[cloud.kubernetes], deleted_with=cloud.cluster)
    meshed = meshed_namespaces(settings)
    made = {
        planned.name: _namespace(planned, naming, options, MESH_LABEL if planned.name in meshed else {})
        for planned in namespaces(settings)
    }
    policies = NetworkPolicies(
        naming.name("flows"),
        {"flows": [_flow(flow) for flow in tunnelled(settings, pod_flows(settings))]},
        pulumi.ResourceOptions.merge(options, pulumi.ResourceOptions(depends_on=[*made.values()])),
    )
    volumes = StorageClass(naming.name("volumes"), cloud.volumes, options)
    return Ground(cloud.kubernetes, cloud.cluster, made, policies, volumes, cloud.image_caches)


def _namespace(
    planned: PlannedNamespace, naming: Naming, options: pulumi.ResourceOptions, labels: dict[str, str]
) -> Namespace:
    quota = planned.quota
    return Namespace(
        naming.name(planned.name),
        {
            "namespace": planned.name,
            "quota": {
                "cpu_millicores": quota.cpu_millicores,
                "memory_mib": quota.memory_mib,
                "storage_gib": quota.storage_gb,
                "pods": quota.pods,
                "load_balancers": planned.load_balancers,
            },
            "pod_security": planned.pod_security,
            "labels": labels,
        },
        options,
    )


def _flow(flow: PodFlow) -> PodFlowArgs:
    return {
        "name": flow.name,
        "source": _peer(flow.source),
        "destination": _peer(flow.destination),
        "ports": _ports(flow),
        "reason": flow.reason,
        "ends": flow.ends,
    }


def _ports(flow: PodFlow) -> list[FlowPort]:
    ports: list[FlowPort] = []
    for port in flow.ports:
        args: FlowPort = {"port": port.port_from, "protocol": port.protocol.upper()}
        if port.port_to != port.port_from:
            args["end_port"] = port.port_to
        ports.append(args)
    return ports


def _peer(end: PodEnd) -> PodPeer:
    if end.namespace is None:
        ranges: Sequence[pulumi.Input[str]] = end.ranges
        addresses: PodPeer = {"cidrs": list(ranges)}
        if end.except_ranges:
            addresses["except_cidrs"] = list(end.except_ranges)
        if end.nodes:
            addresses["cilium_nodes"] = True
        return addresses
    pods: PodPeer = {"namespace": end.namespace}
    if end.labels:
        pods["labels"] = dict(end.labels)
    if end.one_of:
        pods["one_of"] = {key: list(values) for key, values in end.one_of}
    if end.open:
        pods["open"] = True
    return pods
