"""What stores in the cluster have in common: their arguments, passwords and endpoints."""

from collections.abc import Iterator
from typing import Any, NotRequired, TypedDict

import pulumi
import pulumi_random as random

from components.common import after
from components.kubernetes.data import load
from components.kubernetes.pods import ContainerSize, Placement, restricted_container
from components.outputs import Endpoint

STORES = "stores.yaml"


class InClusterStoreArgs(TypedDict):
    """Inputs of a store in the cluster."""

    namespace: str
    """Namespace of the store."""
    store: str
    """Name of its objects, such as `postgresql`; unique in the namespace, at most 40 characters."""
    version: str
    """Version as the settings name it, one of `stores.yaml`."""
    placement: Placement
    """Pool on which it runs."""
    size: ContainerSize
    """Size of each of its pods."""
    storage_gib: int
    """Volume of each of its pods, in GiB."""
    storage_class: NotRequired[str]
    """Storage class of the volumes; the cluster's default one when absent."""
    replicas: NotRequired[int]
    """Pods beside the primary; 0 by default."""
    database: NotRequired[str]
    """Name of the database, which a Valkey has none of; that of the store by default."""
    username: NotRequired[str]
    """Owner of the database, which a Valkey has none of; that of the store by default."""
    keyspaces: NotRequired[list[str]]
    """Keyspaces that are made, as CQL names them, of a Cassandra; one that is left out later stays with its data; none by default."""
    replication_factor: NotRequired[int]
    """Copies of each row of a Cassandra; 3, and at most as many as there are nodes, by default."""
    labels: NotRequired[dict[str, str]]
    """Labels of its pods, by which network policies find it; none by default."""


def problems(args: InClusterStoreArgs, kind: str) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with the arguments of a store of a kind."""
    versions = load(STORES)[kind]
    if args["version"] not in versions:
        yield "version", f"{args['version']!r} has no image in the cluster: one of {', '.join(versions)}"
    if len(args["store"]) > 40:
        yield "store", f"{args['store']!r} is longer than 40 characters, which names made from it need"


def owner_of(args: InClusterStoreArgs) -> str:
    """Return the user that owns a store."""
    return args.get("username", args["store"])


def password_of(name: str, parent: pulumi.Resource, opts: pulumi.ResourceOptions | None) -> random.RandomPassword:
    """Make a password of letters and digits, which need no quoting."""
    return random.RandomPassword(f"{name}-password", length=32, special=False, opts=after(parent, opts))


def storage_class(args: InClusterStoreArgs, key: str) -> dict[str, str]:
    """Return the storage class under a key, nothing where there is none."""
    return {key: args["storage_class"]} if "storage_class" in args else {}


def endpoint_at(
    args: InClusterStoreArgs, service: str, port: int, *, user: str, password: random.RandomPassword, database: str
) -> Endpoint:
    """Return the endpoint of a service of a store."""
    return Endpoint(
        host=pulumi.Output.from_input(f"{service}.{args['namespace']}.svc"),
        port=pulumi.Output.from_input(port),
        database=database,
        username=pulumi.Output.from_input(user),
        secret_id=pulumi.Output.from_input(f"{args['store']}-owner" if database else f"{args['store']}-users"),
        password=password.result,
    )


def writing_container() -> dict[str, Any]:
    """Return the restricted security context of a container that writes beside its volumes."""
    return {**restricted_container(), "readOnlyRootFilesystem": False}
