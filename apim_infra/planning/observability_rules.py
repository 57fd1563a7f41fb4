"""Rules between exporters, alarms, dashboards and the rest of the settings."""

import re
from collections.abc import Iterator
from difflib import get_close_matches

from apim_infra.planning.azure_observability_rules import azure_observability_violations
from apim_infra.planning.export_destinations import destinations, needed_endpoints, search_domain, search_zones
from apim_infra.planning.network_rules import nearest
from apim_infra.settings.environment import Cloud
from apim_infra.settings.exporters import FirehoseDestination
from apim_infra.settings.limits import limits
from apim_infra.settings.network import NatMode
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation

ROOT = "observability"
MOST_MB = {FirehoseDestination.HTTP: 64}
"""Largest request by destination where it is less than the setting's own bound, in MB (Firehose API model, 2026)."""
WORKSPACE, CHANNEL = re.compile(r"T[0-9A-Z]{8,}"), re.compile(r"[CG][0-9A-Z]{8,}")
"""Identifiers of Slack: workspaces, channels and private channels (Slack API documentation, 2026)."""


def observability_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with exporters, alarms and dashboards."""
    if settings.cloud is Cloud.AZURE:
        yield from azure_observability_violations(settings)
        yield from _dashboards(settings)
        return
    yield from _what_is_exported(settings)
    yield from _retention(settings)
    yield from _datadog(settings)
    yield from _firehose(settings)
    yield from _search(settings)
    yield from _ways_out(settings)
    yield from _alarms(settings)
    yield from _dashboards(settings)


def _what_is_exported(settings: StackSettings) -> Iterator[Violation]:
    """Hold exporters to what is collected, and to something at all."""
    wanted, exporters = settings.observability, settings.observability.exporters
    for name in ("cloudwatch", "datadog"):
        exporter = getattr(exporters, name)
        if exporter is None:
            continue
        path = f"{ROOT}.exporters.{name}"
        if not exporter.logs and not exporter.metrics:
            yield Violation(path, name, "has no effect without logs and metrics", "switch one of them on, or remove it")
        if exporter.logs and not wanted.logs.enabled:
            yield Violation(
                f"{path}.logs", True, "needs collected logs", f"set {ROOT}.logs.enabled to true, or this to false"
            )
        if exporter.metrics and not wanted.metrics.enabled:
            fix = f"set {ROOT}.metrics.enabled to true, or this to false"
            yield Violation(f"{path}.metrics", True, "needs collected metrics", fix)
    if exporters.firehose is not None and not wanted.logs.enabled:
        fix = f"set {ROOT}.logs.enabled to true, or remove it"
        yield Violation(f"{ROOT}.exporters.firehose", str(exporters.firehose.destination), "needs collected logs", fix)


def _retention(settings: StackSettings) -> Iterator[Violation]:
    allowed = limits().log_retention_days.get(settings.cloud)
    exporter = settings.observability.exporters.cloudwatch
    if exporter is None or allowed is None or exporter.retention_days in allowed:
        return
    longer = next(period for period in allowed if period > exporter.retention_days)
    path, rule = (
        f"{ROOT}.exporters.cloudwatch.retention_days",
        f"must be a retention period that {settings.cloud} offers",
    )
    yield Violation(path, exporter.retention_days, rule, f"use {longer}")


def _datadog(settings: StackSettings) -> Iterator[Violation]:
    exporter, sites = settings.observability.exporters.datadog, destinations().datadog
    if exporter is None:
        return
    path = f"{ROOT}.exporters.datadog"
    if exporter.site not in sites:
        fix = nearest(tuple(get_close_matches(exporter.site, sites, n=3)))
        yield Violation(f"{path}.site", exporter.site, f"must be a site of Datadog: {', '.join(sites)}", fix)
    elif exporter.metrics and sites[exporter.site].metrics is None:
        rule = f"cannot be sent to {exporter.site}: it takes no metric streams"
        yield Violation(f"{path}.metrics", True, rule, "set it to false, or use another site")


def _firehose(settings: StackSettings) -> Iterator[Violation]:
    exporter = settings.observability.exporters.firehose
    if exporter is None:
        return
    most = MOST_MB.get(exporter.destination)
    if most is not None and exporter.buffer_mb > most:
        path, rule = (
            f"{ROOT}.exporters.firehose.buffer_mb",
            f"must be at most {most} for destination {exporter.destination}",
        )
        yield Violation(path, exporter.buffer_mb, rule, f"use {most} or less")


def _search(settings: StackSettings) -> Iterator[Violation]:
    domain, offer = search_domain(settings), destinations().search
    if domain is None:
        return
    path, zones = f"{ROOT}.exporters.firehose.opensearch", search_zones(settings)
    family, _, size = domain.size.removesuffix(".search").partition(".")
    known = domain.size.endswith(".search") and family in offer.families and size in offer.largest_gb
    if not known:
        rule = f"must be an instance type of OpenSearch Service of the families {', '.join(offer.families)}"
        yield Violation(f"{path}.size", domain.size, rule, "write it as r7g.large.search")
    elif domain.storage_gb > offer.largest_gb[size]:
        rule = f"must be at most {offer.largest_gb[size]} for {domain.size}"
        yield Violation(f"{path}.storage_gb", domain.storage_gb, rule, "lower it, or use more or larger nodes")
    if domain.version not in offer.versions:
        rule = "must be an OpenSearch version that the platform supports"
        yield Violation(f"{path}.version", domain.version, rule, f"use {', '.join(offer.versions)}")
    if domain.nodes > 1 and domain.nodes % zones:
        rule = f"must be 1 or a multiple of the zones that it is spread over ({zones})"
        yield Violation(f"{path}.nodes", domain.nodes, rule, f"use {zones * (domain.nodes // zones + 1)}")


def _ways_out(settings: StackSettings) -> Iterator[Violation]:
    """Hold a network without NAT to the endpoints that its exporters need, and to destinations that are not on the internet."""
    network, exporters = settings.network, settings.observability.exporters
    if network.nat is not NatMode.NONE or network.existing is not None:
        return
    rule = "sends records to the internet: a network without NAT keeps them inside"
    fix = "set network.nat to single or per-zone, or remove it"
    if exporters.datadog is not None:
        yield Violation(f"{ROOT}.exporters.datadog", exporters.datadog.site, rule, fix)
    if exporters.firehose is not None and exporters.firehose.destination is FirehoseDestination.HTTP:
        yield Violation(f"{ROOT}.exporters.firehose.destination", "http", rule, fix)
    missing = [service for service in needed_endpoints(settings) if service not in network.interface_endpoints]
    if missing:
        yield Violation(
            "network.interface_endpoints",
            ", ".join(network.interface_endpoints),
            f"must reach {', '.join(missing)}: without NAT the exporters have no other way to them",
            f"add {', '.join(missing)}, or set network.nat to single or per-zone",
        )


def _alarms(settings: StackSettings) -> Iterator[Violation]:
    alerts = settings.observability.alerts
    path, channel = f"{ROOT}.alerts", alerts.slack_channel
    if alerts.cloud_alarms and not alerts.email and channel is None:
        fix = f"add {path}.email (with smtp) or {path}.slack_channel, or set it to false"
        yield Violation(f"{path}.cloud_alarms", True, "needs somebody who is told", fix)
    if channel is None:
        return
    if not alerts.cloud_alarms:
        fix = f"set {path}.cloud_alarms to true, or remove it (alerts of the cluster go to slack_webhook)"
        yield Violation(f"{path}.slack_channel", channel.channel_id, "has no effect without cloud_alarms", fix)
    for field, value, pattern, example in (
        ("workspace_id", channel.workspace_id, WORKSPACE, "T0123ABCD"),
        ("channel_id", channel.channel_id, CHANNEL, "C0123ABCD"),
    ):
        if not pattern.fullmatch(value):
            fix = f"copy it from Slack: it looks like {example}"
            yield Violation(f"{path}.slack_channel.{field}", value, "must be an identifier of Slack, not a name", fix)


def _dashboards(settings: StackSettings) -> Iterator[Violation]:
    wanted = settings.observability
    if wanted.dashboards and not wanted.metrics.enabled and not wanted.logs.enabled:
        fix = f"set {ROOT}.metrics.enabled or {ROOT}.logs.enabled to true, or this to false"
        yield Violation(f"{ROOT}.dashboards", True, "needs metrics or logs to show", fix)
