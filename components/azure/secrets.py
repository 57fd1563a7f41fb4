"""Secrets of the platform on Azure."""

from collections.abc import Iterator
from typing import NotRequired, TypedDict

import pulumi
import pulumi_azure_native as azure

from components.azure.tags import Tags
from components.common import refuse

LONGEST_DESCRIPTION = 255
"""Longest content type of a secret (Key Vault REST API, secrets, 2026)."""


class SecretArgs(TypedDict):
    """Arguments of `Secret`."""

    resource_group_name: pulumi.Input[str]
    """Resource group of the vault."""
    vault_name: pulumi.Input[str]
    """Vault that keeps the secret, encrypted with a key of its own."""
    value: pulumi.Input[str]
    """The secret itself; mark it as a secret of Pulumi."""
    description: NotRequired[str]
    """What the secret is for, at most 255 characters; Azure shows it as the type of the content."""
    vault: NotRequired[azure.keyvault.Vault]
    """The vault as a resource of this stack: the secret then goes with it. Otherwise, and when it leaves the stack before its vault, it is deleted by a
    request to the vault itself, which one with a closed address takes from its own network only."""
    rotated: NotRequired[bool]
    """Whether something else changes the value, once it is there: then Pulumi writes it once and leaves it alone; default false."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the secret; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: SecretArgs) -> Iterator[tuple[str, str]]:
    if len(args.get("description", "")) > LONGEST_DESCRIPTION:
        yield "description", f"must not have more than {LONGEST_DESCRIPTION} characters"


class Secret(pulumi.ComponentResource):
    """A secret in Key Vault with its value, written by Azure's resource manager, so that the vault may be closed to whoever deploys.

    It is named automatically, so that one deleted and still recoverable does not stand in the way of the next.
    """

    id: pulumi.Output[str]
    """Resource id of the secret: where an identity is given the right to read it."""
    name: pulumi.Output[str]
    """Name of the secret in its vault."""
    uri: pulumi.Output[str]
    """Address of the newest version."""

    def __init__(self, name: str, args: SecretArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        # The value stays out of the component's own inputs, which are recorded too; a resource is no value at all.
        recorded = {key: value for key, value in args.items() if key not in {"value", "vault"}}
        super().__init__("apim:azure:Secret", name, recorded, opts)
        refuse(name, _problems(args))
        self.secret = azure.keyvault.Secret(
            f"{name}-secret",
            resource_group_name=args["resource_group_name"],
            vault_name=args["vault_name"],
            properties=azure.keyvault.SecretPropertiesArgs(
                value=pulumi.Output.secret(args["value"]), content_type=args.get("description")
            ),
            tags=args.get("tags"),
            opts=pulumi.ResourceOptions(
                parent=self,
                protect=args.get("deletion_protection") or None,
                deleted_with=args.get("vault"),
                ignore_changes=["properties.value"] if args.get("rotated") else None,
            ),
        )
        self.id = self.secret.id
        self.name = self.secret.name
        self.uri = self.secret.properties.apply(lambda properties: properties.secret_uri or "")
        self.register_outputs({"id": self.id, "name": self.name, "uri": self.uri})
