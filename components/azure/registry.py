"""Registry of the platform's own images."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.diagnostics import DiagnosticsArgs, diagnose
from components.azure.names import unique_name
from components.azure.private_endpoint import PrivateEndpointArgs, private_endpoint
from components.azure.role_assignment import assign
from components.azure.tags import Tags
from components.common import refuse

LONGEST_NAME = 50
"""Longest name of a registry (Azure Resource Manager, resource name rules, Microsoft.ContainerRegistry/registries)."""

LONGEST_UNTAGGED_DAYS = 365
"""Longest retention of images without a tag, in days (Azure Container Registry documentation, retention policy, 2026)."""

LONGEST_SOFT_DELETE_DAYS = 90
"""Longest time in which a deleted image can be brought back, in days (Azure Container Registry documentation, soft delete policy, 2026)."""


class RegistryArgs(TypedDict):
    """Arguments of `Registry`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the registry."""
    location: pulumi.Input[str]
    """Region of the registry."""
    subscription_id: pulumi.Input[str]
    """Subscription of the registry."""
    repositories: Sequence[str]
    """Names of the repositories; each is made with the first image that is pushed to it."""
    prefix: NotRequired[str]
    """What stands before each name and a slash; nothing by default."""
    untagged_days: NotRequired[int]
    """How long images without a tag are kept, 0 to 365 days; those with a tag stay, so that a rollback finds its own; default 30."""
    soft_delete_days: NotRequired[int]
    """How long deleted images can be brought back, 1 to 90 days, instead of `untagged_days` and without `replica_regions`; 0, the default, for not
    at all."""
    zone_redundant: NotRequired[pulumi.Input[bool]]
    """Whether images are kept in several zones of the region; fixed at creation; default true."""
    replica_regions: NotRequired[Sequence[str]]
    """Regions with copies of all images, under the same address; none by default."""
    export: NotRequired[bool]
    """Whether images can be copied to other registries, as when they move on to the next environment; default true."""
    allowed_ranges: NotRequired[Sequence[str]]
    """Public ranges that reach the registry, such as those of pipelines, besides trusted services of Azure; none by default."""
    private_endpoint: NotRequired[PrivateEndpointArgs]
    """Where the registry is reached in the network, by two addresses and one more for each copy; its public address is then closed to all but
    `allowed_ranges`."""
    pulled_by: NotRequired[Mapping[str, pulumi.Input[str]]]
    """Identities that pull images: name to object id; none by default."""
    diagnostics: NotRequired[DiagnosticsArgs]
    """Where the registry's logs and metrics go; nowhere by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi and a lock refuse to delete the registry; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: RegistryArgs) -> Iterator[tuple[str, str]]:
    soft = args.get("soft_delete_days", 0)
    if not 0 <= args.get("untagged_days", 30) <= LONGEST_UNTAGGED_DAYS:
        yield "untagged_days", f"must be 0 to {LONGEST_UNTAGGED_DAYS}"
    if not 0 <= soft <= LONGEST_SOFT_DELETE_DAYS:
        yield "soft_delete_days", f"must be 1 to {LONGEST_SOFT_DELETE_DAYS}, or 0 for none"
    if soft and "untagged_days" in args:
        yield (
            "soft_delete_days",
            "a registry deletes untagged images or brings deleted ones back: leave untagged_days out",
        )
    if soft and args.get("replica_regions"):
        yield (
            "soft_delete_days",
            "a registry with copies in other regions cannot bring images back: leave one of the two out",
        )
    if len(set(args["repositories"])) < len(args["repositories"]):
        yield "repositories", "a name occurs twice: name each repository once"
    if not args.get("export", True) and not _closed(args):
        yield (
            "export",
            "can be switched off only where the public address is closed: give private_endpoint, and no allowed_ranges",
        )


def _closed(args: RegistryArgs) -> bool:
    return "private_endpoint" in args and not args.get("allowed_ranges")


