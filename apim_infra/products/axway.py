"""What the images of Axway API Management are told: the environment of their containers.

The names of the variables are those of the vendor's container scripts (Axway documentation, deploy in containers; Axway/Cloud-Automation, 2023-01).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NODE_MANAGER = "node-manager"
"""Program that every gateway registers with."""

SECRET = "product-stores"  # noqa: S105 - the name of a secret
"""Kubernetes secret with the passwords of the stores, in the gateways' namespace."""

PASSWORD_KEYS: Mapping[str, str] = {"CASS_PASS": "cassandra", "METRICS_DB_PASS": "mariadb"}
"""Environment variable to the key of its value in the secret."""


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """Where the product's stores are. Values may be known only later: they are passed on untouched."""

    cassandra_hosts: Any
    """Names or addresses of the nodes, divided by commas."""
    cassandra_port: Any
    cassandra_user: Any
    database_url: Any
    """JDBC address of the relational store."""
    database_user: Any


def environment(
    stores: StoreAccess, *, heap_mib: int, node_manager: str, keyspaces: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Return the variables of one program; `keyspaces` are those of its group, the general one first."""
    told: dict[str, Any] = {
        "ACCEPT_GENERAL_CONDITIONS": "yes",
        "EMT_HEAP_SIZE_MB": str(heap_mib),
        "EMT_ANM_HOSTS": node_manager,
        "EMT_DEPLOYMENT_ENABLED": "false",  # images hold their configuration and are not changed in place
        "CASS_HOST": stores.cassandra_hosts,
        "CASS_PORT": stores.cassandra_port,
        "CASS_USERNAME": stores.cassandra_user,
        "METRICS_DB_URL": stores.database_url,
        "METRICS_DB_USERNAME": stores.database_user,
    }
    names = ("CASS_KEYSPACE", "CASS_TKEYSPACE")
    return {**told, **dict(zip(names, keyspaces, strict=False))}
