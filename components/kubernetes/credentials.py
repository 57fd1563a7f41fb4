"""Credentials of a database as a Kubernetes secret; the words of `Endpoint` in which stores report themselves."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s


class DatabaseCredentials(TypedDict):
    """Where a database is and who may enter; an `Endpoint` of a store is one."""

    host: pulumi.Input[str]
    """Name or address of the server."""
    port: pulumi.Input[int]
    """Port of the server."""
    database: str
    """Name of the database, empty where the store has none."""
    username: pulumi.Input[str]
    """User."""
    password: pulumi.Input[str]
    """Password, a secret."""
    secret_id: NotRequired[pulumi.Input[str]]
    """Identifier of the same secret in the cloud's store; not used inside of the cluster."""


def credentials_secret(
    resource: str,
    secret: str,
    namespace: pulumi.Input[str],
    credentials: DatabaseCredentials,
    *,
    opts: pulumi.ResourceOptions,
    prefix: str = "",
) -> k8s.core.v1.Secret:
    """Make a secret with the keys host, port, database, username and password.

    With a `prefix` the keys are environment variables instead: `<PREFIX>_HOST` and so on.
    """
    values: dict[str, pulumi.Input[str]] = {
        "host": credentials["host"],
        "port": pulumi.Output.from_input(credentials["port"]).apply(str),
        "database": credentials["database"],
        "username": credentials["username"],
        "password": pulumi.Output.secret(credentials["password"]),
    }
    data = {f"{prefix}_{key.upper()}": value for key, value in values.items()} if prefix else values
    return k8s.core.v1.Secret(
        resource,
        metadata=k8s.meta.v1.ObjectMetaArgs(name=secret, namespace=namespace),
        string_data=data,
        opts=opts,
    )
