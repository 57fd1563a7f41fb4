"""Where a database is and who may enter; only the password is kept in a Kubernetes secret, the rest is ordinary configuration."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

PASSWORD_KEY = "password"  # noqa: S105 - key in a secret


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


def password_secret(
    resource: str,
    secret: str,
    namespace: pulumi.Input[str],
    password: pulumi.Input[str],
    *,
    opts: pulumi.ResourceOptions,
    key: str = PASSWORD_KEY,
) -> k8s.core.v1.Secret:
    """Make a Kubernetes secret that holds a password under one key."""
    return k8s.core.v1.Secret(
        resource,
        metadata=k8s.meta.v1.ObjectMetaArgs(name=secret, namespace=namespace),
        string_data={key: pulumi.Output.secret(password)},
        opts=opts,
    )


def environment(prefix: str, credentials: DatabaseCredentials) -> dict[str, pulumi.Input[str]]:
    """Return the environment variables that tell where a database is: `<PREFIX>_HOST`, `_PORT`, `_DATABASE` and `_USERNAME`."""
    where: dict[str, pulumi.Input[str]] = {
        f"{prefix}_HOST": credentials["host"],
        f"{prefix}_PORT": pulumi.Output.from_input(credentials["port"]).apply(_text),
        f"{prefix}_USERNAME": credentials["username"],
    }
    return {**where, f"{prefix}_DATABASE": credentials["database"]} if credentials["database"] else where


def _text(port: float) -> str:
    # Numbers come back from the engine as floating point.
    return str(int(port))
