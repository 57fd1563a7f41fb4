"""Where a database is and who may enter; only the password is kept in a Kubernetes secret, the rest is ordinary configuration."""

from typing import NotRequired, TypedDict

import pulumi
import pulumi_kubernetes as k8s

from components.kubernetes.custom_resource import custom_resource
from components.kubernetes.external_secrets import API_VERSION

PASSWORD_KEY = "password"  # noqa: S105 - key in a secret


REFRESH = "1m0s"
"""How often the cloud's store of secrets is asked: a new password is in the cluster after this time at most."""


class ExternalSource(TypedDict):
    """Where the current password is, if something else than Pulumi changes it."""

    store: str
    """Name of the cluster-wide store of secrets; see `components.kubernetes.external_secrets`."""
    key: pulumi.Input[str]
    """Identifier of the secret there: JSON with the password under `password`."""


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
    source: NotRequired[ExternalSource]
    """Where the current password is; `password` is the first one then. By default `password` is the only one."""


def password_secret(
    resource: str,
    secret: str,
    namespace: pulumi.Input[str],
    password: pulumi.Input[str],
    *,
    opts: pulumi.ResourceOptions,
    key: str = PASSWORD_KEY,
    source: ExternalSource | None = None,
) -> k8s.core.v1.Secret:
    """Make a Kubernetes secret that holds a password under one key.

    With a `source` the password is the first one only: an external secret beside it writes the current one into it, and Pulumi leaves it alone.
    """
    made = k8s.core.v1.Secret(
        resource,
        metadata=k8s.meta.v1.ObjectMetaArgs(name=secret, namespace=namespace),
        string_data={key: pulumi.Output.secret(password)},
        opts=opts
        if source is None
        else pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(ignore_changes=["data", "stringData"])),
    )
    if source is not None:
        custom_resource(
            f"{resource}-source",
            api_version=API_VERSION,
            kind="ExternalSecret",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=secret, namespace=namespace),
            spec={
                "refreshInterval": REFRESH,
                "secretStoreRef": {"kind": "ClusterSecretStore", "name": source["store"]},
                # Into the secret that is there: pods find it from the start, and it stays when rotation is switched off.
                "target": {"name": secret, "creationPolicy": "Merge", "deletionPolicy": "Retain"},
                "data": [{"secretKey": key, "remoteRef": {"key": source["key"], "property": PASSWORD_KEY}}],
            },
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(depends_on=[made])),
        )
    return made


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
