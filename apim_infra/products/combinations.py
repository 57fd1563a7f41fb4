"""Combinations of product, cloud, topology, stores and gateway groups that make no sense, or that are not built yet."""

from collections.abc import Iterator

from apim_infra.products.groups import DIGEST
from apim_infra.products.profile import (
    GroupOption,
    Need,
    ProductUnavailableError,
    Profile,
    available_products,
    available_topologies,
    profile,
)
from apim_infra.settings.environment import PRIVATE_TOPOLOGIES
from apim_infra.settings.gateway import Exposure, GatewayGroup, GroupDatabase
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import Store, StoreMode
from apim_infra.settings.violations import Violation


def product_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what the product cannot do with these settings."""
    for position, group in enumerate(settings.gateway_groups):
        yield from _exposure(settings, f"gateway_groups[{position}]", group)
    groups = {f"gateway_groups[{position}]": group for position, group in enumerate(settings.gateway_groups)}
    if settings.private_deployment is not None:
        for position, group in enumerate(settings.private_deployment.gateway_groups):
            groups[f"private_deployment.gateway_groups[{position}]"] = group
    topologies = available_topologies()
    if settings.topology not in topologies:
        yield Violation("topology", settings.topology.value, "is not available yet", _one_of(topologies))
    try:
        product = profile(settings.product)
    except ProductUnavailableError as error:
        yield Violation(
            "product",
            settings.product.value,
            f"is not available: {error.reason}",
            f"use {', '.join(available_products())}",
        )
        return
    if settings.cloud not in product.clouds:
        yield Violation("cloud", settings.cloud.value, "is not available yet", _one_of(product.clouds))
    if settings.topology in topologies and settings.topology not in product.topologies:
        yield Violation(
            "topology",
            settings.topology.value,
            f"is not available for {product.product}",
            _one_of(product.topologies),
        )
    yield from _stores(settings, product)
    for path, group in groups.items():
        yield from _group(product, path, group)


def _stores(settings: StackSettings, product: Profile) -> Iterator[Violation]:
    stores = settings.stores
    gateway_stores: dict[str, Store] = {
        "gateway_postgresql": stores.gateway_postgresql,
        "redis": stores.redis,
        "cassandra": stores.cassandra,
    }
    for name, need in product.stores.items():
        mode = gateway_stores[name].mode
        path = f"stores.{name}.mode"
        if need is Need.REQUIRED and mode is StoreMode.NONE:
            yield Violation(path, mode.value, f"must not be none: {product.product} needs this store", "use managed")
        if need is Need.REFUSED and mode is not StoreMode.NONE:
            yield Violation(path, mode.value, f"must be none: {product.product} does not use this store", "use none")


def _group(product: Profile, path: str, group: GatewayGroup) -> Iterator[Violation]:
    if group.mode not in product.group_modes:
        yield Violation(
            f"{path}.mode",
            group.mode.value,
            f"is not available for {product.product}{_because(product, group)}",
            _one_of(product.group_modes),
        )
    yield from option_violations(product, path, group)
    if group.tags and not product.groups_choose_by_tags:
        yield Violation(
            f"{path}.tags",
            ", ".join(group.tags),
            f"have no effect on {product.product}, whose gateways serve the paths of their group",
            "remove the tags",
        )
    if len(group.name) > product.longest_group_name:
        yield Violation(
            f"{path}.name",
            group.name,
            f"must not be longer than {product.longest_group_name} characters: names in the cluster are made from it",
            "shorten it",
        )


def option_violations(product: Profile, path: str, group: GatewayGroup) -> Iterator[Violation]:
    """Yield what a group asks for and the product cannot do for a single group."""
    tag = group.image_tag or ""
    asked: tuple[tuple[GroupOption, str, object, object], ...] = (
        ("tier", "tier", group.tier, None),
        ("quota_share", "quota_share", group.quota_share, False),
        ("image_tag", "image_tag", group.image_tag, None),
        ("image-digest", "image_tag", tag if tag.startswith(DIGEST) else None, None),
        ("port", "port", group.port, None),
        ("database", "database", group.database.value, GroupDatabase.SHARED.value),
    )
    for option, field, value, nothing in asked:
        if value != nothing and option not in product.group_options:
            what = "by a digest is not available" if option == "image-digest" else "is not available"
            yield Violation(
                f"{path}.{field}", value, f"{what} for a single gateway group of {product.product}", "leave it out"
            )
    others = {port.port: port.name for port in product.ports if port.name != "proxy"}
    if group.port in others:
        rule = f"is the port {others[group.port]} of {product.product}'s gateways"
        yield Violation(f"{path}.port", group.port, rule, "choose another one, such as 8180")


def _because(product: Profile, group: GatewayGroup) -> str:
    reason = product.modes_refused.get(group.mode)
    return f": {reason}" if reason else ""


def _exposure(settings: StackSettings, path: str, group: GatewayGroup) -> Iterator[Violation]:
    public = group.exposure is Exposure.PUBLIC
    if public and settings.topology in PRIVATE_TOPOLOGIES:
        yield Violation(
            f"{path}.exposure",
            group.exposure.value,
            f"must be private: topology {settings.topology} has no public access point",
            "use private, or another topology",
        )
        return
    name = "public" if public else "internal"
    balancer = settings.ingress.public if public else settings.ingress.internal
    if not balancer.enabled:
        yield Violation(
            f"{path}.exposure",
            group.exposure.value,
            f"needs the {name} load balancer, which is not built",
            f"set ingress.{name}.enabled to true, or change the exposure",
        )


def _one_of(names: tuple[str, ...]) -> str:
    return f"use {', '.join(names)}"