class Registry(pulumi.ComponentResource):
    """A Premium registry without an account of its own: images are pulled and pushed by identities alone, and encrypted with Azure's key.

    A key of the customer would have to be in a vault that is open to the registry's own identity, which a vault behind a firewall is not.
    """

    locked: Mapping[str, pulumi.Output[str]]
    """What `Locks` must hold, by name; nothing unless it is protected."""
    id: pulumi.Output[str]
    """Identifier of the registry."""
    name: pulumi.Output[str]
    """Name of the registry."""
    url: pulumi.Output[str]
    """Address and path in front of the repositories' names."""
    urls: Mapping[str, pulumi.Output[str]]
    """Repository to the address that images are pushed to and pulled from."""

    def __init__(self, name: str, args: RegistryArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:azure:Registry", name, {**args}, opts)
        refuse(name, _problems(args))
        child = pulumi.ResourceOptions(parent=self)
        protected = args.get("deletion_protection", False)
        self.registry = self._registry(name, args)
        self.id, self.name = self.registry.id, self.registry.name
        prefix = args.get("prefix")
        self.url = pulumi.Output.concat(self.registry.login_server, f"/{prefix}" if prefix else "")
        self.urls = {
            repository: pulumi.Output.concat(self.url, f"/{repository}") for repository in args["repositories"]
        }
        self.replications = {
            region: azure.containerregistry.Replication(
                f"{name}-{region}",
                replication_name=region,
                registry_name=self.registry.name,
                resource_group_name=args["resource_group_name"],
                location=region,
                zone_redundancy=_switch(args.get("zone_redundant", True)),
                tags=args.get("tags"),
                opts=child,
            )
            for region in args.get("replica_regions", ())
        }
        self.pulls = {
            who: assign(
                f"{name}-{who}-pull",
                role="AcrPull",
                principal_id=principal_id,
                scope=self.registry.id,
                subscription_id=args["subscription_id"],
                opts=child,
            )
            for who, principal_id in args.get("pulled_by", {}).items()
        }
        self.endpoint = self._endpoint(name, args)
        self.diagnostics = (
            diagnose(f"{name}-registry", self.registry.id, args["diagnostics"], opts=child)
            if "diagnostics" in args
            else None
        )
        self.locked = {name: self.registry.id} if protected else {}
        self.register_outputs({"id": self.id, "name": self.name, "url": self.url, "urls": self.urls})

    def _registry(self, name: str, args: RegistryArgs) -> azure.containerregistry.Registry:
        closed = _closed(args)
        access, action = azure.containerregistry.PublicNetworkAccess, azure.containerregistry.Action.ALLOW
        return azure.containerregistry.Registry(
            f"{name}-registry",
            registry_name=unique_name(name, args["subscription_id"], LONGEST_NAME, ""),
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            sku=azure.containerregistry.SkuArgs(name=azure.containerregistry.SkuName.PREMIUM),
            admin_user_enabled=False,
            anonymous_pull_enabled=False,
            zone_redundancy=_switch(args.get("zone_redundant", True)),
            public_network_access=access.DISABLED if closed else access.ENABLED,
            network_rule_bypass_options=azure.containerregistry.NetworkRuleBypassOptions.AZURE_SERVICES,
            network_rule_set=azure.containerregistry.NetworkRuleSetArgs(
                default_action=azure.containerregistry.DefaultAction.DENY,
                ip_rules=[
                    azure.containerregistry.IPRuleArgs(i_p_address_or_range=range_, action=action)
                    for range_ in args.get("allowed_ranges", ())
                ],
            ),
            policies=_policies(args),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None),
        )

    def _endpoint(self, name: str, args: RegistryArgs) -> azure.network.PrivateEndpoint | None:
        if "private_endpoint" not in args:
            return None
        return private_endpoint(
            f"{name}-endpoint",
            resource_group_name=args["resource_group_name"],
            location=args["location"],
            resource_id=self.registry.id,
            group_id="registry",
            args=args["private_endpoint"],
            tags=args.get("tags"),
            # Each copy has an address of the endpoint: it gets them all at once when they are there.
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self.replications.values())),
        )


def _switch(on: pulumi.Input[bool]) -> pulumi.Output[str]:
    states = azure.containerregistry.ZoneRedundancy
    return pulumi.Output.from_input(on).apply(lambda value: states.ENABLED.value if value else states.DISABLED.value)


def _policies(args: RegistryArgs) -> azure.containerregistry.PoliciesArgs:
    status = azure.containerregistry.PolicyStatus
    exports = azure.containerregistry.ExportPolicyStatus
    soft = args.get("soft_delete_days", 0)
    return azure.containerregistry.PoliciesArgs(
        export_policy=azure.containerregistry.ExportPolicyArgs(
            status=exports.ENABLED if args.get("export", True) else exports.DISABLED
        ),
        quarantine_policy=azure.containerregistry.QuarantinePolicyArgs(status=status.DISABLED),
        trust_policy=azure.containerregistry.TrustPolicyArgs(
            type=azure.containerregistry.TrustPolicyType.NOTARY, status=status.DISABLED
        ),
        retention_policy=azure.containerregistry.RetentionPolicyArgs(
            days=args.get("untagged_days", 30), status=status.DISABLED if soft else status.ENABLED
        ),
        soft_delete_policy=azure.containerregistry.SoftDeletePolicyArgs(
            retention_days=soft or None, status=status.ENABLED if soft else status.DISABLED
        ),
    )
