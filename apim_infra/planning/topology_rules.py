"""Rules of the private topologies: nothing comes in from outside, and in the strictest of them nothing goes out either.

What a topology sets by default is `apim_infra/settings/topologies.yaml`; here a stack file is refused that says the opposite.
"""

from collections.abc import Iterator

from apim_infra.planning.availability import what_is_built
from apim_infra.settings.environment import PRIVATE_TOPOLOGIES, Topology
from apim_infra.settings.images import ImageSource
from apim_infra.settings.network import NatMode
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import MASK, Violation


def topology_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what contradicts the topology, and what needs a way out where there is none."""
    if settings.topology in PRIVATE_TOPOLOGIES:
        yield from _nothing_public(settings)
    if settings.topology is Topology.DEV_ONLY_INTERNAL:
        yield from _no_way_out(settings)
    if settings.network.nat is NatMode.NONE and settings.network.existing is None:
        yield from _needs_a_way_out(settings)
    built = what_is_built().topologies[settings.cloud]
    if settings.topology not in built:
        yield Violation(
            "topology",
            settings.topology.value,
            f"is not available on {settings.cloud} yet",
            f"use {' or '.join(built)}",
        )


def _nothing_public(settings: StackSettings) -> Iterator[Violation]:
    """Yield every access point that would be public. Exposures of gateway groups are held by the rules of products."""
    topology = f"topology {settings.topology} has no public access point"
    ingress, api = settings.ingress, settings.cluster.api_endpoint
    if ingress.public.enabled:
        yield Violation(
            "ingress.public.enabled", True, f"must be false: {topology}", "remove it, or choose another topology"
        )
    if not ingress.internal.enabled:
        yield Violation(
            "ingress.internal.enabled",
            False,
            f"must be true: {topology}, and without the internal one nobody reaches it",
            "remove it",
        )
    if ingress.dns.public_zone_id is not None:
        yield Violation(
            "ingress.dns.public_zone_id",
            ingress.dns.public_zone_id,
            f"must not be given: {topology}, its hosts are in the private zone alone",
            "remove it; a private zone that is there already is ingress.dns.private_zone_id",
        )
    if ingress.dns.health_checks.enabled:
        yield Violation(
            "ingress.dns.health_checks.enabled",
            True,
            f"must be false: {topology} that could be checked from outside",
            "set it to false; alerts of the platform's own metrics watch the hosts from inside",
        )
    if api.public:
        yield Violation(
            "cluster.api_endpoint.public",
            True,
            f"must be false: {topology}, the Kubernetes API included",
            "remove it, and reach the API from inside the network or by a VPN",
        )
    if api.allowed_cidrs:
        yield Violation(
            "cluster.api_endpoint.allowed_cidrs",
            ", ".join(api.allowed_cidrs),
            f"has no effect: {topology}, the Kubernetes API included",
            "remove it; ingress.internal.source_cidrs says who reaches the API from inside",
        )


def _no_way_out(settings: StackSettings) -> Iterator[Violation]:
    network = settings.network
    if network.nat is not NatMode.NONE:
        yield Violation(
            "network.nat",
            network.nat.value,
            f"must be none: topology {settings.topology} has no internet gateway, which NAT stands on",
            f"remove it, or choose topology {Topology.INTERNAL_DEVELOPMENT.value}",
        )
    if network.existing is not None and network.existing.public_subnet_ids:
        yield Violation(
            "network.existing.public_subnet_ids",
            ", ".join(network.existing.public_subnet_ids),
            f"must be empty: topology {settings.topology} uses no public subnet",
            "remove them",
        )


def _needs_a_way_out(settings: StackSettings) -> Iterator[Violation]:
    images, alerts = settings.images, settings.observability.alerts
    if images.source is ImageSource.UPSTREAM:
        yield Violation(
            "images.source",
            images.source.value,
            "must be pull-through-cache: without NAT nodes reach no upstream registry",
            "set it to pull-through-cache, or set network.nat to single or per-zone",
        )
    if alerts.slack_webhook is not None:
        yield Violation(
            "observability.alerts.slack_webhook",
            MASK,
            "must not be set: without NAT the cluster does not reach Slack",
            "remove it, and use alerts by e-mail through a relay inside, or slack_channel, to which the cloud itself writes",
        )
