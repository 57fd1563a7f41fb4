"""Programs with the keys, secrets, registry, storage, files and identities of Azure, small enough to read, with what they need around them."""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pulumi
import pulumi_azure_native as azure
from azure_stack import LOCATION, SUBSCRIPTION, TAGS, TENANT, Stack, sample

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.testing import Recording
from components.azure.encryption import EncryptionKeys
from components.azure.files import FileShares
from components.azure.identities import PipelineIdentity
from components.azure.lock import Locks
from components.azure.registry import Registry
from components.azure.role_assignment import ROLES, assign
from components.azure.secrets import Secret
from components.azure.storage import LogStorage

RECOVERY_LOCATION = "northeurope"
VALUE = "s3cret-value"


def run(program: Callable[[], object]) -> Recording:
    """Record a program on a stack of its own; the samples as they are, once for all tests."""
    return sample(program) if program in SAMPLES.values() else Stack().run(program)


def kinds(recording: Recording) -> Counter[str]:
    """Count what a recording made, by type without the package."""
    return Counter(
        resource.type.removeprefix("azure-native:")
        for resource in recording.graph.custom()
        if not resource.type.startswith("pulumi:")
    )


def added(before: Recording, after: Recording) -> Mapping[str, int]:
    """Return how many of each type came and, negative, went."""
    counts = kinds(after)
    counts.subtract(kinds(before))
    return {type_: count for type_, count in counts.items() if count}


def of(recording: Recording, type_: str) -> list[Resource]:
    """Return the resources of a type, at least one."""
    found = recording.of_type(f"azure-native:{type_}")
    assert found, type_
    return found


def one(recording: Recording, type_: str) -> Resource:
    """Return the only resource of a type."""
    (found,) = of(recording, type_)
    return found


def roles(recording: Recording) -> dict[str, tuple[str, str]]:
    """Return each assignment's role, by its name in the table, and scope."""
    names = {guid: name for name, guid in ROLES.items()}
    return {
        resource.name: (names[resource.inputs["roleDefinitionId"].rpartition("/")[2]], resource.inputs["scope"])
        for resource in of(recording, "authorization:RoleAssignment")
    }


class Around:
    """Resource group, a subnet with zones of private names, and a workspace."""

    def __init__(self) -> None:
        self.group = azure.resources.ResourceGroup("group", location=LOCATION, tags=TAGS)
        common: Any = {"resource_group_name": self.group.name}
        self.vnet = azure.network.VirtualNetwork(
            "vnet", address_space=azure.network.AddressSpaceArgs(address_prefixes=["10.0.0.0/16"]), tags=TAGS, **common
        )
        self.subnet = azure.network.Subnet(
            "data",
            virtual_network_name=self.vnet.name,
            subnet_name="data",
            address_prefix="10.0.1.0/27",
            default_outbound_access=False,
            **common,
        )
        self.workspace = azure.operationalinsights.Workspace(
            "workspace", sku=azure.operationalinsights.WorkspaceSkuArgs(name="PerGB2018"), tags=TAGS, **common
        )

    @property
    def place(self) -> dict[str, Any]:
        """What every component of Azure is given."""
        return {"resource_group_name": self.group.name, "location": LOCATION, "tags": TAGS}

    @property
    def everything(self) -> dict[str, Any]:
        """What those that give rights or have names unique in Azure are given, with diagnostics."""
        return {
            **self.place,
            "subscription_id": SUBSCRIPTION,
            "diagnostics": {"workspace_id": self.workspace.id},
        }

    def endpoint(self, zone: str) -> dict[str, Any]:
        """Return where a private endpoint stands, with the zone of its names."""
        made = azure.privatedns.PrivateZone(
            zone.replace(".", "-"),
            private_zone_name=zone,
            location="global",
            resource_group_name=self.group.name,
            tags=TAGS,
        )
        return {"subnet_id": self.subnet.id, "zone_ids": [made.id]}


def given(args: dict[str, Any]) -> Any:
    """Return arguments without those that a test takes away."""
    return {key: value for key, value in args.items() if value is not None}


def keys(around: Around | None = None, **options: Any) -> EncryptionKeys:
    """Make a vault with its keys."""
    here = around or Around()
    args: Any = {**here.everything, "tenant_id": TENANT, **options}
    return EncryptionKeys("apim-test-keys", args)


def closed_keys() -> EncryptionKeys:
    """Make a vault that is reached in the network alone, protected."""
    around = Around()
    endpoint = around.endpoint("privatelink.vaultcore.azure.net")
    return keys(around, private_endpoint=endpoint)


def secret(**options: Any) -> Secret:
    """Make a vault and a secret in it."""
    around = Around()
    made = keys(around)
    args: Any = {
        "resource_group_name": around.group.name,
        "vault_name": made.vault_name,
        "vault": made.vault,
        "value": pulumi.Output.secret(VALUE),
        "description": "Password of a test",
        "tags": TAGS,
    }
    return Secret("apim-test-secret", given({**args, **options}))


def registry(**options: Any) -> Registry:
    """Make a registry that is reached in the network alone, with a copy."""
    around = Around()
    args: Any = {
        **around.everything,
        "repositories": ["bff", "gateway-manager"],
        "prefix": "apim-test",
        "private_endpoint": around.endpoint("privatelink.azurecr.io"),
        **options,
    }
    return Registry("apim-test-registry", given(args))


def storage(**options: Any) -> LogStorage:
    """Make log storage with a key of its own, and a container of snapshots."""
    around = Around()
    args: Any = {
        **around.everything,
        "key": keys(around).logs_key,
        "containers": {"cassandra-snapshots": {"retention_days": 35}},
        "private_endpoint": around.endpoint("privatelink.blob.core.windows.net"),
        **options,
    }
    return LogStorage("apim-test-storage", given(args))


def files(**options: Any) -> FileShares:
    """Make a share for SMB."""
    around = Around()
    args: Any = {
        **around.everything,
        "shares": {"events": 100},
        "key": keys(around).stores_key,
        "private_endpoint": around.endpoint("privatelink.file.core.windows.net"),
        **options,
    }
    return FileShares("apim-test-files", given(args))


def identity(**options: Any) -> PipelineIdentity:
    """Make the identity of a pipeline with two roles."""
    around = Around()
    args: Any = {
        **around.place,
        "subscription_id": SUBSCRIPTION,
        "grants": {
            "network": {"role": "Network Contributor", "scope": around.vnet.id},
            "identities": {"role": "Managed Identity Operator", "scope": around.group.id},
        },
        "credentials": [
            {"issuer": "https://token.actions.githubusercontent.com", "subject": "repo:example/images:environment:dev"},
            {"issuer": "https://token.actions.githubusercontent.com", "subject": "repo:example/images:environment:stg"},
        ],
        **options,
    }
    return PipelineIdentity("apim-test-build", args)


def right_and_lock() -> tuple[Any, Any]:
    """Give a right at a scope, and lock it."""
    around = Around()
    user = azure.managedidentity.UserAssignedIdentity("user", resource_group_name=around.group.name)
    right = assign(
        "reading",
        role="Reader",
        principal_id=user.principal_id,
        scope=around.vnet.id,
        subscription_id=SUBSCRIPTION,
    )
    locks = Locks("apim-test-locks", {"scopes": {"vnet": around.vnet.id}}, pulumi.ResourceOptions(depends_on=[right]))
    return right, locks


SAMPLES: dict[str, Callable[[], object]] = {
    "keys": keys,
    "closed_keys": closed_keys,
    "secret": secret,
    "registry": registry,
    "storage": storage,
    "files": files,
    "identity": identity,
    "right_and_lock": right_and_lock,
}
