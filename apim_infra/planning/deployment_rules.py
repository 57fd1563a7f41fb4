"""Rules between the APIM deployments of a stack: what each has for itself must not be another's."""

from collections.abc import Iterator

from apim_infra.planning.placement import host_names
from apim_infra.products.profile import ProductUnavailableError, has_control_plane
from apim_infra.settings.deployments import Deployment, deployments
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.stores import Store, StoreMode
from apim_infra.settings.violations import Violation
from apim_infra.sizing.namespaces import RESERVED_NAMESPACES


def deployment_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what the deployments of a stack cannot share, and what only the first one can have."""
    yield from _namespaces(settings)
    private = settings.private_deployment
    if private is None:
        return
    if private.domain == settings.company_domain:
        yield Violation(
            "private_deployment.domain",
            private.domain,
            "must differ from company_domain: each deployment has a private zone of its own",
            f"use a domain of its own, such as internal.{settings.company_domain}",
        )
    else:
        yield from _hidden_hosts(settings)
    if settings.network.existing is not None and _outside_the_cluster(settings):
        yield Violation(
            "private_deployment",
            None,
            "needs a network that the platform builds: its stores have subnets of their own, by which policies tell them from the first deployment's",
            "remove network.existing, or give each deployment a stack of its own",
        )
    if private.restore is not None and private.restore.images is not None:
        yield Violation(
            "private_deployment.restore.images",
            private.restore.images,
            "has no effect: all deployments pull their programs from one registry",
            "set recovery.restore.images",
        )


def _namespaces(settings: StackSettings) -> Iterator[Violation]:
    taken: dict[str, str] = dict.fromkeys(RESERVED_NAMESPACES, "the platform")
    for path, name in _named_namespaces(settings):
        if name in taken:
            rule = f"must not be a namespace that is taken already, by {taken[name]}"
            yield Violation(path, name, rule, f"choose another name, such as {name}-apim")
        taken.setdefault(name, path)


def _named_namespaces(settings: StackSettings) -> Iterator[tuple[str, str]]:
    # A product's own programs live beside its gateways: then there is no namespace of the control plane.
    apart = has_control_plane(settings.product)
    if apart:
        yield "control_plane.namespace", settings.control_plane.namespace
    yield "gateway.namespace", settings.gateway.namespace
    yield "gateway.microservices_namespace", settings.gateway.microservices_namespace
    private = settings.private_deployment
    if private is not None:
        if apart:
            yield "private_deployment.namespace", private.namespace
        yield "private_deployment.gateway_namespace", private.gateway_namespace
        yield "private_deployment.microservices_namespace", private.microservices_namespace


def _hidden_hosts(settings: StackSettings) -> Iterator[Violation]:
    """Yield hosts of one deployment that the zone of the other would hide from the network."""
    first, private = deployments(settings)
    try:
        pairs = ((first, private), (private, first))
        hidden = sorted({host for owner, other in pairs for host in _fqdns(owner) if _hides(other, owner, host)})
    except ProductUnavailableError:
        return
    if hidden:
        yield Violation(
            "private_deployment.domain",
            private.settings.company_domain,
            f"must not hide {', '.join(hidden)}: inside the network the zone of the longer name answers alone",
            "choose a domain that no host of the other deployment lies under",
        )


def _fqdns(deployment: Deployment) -> set[str]:
    return {*host_names(deployment.settings, "internal"), *host_names(deployment.settings, "public")}


def _hides(other: Deployment, owner: Deployment, host: str) -> bool:
    """Tell whether another deployment's zone answers for a host, since its domain is longer than the owner's."""
    domain = other.settings.company_domain
    return len(domain) > len(owner.settings.company_domain) and (host == domain or host.endswith(f".{domain}"))


def _outside_the_cluster(settings: StackSettings) -> bool:
    stores = settings.stores
    every: tuple[Store, ...] = (
        stores.mariadb,
        stores.postgresql,
        stores.gateway_postgresql,
        stores.redis,
        stores.cassandra,
    )
    return any(store.mode in (StoreMode.MANAGED, StoreMode.SELF_MANAGED) for store in every)
