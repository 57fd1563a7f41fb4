"""Services of Azure that keep to the network: which have an address in it, which must, and the keys that are brought along."""

import re
from collections.abc import Iterator
from enum import StrEnum
from ipaddress import IPv4Network

from apim_infra.planning.flows import EVERYWHERE
from apim_infra.planning.regions import UnknownRegionError, region
from apim_infra.settings.environment import Cloud
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import StoreMode
from apim_infra.settings.violations import Violation

KEY_ID = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.KeyVault/vaults/[^/]+/keys/[0-9A-Za-z-]{1,127}"
    r"(?P<version>/versions/[0-9a-f]{32})?",
    re.IGNORECASE,
)
"""Resource id of a key in Key Vault, with or without a version."""

KEY_EXAMPLE = (
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.KeyVault/vaults/{vault}/keys/{key}"
)


PRIVATE = tuple(IPv4Network(cidr) for cidr in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""Ranges of private networks (RFC 1918), which no firewall of a public address takes."""


class Service(StrEnum):
    """Services whose endpoints `network.interface_endpoints` names."""

    VAULT = "vault"
    REGISTRY = "registry"
    BLOB = "blob"
    FILE = "file"


def has_endpoint(settings: StackSettings, service: Service) -> bool:
    """Return whether a service has an address in the network, and none outside."""
    return service in settings.network.interface_endpoints


def service_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield endpoints that the stack cannot be without, keys that are no keys of Azure, and copies that Azure does not make."""
    if settings.cloud is not Cloud.AZURE:
        return
    yield from _endpoints(settings)
    yield from _keys(settings)
    yield from _copies(settings)
    yield from _pipelines(settings)


def _endpoints(settings: StackSettings) -> Iterator[Violation]:
    path, given = "network.interface_endpoints", settings.network.interface_endpoints
    needed = {
        Service.REGISTRY: "the nodes pull images from it, and it is closed to everybody else",
        Service.VAULT: (
            "the cluster encrypts its secrets with a key in it (cluster.secrets_encryption)"
            if settings.cluster.secrets_encryption
            else None
        ),
        Service.FILE: (
            "files are reached in the network alone (stores.files)"
            if settings.stores.files.mode is StoreMode.MANAGED
            else None
        ),
    }
    for service, reason in needed.items():
        if reason is not None and not has_endpoint(settings, service):
            yield Violation(path, ", ".join(given), f"must contain {service}: {reason}", f"add {service}")


def _pipelines(settings: StackSettings) -> Iterator[Violation]:
    for position, cidr in enumerate(settings.pipelines.source_cidrs):
        path = f"pipelines.source_cidrs[{position}]"
        if cidr == EVERYWHERE:
            yield Violation(
                path, cidr, "must not be everything (0.0.0.0/0)", "list the ranges of the pipelines' machines"
            )
        elif any(IPv4Network(cidr).overlaps(private) for private in PRIVATE):
            rule = "must be public: a registry sees the public addresses of those outside of its network"
            yield Violation(path, cidr, rule, "list the addresses that the machines are seen by, or leave it out")


def _copies(settings: StackSettings) -> Iterator[Violation]:
    """Hold copies of logs to the region that Azure makes them in."""
    wanted = settings.recovery.region
    if wanted is None or not settings.recovery.copies.logs or settings.backup.enabled:
        return  # backups hold the region to its pair already
    try:
        pair = region(settings.cloud, settings.region).pair
    except UnknownRegionError:
        return  # said of the region itself already
    if wanted != pair:
        yield Violation(
            "recovery.copies.logs",
            True,
            f"are made in the pair of {settings.region} alone, {pair or 'which it has not'}: recovery.region is {wanted}",
            f"set recovery.region to {pair}, or leave it out" if pair else "leave it out",
        )


def _keys(settings: StackSettings) -> Iterator[Violation]:
    keys = settings.encryption
    for name, value in (
        ("cluster_key_arn", keys.cluster_key_arn),
        ("stores_key_arn", keys.stores_key_arn),
        ("logs_key_arn", keys.logs_key_arn),
    ):
        if value is None:
            continue
        match = KEY_ID.fullmatch(value)
        if match is None:
            yield Violation(
                f"encryption.{name}",
                value,
                "must be the resource id of a key in Key Vault: rights to use it are given there",
                f"write it like {KEY_EXAMPLE}",
            )
        elif name == "cluster_key_arn" and match["version"] is None:
            yield Violation(
                f"encryption.{name}",
                value,
                "must name a version: disks and secrets of the cluster are encrypted with a version of the key",
                "add /versions/ and the version",
            )
