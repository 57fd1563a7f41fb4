"""What the services behind the gateways are told of their Cassandra, and how its metrics are read."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from apim_infra.platform.naming import Naming
from apim_infra.products.profile import profile
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.sizing.namespaces import MONITORING_NAMESPACE
from components.kubernetes.cassandra_client import CassandraClient, CassandraClientArgs
from components.outputs import Endpoint


@dataclass(frozen=True, slots=True)
class CassandraAccess:
    """How a Cassandra is used."""

    endpoint: Endpoint
    datacenter: str
    """Data centre that clients name as theirs."""
    authority: pulumi.Output[str] | None = None
    """Certificate of the ring's own authority; None where a public one vouches for the servers, and without TLS in the cluster."""
    certificate: pulumi.Output[str] | None = None
    """Certificate of clients; None where the cloud's identity is the login."""
    key: pulumi.Output[str] | None = None
    """Its private key, a secret."""
    login: bool = True
    """Whether there is a user with a password; not where the cloud's identity is the login."""
    exporters: Sequence[str] = ()
    """Address and port of each node's metrics; none for the managed service."""
    consistency: str | None = None
    """Consistency level with which programs are told to read and write; None where they know by themselves."""


def client_namespace(settings: StackSettings) -> str:
    """Return the namespace of those who use Cassandra: the services behind the gateways, or the gateways themselves."""
    gateway = settings.gateway
    for_services = "cassandra" in profile(settings.product).service_stores
    return gateway.microservices_namespace if for_services else gateway.namespace


def build_cassandra_client(
    settings: StackSettings,
    naming: Naming,
    access: CassandraAccess | None,
    options: pulumi.ResourceOptions,
    *,
    job: str,
) -> None:
    """Tell the services of a deployment where Cassandra is, and monitoring where its exporters are; nothing for none.

    `job` is the ring's name in the metrics.
    """
    if access is None or settings.stores.cassandra.mode is StoreMode.NONE:
        return
    endpoint = access.endpoint
    args: CassandraClientArgs = {
        "namespace": client_namespace(settings),
        "hosts": endpoint["host"],
        "port": endpoint["port"],
        "datacenter": access.datacenter,
    }
    if access.consistency is not None:
        args["consistency"] = access.consistency
    if access.login:
        args["username"], args["password"] = endpoint["username"], endpoint["password"]
    if access.authority is not None:
        args["authority"] = access.authority
    if access.certificate is not None and access.key is not None:
        args["certificate"], args["key"] = access.certificate, access.key
    if access.exporters and settings.observability.metrics.enabled:
        args["metrics"] = {"namespace": MONITORING_NAMESPACE, "job": job, "targets": list(access.exporters)}
    CassandraClient(naming.name("cassandra-client"), args, options)
