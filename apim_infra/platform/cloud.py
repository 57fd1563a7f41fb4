"""What the Kubernetes half of the platform gets from either cloud."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pulumi
import pulumi_kubernetes as k8s

from apim_infra.platform.cassandra_client import CassandraAccess
from apim_infra.settings.deployments import Deployment
from components.kubernetes.certificates import AzureDnsSolver, Route53Solver
from components.kubernetes.external_dns import AzureZone
from components.kubernetes.file_share import FileShareSource
from components.kubernetes.ingress_specs import LoadBalancerService, TargetGroup
from components.kubernetes.log_collector import BlobArchive, CloudSink
from components.kubernetes.storage_class import StorageClassArgs
from components.outputs import Endpoint


@dataclass(frozen=True, slots=True)
class OwnPlatform:
    """What a deployment beside the first has of the cloud for itself."""

    stores: Mapping[str, Endpoint]
    """Managed stores by their name in the settings."""
    target_groups: Mapping[str, list[TargetGroup]]
    """Target groups of each load balancer, `internal` and `public`."""
    exports: Mapping[str, pulumi.Input[object]]
    """What the stack exports of it."""
    cassandra: CassandraAccess | None
    """Its Cassandra outside of the cluster, if there is one."""
    load_balancers: Mapping[str, LoadBalancerService] = field(default_factory=dict[str, LoadBalancerService])
    """What the services of the ingress say by which the cluster makes its load balancers; none where they are the stack's own."""


@dataclass(frozen=True, slots=True)
class ClusterCopyStore:
    """Where copies of the cluster's objects are kept."""

    bucket: pulumi.Output[str]
    key_arn: pulumi.Input[str]
    """Key with which they are encrypted."""


@dataclass(frozen=True, slots=True)
class CloudPlatform:
    """The lower half of the platform: cluster, stores and edge."""

    kubernetes: k8s.Provider
    """Provider of the cluster, made once nodes, add-ons and the controllers' rights are there."""
    cluster: pulumi.Resource | None
    """The cluster itself: objects in it are gone with it; None for one that is brought along."""
    cluster_name: pulumi.Output[str]
    network_id: pulumi.Output[str]
    stores: Mapping[str, Endpoint]
    """Managed stores by their name in the settings."""
    target_groups: Mapping[str, list[TargetGroup]]
    """Target groups of each load balancer, `internal` and `public`."""
    dns_challenge: Route53Solver | AzureDnsSolver | None
    """Zone in which certificates are proven; None where nothing is public."""
    volumes: StorageClassArgs
    """Storage class of the volumes of pods."""
    image_registry: pulumi.Output[str]
    """Registry and path in front of the names of the control plane's programs."""
    image_caches: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    """Public registry to the address from which its images are pulled instead; empty where nodes pull from the registries themselves."""
    log_sink: CloudSink | None = None
    """Where the gateways' logs go in the cloud; None when they stay in the cluster."""
    log_archive: BlobArchive | None = None
    """Blob storage in which the gateways' logs are kept; None for none."""
    metrics_log_group: pulumi.Output[str] | None = None
    """Log group in the cloud from which it makes metrics; None when they stay in the cluster."""
    cassandra: CassandraAccess | None = None
    """A Cassandra outside of the cluster; None for none."""
    load_balancers: Mapping[str, LoadBalancerService] = field(default_factory=dict[str, LoadBalancerService])
    """What the services of the ingress say by which the cluster makes its load balancers, `internal` and `public`; none where they are the stack's own."""
    port_targets: Mapping[str, pulumi.Output[str]] = field(default_factory=dict[str, pulumi.Output[str]])
    """Target group of each port that goes past the ingress, by its name; none where the cluster makes its load balancers."""
    files: FileShareSource | None = None
    """File share that the gateways write to; None for none."""
    azure_zone: AzureZone | None = None
    """Public zone on Azure, and the identity that may publish names in it; None for none."""
    cluster_copies: ClusterCopyStore | None = None
    """Where copies of the cluster's objects are kept; None for none."""
    exports: Mapping[str, pulumi.Input[object]] = field(default_factory=dict[str, pulumi.Input[object]])
    """What the stack exports of this half."""
    beside: Mapping[str, OwnPlatform] = field(default_factory=dict[str, OwnPlatform])
    """What other deployments than the first have for themselves, by the prefix of the deployment."""

    def of(self, deployment: Deployment) -> "CloudPlatform":
        """Return the lower half of one deployment. Names of one that is private cannot be proven in public."""
        if not deployment.prefix:
            return self
        own = self.beside[deployment.prefix]
        return replace(
            self,
            stores=own.stores,
            target_groups=own.target_groups,
            cassandra=own.cassandra,
            load_balancers=own.load_balancers,
            dns_challenge=None,
        )
