"""What a node of Cassandra is told on every cloud: its configuration, what it does when it boots, and how a deployment asks whether it is ready."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template
from typing import Any, cast

import yaml

STORES = "/etc/cassandra/tls"
"""Folder of the key stores on a node."""
ADMINISTRATOR = "administrator"
APPLICATION = "apim"
"""Role of the programs that use the keyspaces."""


@dataclass(frozen=True, slots=True)
class ScriptParts:
    """What a cloud puts into the scripts of a node, each with the script's own `$` names."""

    identity: str
    """With what the node fetches its secrets, in words."""
    environment: str
    """An `export` that each script begins with."""
    begin: str
    """What boot begins with; sets `conf`, the folder of Cassandra's configuration."""
    device: str
    """Sets `device`, the data disk."""
    install: str
    """Installs Java and Cassandra, without starting it."""
    fetch: str
    """Command that prints the secret `$secret`."""
    permissions: str
    """Gives the configuration to Cassandra's user."""


@cache
def facts() -> Mapping[str, Any]:
    """Return the data beside the module: series, ports, times."""
    return cast("Mapping[str, Any]", yaml.safe_load(_text("cassandra.yaml")))


def boot(parts: ScriptParts, values: Mapping[str, str], finish: str = "") -> str:
    """Return what a node does when it boots; `values` fill the scripts' own names and hold no secret, `finish` comes last."""
    data = facts()
    series = data["series"][values["version"]]
    known = {
        **values,
        "repository": series["repository"],
        "java": str(series["java"]),
        "packages_key": data["packages_key"],
        "exporter": data["exporter"],
        "exporter_port": str(data["ports"]["exporter"]),
        "native_port": str(data["ports"]["native"]),
        "configuration": configuration(values["cluster"], values["address"]),
    }
    return Template(_text("cassandra_boot.sh")).substitute(
        {
            **known,
            "identity": parts.identity,
            "environment": _filled(parts.environment, known),
            "begin": _filled(parts.begin, known),
            "device": _filled(parts.device, known),
            "install_packages": _filled(parts.install, known),
            "fetch_shared": _filled(parts.fetch, {**known, "secret": values["shared_secret"]}),
            "fetch_own": _filled(parts.fetch, {**known, "secret": values["node_secret"]}),
            "permissions": _filled(parts.permissions, known),
            "finish": finish,
        }
    )


def configuration(cluster: str, address: str) -> str:
    """Return `cassandra.yaml`: TLS 1.2 or later and certificates on both sides, between nodes and for clients.

    `$seeds` and `$password` are the node's to fill in. Names of settings are those of 4.0, which later series take as well.
    """
    ports = facts()["ports"]
    tls: dict[str, Any] = {
        "keystore": f"{STORES}/keystore.p12",
        "keystore_password": "$password",
        "truststore": f"{STORES}/truststore.p12",
        "truststore_password": "$password",
        "store_type": "PKCS12",
        "protocol": "TLS",
        "accepted_protocols": ["TLSv1.2", "TLSv1.3"],
        "require_client_auth": True,
        "optional": False,
    }
    settings: dict[str, Any] = {
        "cluster_name": cluster,
        "num_tokens": 16,
        "allocate_tokens_for_local_replication_factor": 3,
        "partitioner": "org.apache.cassandra.dht.Murmur3Partitioner",
        "endpoint_snitch": "GossipingPropertyFileSnitch",
        "listen_address": address,
        "rpc_address": address,
        "storage_port": ports["internode"],
        "start_native_transport": True,
        "native_transport_port": ports["native"],
        "authenticator": "PasswordAuthenticator",
        "authorizer": "CassandraAuthorizer",
        "role_manager": "CassandraRoleManager",
        "data_file_directories": ["/var/lib/cassandra/data"],
        "commitlog_directory": "/var/lib/cassandra/commitlog",
        "saved_caches_directory": "/var/lib/cassandra/saved_caches",
        "hints_directory": "/var/lib/cassandra/hints",
        "cdc_raw_directory": "/var/lib/cassandra/cdc_raw",
        "commitlog_sync": "periodic",
        "commitlog_sync_period_in_ms": 10000,
        "auto_snapshot": True,
        "hinted_handoff_enabled": True,
        "seed_provider": [
            {"class_name": "org.apache.cassandra.locator.SimpleSeedProvider", "parameters": [{"seeds": "$seeds"}]}
        ],
        "server_encryption_options": {**tls, "internode_encryption": "all", "require_endpoint_verification": True},
        "client_encryption_options": {**tls, "enabled": True},
    }
    return yaml.safe_dump(settings, sort_keys=False).strip()


def ready(address: str, booted_with: str) -> str:
    """Return commands that end well once a node is up and no other is down or joining; they change whenever what the node runs does."""
    attempts = facts()["timeouts"]["ready"] // 10 - 6
    digest = hashlib.sha256(booted_with.encode()).hexdigest()[:16]
    values = {"address": address, "attempts": str(attempts), "fingerprint": digest}
    return Template(_text("cassandra_ready.sh")).substitute(values)


def keyspaces(
    parts: ScriptParts, values: Mapping[str, str], names: Sequence[str], replication_factor: int, datacenter: str
) -> str:
    """Return commands that make roles and keyspaces; a changed replication factor is set, and needs a repair of every node."""
    replication = _replication(datacenter, replication_factor)
    statements = [
        statement
        for name in names
        for statement in (
            keyspace_statement(name, datacenter, replication_factor),
            f"ALTER KEYSPACE {name} WITH replication = {replication};",
            f"GRANT ALL PERMISSIONS ON KEYSPACE {name} TO {APPLICATION};",
        )
    ]
    return Template(_text("cassandra_keyspaces.sh")).substitute(
        {
            **values,
            "environment": _filled(parts.environment, values),
            "fetch": _filled(parts.fetch, {**values, "secret": '"$1"'}),
            "administrator_name": ADMINISTRATOR,
            "application_name": APPLICATION,
            "replication": replication,
            "statements": "\n".join(statements),
        }
    )


def keyspace_statement(name: str, datacenter: str, replication_factor: int) -> str:
    """Return the statement in CQL that makes a keyspace where there is none of its name."""
    return f"CREATE KEYSPACE IF NOT EXISTS {name} WITH replication = {_replication(datacenter, replication_factor)};"


def _replication(datacenter: str, replication_factor: int) -> str:
    return f"{{'class': 'NetworkTopologyStrategy', '{datacenter}': {replication_factor}}}"


def keyspace_name(label: str) -> str:
    """Return a keyspace's name in CQL, which has no hyphens."""
    return label.replace("-", "_")


def _filled(text: str, values: Mapping[str, str]) -> str:
    return Template(text).substitute(values)


@cache
def _text(name: str) -> str:
    return files("components").joinpath(name).read_text("utf-8")
