"""Rules of the cloud's own front end: which kind of API Gateway it is, and what the settings may ask of it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apim_infra.planning.api_documents import METHODS, Operation, document_violations, operations
from apim_infra.planning.flows import EVERYWHERE
from apim_infra.planning.truststore_rules import truststore_violations
from apim_infra.products.combinations import PRIVATE_TOPOLOGIES
from apim_infra.settings.edge import ApiType, EdgeSettings, UnlistedPaths
from apim_infra.settings.environment import Cloud, Topology
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError, Violation

MOST_ROUTES = 300
"""Routes of an HTTP API, and resources of a REST API (API Gateway developer guide, quotas, 2026); both can be raised by AWS."""

LOG_RETENTION = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""Days that CloudWatch keeps logs for (CloudWatch Logs API reference, PutRetentionPolicy, 2026)."""


@dataclass(frozen=True, slots=True)
class ChosenApiType:
    """The kind of API Gateway, and why."""

    api_type: ApiType
    reason: str
    """Why, readable after the kind."""


def choose_api_type(settings: StackSettings) -> ChosenApiType:
    """Return the kind of API Gateway that the settings ask for, with the reason."""
    edge = settings.edge
    if edge.api_type is not None:
        return ChosenApiType(edge.api_type, "as edge.api_type says")
    wanted = {
        "mutual TLS at the front end (edge.mutual_tls)": edge.mutual_tls is not None,
        "usage plans with API keys (edge.usage_plans)": bool(edge.usage_plans),
        "a web application firewall (edge.firewall)": edge.firewall is not None,
    }
    asked = [feature for feature, holds in wanted.items() if holds]
    if asked:
        return ChosenApiType(ApiType.REST, f"since the stack asks for {', '.join(asked)}")
    return ChosenApiType(
        ApiType.HTTP,
        "since nothing asks for more: no mutual TLS, usage plans or firewall, at a lower price and latency",
    )


def api_type(settings: StackSettings) -> ApiType:
    """Return the kind of API Gateway that the settings ask for."""
    return choose_api_type(settings).api_type


def edge_violations(settings: StackSettings, directory: Path) -> Iterator[Violation]:
    """Yield what is wrong with the front end; `directory` is the project's own, where documents and truststore lie.

    Only AWS has one: elsewhere its settings are refused as those of another cloud (`cloud_violations`).
    """
    if settings.cloud is not Cloud.AWS:
        return
    yield from _nothing_to_check(settings)
    if settings.topology is not Topology.INTEGRATED_CLOUD:
        yield from _without_front_end(settings)
        return
    if not settings.ingress.public.enabled:
        yield Violation(
            "ingress.public.enabled",
            False,
            f"must be true in topology {settings.topology.value}: the front end leads to the load balancer of API users",
            "set it to true, or choose a private topology",
        )
    if settings.edge.api_type is ApiType.HTTP:
        yield from _refused_for_http(settings.edge)
    yield from _unlimited_sources(settings)
    yield from _log_retention(settings.edge)
    yield from _cors(settings.edge)
    yield from _certificate(settings)
    yield from truststore_violations(settings, directory)
    yield from document_violations(settings, directory, api_type(settings))
    try:
        registered = operations(settings, directory)
    except SettingsError:
        return  # said by the documents' own rules
    yield from _too_many(settings, registered)
    yield from _health_check(settings, registered)


def _without_front_end(settings: StackSettings) -> Iterator[Violation]:
    """Yield each group of the front end that is set where there is none: it would do nothing."""
    advice = {
        "firewall": "a network load balancer cannot have one: choose topology integrated-cloud, or remove it",
    }
    for name, field in EdgeSettings.model_fields.items():
        value = getattr(settings.edge, name)
        if value == field.get_default():
            continue
        yield Violation(
            f"edge.{name}",
            value if isinstance(value, str | int) else None,
            f"has no effect in topology {settings.topology.value}, which has no front end of the cloud",
            advice.get(name, "remove it, or choose topology integrated-cloud"),
        )


def _nothing_to_check(settings: StackSettings) -> Iterator[Violation]:
    # Private topologies refuse the checks in words of their own.
    if settings.topology in PRIVATE_TOPOLOGIES or settings.ingress.public.enabled:
        return
    if settings.ingress.dns.health_checks.enabled:
        yield Violation(
            "ingress.dns.health_checks.enabled",
            True,
            "has no effect without public hosts",
            "set it to false, or set ingress.public.enabled to true",
        )


