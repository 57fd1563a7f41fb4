"""The configuration of an azure-native provider: subscription, tenant, location."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import UNKNOWN, Instance, Problem
from apim_infra.rehearsal.twins.azure.context import short_location
from apim_infra.rehearsal.twins.azure.ids import GUID
from apim_infra.rehearsal.twins.azure.regions import is_region, nearest_region
from apim_infra.rehearsal.twins.cloud.schema import provider_shape
from apim_infra.rehearsal.twins.cloud.schema_check import CODE

DEFAULT_SUBSCRIPTION = "00000000-0000-4000-8000-000000000001"
"""Id of the subscription where the configuration names none."""
DEFAULT_TENANT = "00000000-0000-4000-8000-000000000002"
SOURCE = "configuration of the azure-native provider, 2026"


def subscription_of(provider: Instance) -> str:
    """Return the id of the subscription that a provider works in."""
    return str(provider.inputs.get("subscriptionId") or DEFAULT_SUBSCRIPTION)


def tenant_of(provider: Instance) -> str:
    """Return the id of the tenant."""
    return str(provider.inputs.get("tenantId") or DEFAULT_TENANT)


def location_of(provider: Instance) -> str:
    """Return the region that resources get which name none, "" when the configuration names none."""
    return str(provider.inputs.get("location") or "")


def check_configuration(instance: Instance) -> Iterator[Problem]:
    """Yield what is wrong with a provider's configuration."""
    known = provider_shape("azure-native").properties().shapes
    for name in instance.inputs:
        if name not in known and name not in ("version", "__internal", "__defaults", "pluginDownloadURL"):
            yield Problem(
                CODE, f"Invalid or unknown key '{name}'", name, f"known are: {', '.join(sorted(known))}", SOURCE
            )
    for name in ("subscriptionId", "tenantId"):
        given = instance.inputs.get(name)
        if given not in (None, UNKNOWN) and not GUID.fullmatch(str(given)):
            code = "InvalidSubscriptionId" if name == "subscriptionId" else "InvalidTenantId"
            yield Problem(
                code, f"The provided identifier '{given}' is malformed or invalid.", name, "give a GUID", SOURCE
            )
    yield from check_region(location_of(instance))


def check_region(location: str) -> Iterator[Problem]:
    """Yield a problem for a region that Azure does not have."""
    if location and location != UNKNOWN and not is_region(short_location(location)):
        yield Problem(
            "LocationNotAvailableForResourceType",
            f"The provided location '{location}' is no region of Azure.",
            "location",
            f"did you mean '{nearest_region(short_location(location))}'?",
            SOURCE,
        )
