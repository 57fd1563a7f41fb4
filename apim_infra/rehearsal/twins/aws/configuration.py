"""The provider's own configuration: region, accounts and default tags."""

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, cast

from apim_infra.rehearsal.provider import UNKNOWN, Instance, Problem
from apim_infra.rehearsal.twins.aws.regions import is_region, nearest_region
from apim_infra.rehearsal.twins.cloud.schema import provider_shape
from apim_infra.rehearsal.twins.cloud.schema_check import CODE, check_shape

SOURCE = "configuration of the AWS provider, pulumi-aws SDK"
FALLBACK_REGION = "us-east-1"
"""Region of a provider whose region is refused anyway: later checks need one."""


def region_of(instance: Instance) -> str:
    """Return a provider's region."""
    region = instance.inputs.get("region")
    return str(region) if region and region != UNKNOWN else FALLBACK_REGION


@lru_cache(maxsize=64)
def _decoded(text: str) -> Any:
    """Return a nested value: the SDK sends those of providers as JSON text."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def default_tags(instance: Instance) -> Mapping[str, str]:
    """Return the tags that the provider puts on every resource."""
    configured = instance.inputs.get("defaultTags")
    if isinstance(configured, str):
        configured = _decoded(configured)
    if not isinstance(configured, Mapping):
        return {}
    tags = cast("Mapping[str, Any]", configured).get("tags")
    return cast("Mapping[str, str]", tags) if isinstance(tags, Mapping) else {}


def check_configuration(instance: Instance, account: str) -> Iterator[Problem]:
    """Yield what is wrong with a provider's configuration."""
    shape = provider_shape("aws")
    properties = shape.properties().shapes
    decoded = {
        key: _decoded(value)
        if isinstance(value, str) and key in properties and properties[key].kind != "string"
        else value
        for key, value in instance.inputs.items()
        if key not in ("version", "pluginDownloadURL")
    }
    yield from check_shape(shape, decoded)[1]
    yield from check_region(decoded.get("region"))
    allowed = decoded.get("allowedAccountIds")
    if isinstance(allowed, list) and allowed and account not in allowed:
        yield Problem(
            CODE,
            f"AWS account ID not allowed: {account}",
            "allowedAccountIds",
            f"a rehearsal plays in account {account}: allow it, or leave allowedAccountIds out of the rehearsed stack",
            SOURCE,
            warning=True,
        )


def check_region(region: Any) -> Iterator[Problem]:
    """Yield a problem when a region is missing or unknown."""
    if not region:
        yield Problem(
            CODE, "Missing region configuration", "region", "set aws:region or the region of the provider", SOURCE
        )
    elif region != UNKNOWN and not is_region(str(region)):
        yield Problem(
            CODE, f"invalid AWS Region: {region}", "region", f"did you mean '{nearest_region(str(region))}'?", SOURCE
        )