def _unlimited_sources(settings: StackSettings) -> Iterator[Violation]:
    given = settings.ingress.public.source_cidrs
    if list(given) != [EVERYWHERE]:
        yield Violation(
            "ingress.public.source_cidrs",
            ", ".join(given),
            "has no effect behind the front end of the cloud, which everybody reaches",
            "remove it; edge.firewall blocks ranges, and edge.mutual_tls admits clients by certificates",
        )


def _cors(edge: EdgeSettings) -> Iterator[Violation]:
    for position, method in enumerate(edge.cors.methods if edge.cors else ()):
        if method != "*" and method not in METHODS:
            yield Violation(
                f"edge.cors.methods[{position}]",
                method,
                "must be a method that API Gateway knows",
                f"use {', '.join(sorted(METHODS))}, or * for all of them",
            )


def _certificate(settings: StackSettings) -> Iterator[Violation]:
    arn = settings.edge.certificate_arn
    if arn is not None and not re.fullmatch(rf"arn:[\w-]+:acm:{settings.region}:\d{{12}}:certificate/[\w-]+", arn):
        yield Violation(
            "edge.certificate_arn",
            arn,
            f"must be a certificate of ACM in {settings.region}, where the hosts are served",
            "ask for one there, or remove it: one is made",
        )


def _refused_for_http(edge: EdgeSettings) -> Iterator[Violation]:
    fix = "remove edge.api_type, so that a REST API is built, or remove what needs it"
    if edge.usage_plans:
        yield Violation(
            "edge.api_type",
            edge.api_type,
            "must be rest for usage plans: HTTP APIs have neither plans nor API keys",
            fix,
        )
    if edge.firewall is not None:
        yield Violation(
            "edge.api_type",
            edge.api_type,
            "must be rest for a firewall: AWS WAF can be put before REST APIs, and not before HTTP APIs",
            fix,
        )


def _log_retention(edge: EdgeSettings) -> Iterator[Violation]:
    days = edge.access_log_retention_days
    if days in LOG_RETENTION:
        return
    nearest = (max(each for each in LOG_RETENTION if each < days), min(each for each in LOG_RETENTION if each > days))
    yield Violation(
        "edge.access_log_retention_days",
        days,
        "must be a period that CloudWatch offers",
        f"use {nearest[0]} or {nearest[1]}",
    )


def _health_check(settings: StackSettings, registered: tuple[Operation, ...]) -> Iterator[Violation]:
    """Yield a check that could only fail: of a path that the front end refuses."""
    checks = settings.ingress.dns.health_checks
    if not checks.enabled or settings.edge.unlisted_paths is UnlistedPaths.FORWARD:
        return
    if not any(operation.method == "GET" and operation.path == checks.path for operation in registered):
        yield Violation(
            "ingress.dns.health_checks.path",
            checks.path,
            "must be a GET of a document, since edge.unlisted_paths refuses all others",
            "describe it in a document, or name a path that is described",
        )


def _too_many(settings: StackSettings, registered: tuple[Operation, ...]) -> Iterator[Violation]:
    if api_type(settings) is ApiType.HTTP:
        count, what = len(registered) + (settings.edge.unlisted_paths is UnlistedPaths.FORWARD), "routes of an HTTP API"
    else:
        forwarded = settings.edge.unlisted_paths is UnlistedPaths.FORWARD
        count, what = _resources(registered, forwarded=forwarded), "resources of a REST API"
    if count > MOST_ROUTES:
        yield Violation(
            "edge.documents",
            None,
            f"need {count} {what}, and it has {MOST_ROUTES} at most",
            "register fewer operations, and leave the others to edge.unlisted_paths: forward",
        )


def _resources(registered: tuple[Operation, ...], *, forwarded: bool) -> int:
    """Return how many places of the tree of paths there are, root included; with `forwarded`, one below each that has no variable there."""
    places: set[tuple[str, ...]] = {()}
    for operation in registered:
        segments = ["{}" if part.startswith("{") else part for part in operation.path.split("/") if part]
        places |= {tuple(segments[:length]) for length in range(1, len(segments) + 1)}
    return len(places) + sum((*place, "{}") not in places for place in places if forwarded)
