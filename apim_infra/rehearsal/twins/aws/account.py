"""Data sources about the account itself: region, zones, identity, partition, service principals."""

from collections.abc import Mapping
from typing import Any

from apim_infra.rehearsal.twins.aws.inquiries import Answer, Inquiry
from apim_infra.rehearsal.twins.aws.regions import is_region, nearest_region, partition_of, region_names, zones_of
from apim_infra.rehearsal.twins.cloud.values import listed

DNS_SUFFIX = {
    "aws": "amazonaws.com",
    "aws-cn": "amazonaws.com.cn",
    "aws-us-gov": "amazonaws.com",
    "aws-eusc": "amazonaws.eu",
}


def _region(inquiry: Inquiry) -> Mapping[str, Any]:
    name = str(inquiry.arguments.get("name") or inquiry.region)
    if not is_region(name):
        raise inquiry.refuse(
            "CheckFailure", f"invalid AWS Region: {name}", "name", f"did you mean '{nearest_region(name)}'?"
        )
    return {"id": name, "name": name, "region": name, "description": name, "endpoint": f"ec2.{name}.amazonaws.com"}


def _regions(inquiry: Inquiry) -> Mapping[str, Any]:
    partition = partition_of(inquiry.region)
    return {"id": partition, "names": sorted(name for name in region_names() if partition_of(name) == partition)}


def _zones(inquiry: Inquiry) -> Mapping[str, Any]:
    excluded_names = listed(inquiry.arguments.get("excludeNames"))
    excluded_ids = listed(inquiry.arguments.get("excludeZoneIds"))
    zones = {
        name: id_
        for name, id_ in sorted(zones_of(inquiry.region).items())
        if name not in excluded_names and id_ not in excluded_ids
    }
    return {"id": inquiry.region, "names": list(zones), "zoneIds": list(zones.values()), "groupNames": [inquiry.region]}


def _identity(inquiry: Inquiry) -> Mapping[str, Any]:
    account = inquiry.world.account
    return {
        "id": account,
        "accountId": account,
        "arn": f"arn:aws:iam::{account}:user/rehearsal",
        "userId": "AIDAREHEARSAL0000000",
    }


def _partition(inquiry: Inquiry) -> Mapping[str, Any]:
    partition = partition_of(inquiry.region)
    suffix = DNS_SUFFIX[partition]
    reverse = ".".join(reversed(suffix.split(".")))
    return {"id": partition, "partition": partition, "dnsSuffix": suffix, "reverseDnsPrefix": reverse}


def _service_principal(inquiry: Inquiry) -> Mapping[str, Any]:
    service = str(inquiry.arguments.get("serviceName"))
    return {
        "id": f"{service}.{inquiry.region}.amazonaws.com",
        "name": f"{service}.amazonaws.com",
        "suffix": "amazonaws.com",
    }


ANSWERS: Mapping[str, Answer] = {
    "aws:index/getRegion:getRegion": _region,
    "aws:index/getRegions:getRegions": _regions,
    "aws:index/getAvailabilityZones:getAvailabilityZones": _zones,
    "aws:index/getCallerIdentity:getCallerIdentity": _identity,
    "aws:index/getPartition:getPartition": _partition,
    "aws:index/getServicePrincipal:getServicePrincipal": _service_principal,
}
