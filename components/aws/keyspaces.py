"""Amazon Keyspaces: keyspaces without servers, and the rights of the pods that use them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components.aws.iam_policies import Statement, allow, document
from components.aws.pod_identity import PodIdentity
from components.aws.tags import Tags
from components.common import refuse
from components.outputs import Endpoint

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_]{1,47}")
"""Name of a keyspace (Keyspaces API reference, CreateKeyspace)."""
PORT = 9142
"""TLS port of the service; there is no other."""
USE = ("Select", "Modify", "Create", "Alter", "Drop", "TagResource", "UntagResource")
"""What programs do with the tables of a keyspace, which they make themselves (Service Authorization Reference, Keyspaces)."""


class KeyspacesArgs(TypedDict):
    """Arguments of `Keyspaces`."""

    names: Sequence[str]
    """Names of the keyspaces: letters, digits and underscores, 2 to 48."""
    region: str
    """Region of the service."""
    account_id: pulumi.Input[str]
    """Account of the keyspaces."""
    cluster_name: pulumi.Input[str]
    """Cluster of the pods that use them."""
    service_accounts: NotRequired[Mapping[str, str]]
    """Service account to the namespace in which it is: whose pods may use the keyspaces; none by default."""
    deletion_protection: NotRequired[bool]
    """Whether Pulumi refuses to delete the keyspaces; default false."""
    tags: NotRequired[Tags]
    """Tags of every resource."""


def _problems(args: KeyspacesArgs) -> Iterator[tuple[str, str]]:
    for index, name in enumerate(args["names"]):
        if not NAME.fullmatch(name):
            yield f"names[{index}]", f"'{name}' is no name of a keyspace: 2 to 48 letters, digits and underscores"
    if len(set(args["names"])) < len(args["names"]):
        yield "names", "a name occurs twice: give each once"


class Keyspaces(pulumi.ComponentResource):
    """Keyspaces, and a role for each service account. Tables are the programs' own: they make them, and so they may.

    Three copies in three zones, encrypted, paid by request; there is no password: pods sign with their role (the SigV4 plugin of the drivers).
    """

    endpoint: Endpoint
    """Where the service is; user and password are empty."""

    def __init__(self, name: str, args: KeyspacesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:aws:Keyspaces", name, {**args}, opts)
        refuse(name, _problems(args))
        self.keyspaces = {
            keyspace: aws.keyspaces.Keyspace(
                f"{name}-{keyspace.replace('_', '-')}",
                name=keyspace,
                tags=args.get("tags"),
                opts=pulumi.ResourceOptions(parent=self, protect=args.get("deletion_protection") or None),
            )
            for keyspace in args["names"]
        }
        policy = document(self._statements(args))
        self.identities = {
            account: PodIdentity(
                f"{name}-{account}",
                {
                    "cluster_name": args["cluster_name"],
                    "namespace": namespace,
                    "service_account": account,
                    "policies": {"rights": policy},
                    "description": f"Uses the keyspaces of {name}",
                    "tags": args.get("tags", {}),
                },
                pulumi.ResourceOptions(parent=self),
            )
            for account, namespace in args.get("service_accounts", {}).items()
        }
        ready = pulumi.Output.all(*(keyspace.id for keyspace in self.keyspaces.values()))
        self.endpoint = Endpoint(
            host=ready.apply(lambda _: f"cassandra.{args['region']}.amazonaws.com"),
            port=pulumi.Output.from_input(PORT),
            database="",
            username=pulumi.Output.from_input(""),
            secret_id=pulumi.Output.from_input(""),
            password=pulumi.Output.secret(""),
        )
        self.register_outputs({"endpoint": self.endpoint})

    def _statements(self, args: KeyspacesArgs) -> list[Statement]:
        """Return what programs may do in these keyspaces; drivers read the system's tables beside them."""
        prefix = pulumi.Output.format("arn:aws:cassandra:{0}:{1}:/keyspace/", args["region"], args["account_id"])
        own = [pulumi.Output.concat(prefix, keyspace, "/*") for keyspace in args["names"]]
        return [
            allow([f"cassandra:{action}" for action in USE], own),
            allow(["cassandra:Select"], pulumi.Output.concat(prefix, "system*")),
        ]
