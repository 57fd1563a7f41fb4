"""Words about a stack on Azure by which rows of the matrix of flows are chosen."""

from collections.abc import Mapping

from apim_infra.planning.subnets import (
    API_SERVER,
    BASTION,
    ENTRY,
    JUMP,
    MYSQL,
    POSTGRESQL,
    REGISTRY_ENDPOINT,
    built_subnets,
)
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import ShareProtocol, StoreMode

VAULT_ENDPOINT = "vault"
"""Short name of the endpoint of the vault."""

BLOB_ENDPOINT = "blob"
"""Short name of the endpoint of blobs."""


def azure_facts(settings: StackSettings) -> Mapping[str, bool]:
    """Return each word and whether it holds; none of them does on AWS.

    `azure`; `balanced` where a load balancer passes connections on to nodes; `application-gateway`, or `no-application-gateway`;
    `api-server-subnet` where the Kubernetes API has a subnet in the network; `policy-addon`; `jump-host` or `managed-bastion`; `mysql-subnet` and
    `postgresql-subnet` where databases have subnets of their own; `vault-endpoint` and `registry-endpoint` where those services have addresses in the
    network; `log-archive-inside` or `log-archive-outside` where logs are kept in blobs, by an endpoint or by their
    public address; `managed-metrics` where agents of Azure Monitor measure pods; `files-smb` or `files-nfs` for what shares are mounted by.
    """
    azure = settings.cloud is Cloud.AZURE
    built = set(built_subnets(settings)) if azure else set[str]()
    endpoints, ingress, files = settings.network.interface_endpoints, settings.ingress, settings.stores.files
    archive = azure and settings.observability.logs.archive
    shared = azure and files.mode is StoreMode.MANAGED
    export = settings.observability.exporters.azure_monitor
    return {
        "azure": azure,
        "balanced": azure and (ingress.public.enabled or ingress.internal.enabled),
        "application-gateway": ENTRY in built,
        "no-application-gateway": azure and ENTRY not in built,
        "api-server-subnet": API_SERVER in built,
        "policy-addon": azure and settings.cluster.policy_addon,
        "jump-host": JUMP in built,
        "managed-bastion": BASTION in built,
        "mysql-subnet": MYSQL in built,
        "postgresql-subnet": POSTGRESQL in built,
        "vault-endpoint": azure and VAULT_ENDPOINT in endpoints,
        "registry-endpoint": azure and REGISTRY_ENDPOINT in endpoints,
        "log-archive-inside": archive and BLOB_ENDPOINT in endpoints,
        "log-archive-outside": archive and BLOB_ENDPOINT not in endpoints,
        "managed-metrics": azure and export is not None and export.metrics,
        "files-smb": shared and files.protocol is ShareProtocol.SMB,
        "files-nfs": shared and files.protocol is ShareProtocol.NFS,
    }
