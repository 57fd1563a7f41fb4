"""Add-ons that a platform can do without, from the settings."""

import pulumi

from apim_infra.planning.placement import host_names
from apim_infra.platform.cloud import CloudPlatform
from apim_infra.platform.naming import Naming
from apim_infra.platform.places import placement
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.namespaces import PLATFORM_NAMESPACE
from components.kubernetes.external_dns import ExternalDns, ExternalDnsArgs
from components.kubernetes.velero import Velero


def build_addons(
    settings: StackSettings, naming: Naming, cloud: CloudPlatform, options: pulumi.ResourceOptions
) -> None:
    """Build every add-on that is switched on; `options` wait for the kinds of the monitoring stack."""
    metrics, where = settings.observability.metrics.enabled, placement(settings, "management")
    if settings.addons.external_dns:
        args: ExternalDnsArgs = {
            "namespace": PLATFORM_NAMESPACE,
            "placement": where,
            "watched_namespace": settings.gateway.microservices_namespace,
            "domain": settings.company_domain,
            "owner": naming.prefix,
            # No service takes a name of the platform's own.
            "excluded": sorted({*host_names(settings, "internal"), *host_names(settings, "public")}),
            "metrics": metrics,
        }
        if cloud.azure_zone is not None:
            args["azure"] = cloud.azure_zone
        ExternalDns(naming.name("external-dns"), args, options)
    if settings.addons.velero is not None and cloud.cluster_copies is not None:
        copies = cloud.cluster_copies
        Velero(
            naming.name("velero"),
            {
                "namespace": PLATFORM_NAMESPACE,
                "placement": where,
                "bucket": copies.bucket,
                "region": settings.region,
                "key_arn": copies.key_arn,
                "schedule": settings.addons.velero.schedule,
                "retention_days": settings.addons.velero.retention_days,
                "metrics": metrics,
            },
            options,
        )
