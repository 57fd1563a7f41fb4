"""Wrong requests for zones and records of DNS."""

from typing import Any

from azure_cases.case import Case, Step
from azure_cases.given import ADDRESS, LINK, NETWORK
from azure_cases.given import ZONE as PRIVATE_ZONE

SERVICE = "DNS"
ZONE = Step("dns:Zone", "public", {"zoneName": "example.com"})
RECORD = Step(
    "dns:RecordSet",
    "record",
    {
        "zoneName": "${public.name}",
        "relativeRecordSetName": "api",
        "recordType": "A",
        "ttl": 300,
        "aRecords": [{"ipv4Address": "192.0.2.10"}],
    },
)
CNAME = Step(
    "dns:RecordSet",
    "cname",
    {
        "zoneName": "${public.name}",
        "relativeRecordSetName": "api",
        "recordType": "CNAME",
        "ttl": 300,
        "cnameRecord": {"cname": "elsewhere.example.net"},
    },
)
PRIVATE = Step(
    "privatedns:PrivateRecordSet",
    "inside",
    {
        "privateZoneName": "${zone.name}",
        "relativeRecordSetName": "api",
        "recordType": "A",
        "ttl": 300,
        "aRecords": [{"ipv4Address": "10.0.0.254"}],
    },
)
SECOND_GROUP = Step("resources:ResourceGroup", "more", {"resourceGroupName": "more", "location": "westeurope"})
SECOND_LINK = Step(
    "privatedns:VirtualNetworkLink",
    "again",
    {
        "resourceGroupName": "${more.name}",
        "privateZoneName": "${twin.name}",
        "virtualNetworkLinkName": "vnet",
        "virtualNetwork": {"id": "${vnet.id}"},
        "registrationEnabled": False,
    },
)
TWIN = Step(
    "privatedns:PrivateZone",
    "twin",
    {"resourceGroupName": "${more.name}", "privateZoneName": "privatelink.vaultcore.azure.net"},
)
OTHER_ZONE = Step(
    "privatedns:PrivateZone", "twin", {"privateZoneName": "example.com", "resourceGroupName": "${more.name}"}
)


def record(wrong: str, path: str = "", code: str = "BadRequest", *, warning: bool = False, **inputs: Any) -> Case:
    """Make a case of a wrong record set."""
    given = (ZONE, ADDRESS)
    return Case(SERVICE, wrong, RECORD.but(**inputs), code, RECORD, given, path=path, warning=warning)


CASES = (
    record("record set without records", "aRecords", aRecords=None),
    record("record set with records and an alias", "targetResource", targetResource={"id": "${address.id}"}),
    record("record set with values of another type", "txtRecords", txtRecords=[{"value": ["text"]}]),
    record(
        "alias of a type that has none",
        "targetResource",
        recordType="TXT",
        aRecords=None,
        targetResource={"id": "${address.id}"},
    ),
    record(
        "alias of what does not exist",
        code="InvalidResourceReference",
        aRecords=None,
        targetResource={"id": f"{'${address.id}'}-none"},
    ),
    record("address that is none", "aRecords[0].ipv4Address", aRecords=[{"ipv4Address": "api.example.com"}]),
    record("record set without a time to live", "ttl", ttl=None),
    record("time to live of nothing", "ttl", ttl=0),
    record("name with a space", "relativeRecordSetName", relativeRecordSetName="my api"),
    record(
        "name that ends with its zone", "relativeRecordSetName", warning=True, relativeRecordSetName="api.example.com"
    ),
    Case(
        SERVICE,
        "CNAME beside an address of one name",
        CNAME,
        "Conflict",
        CNAME.but(relativeRecordSetName="www"),
        (ZONE, RECORD),
        path="relativeRecordSetName",
    ),
    Case(
        SERVICE,
        "address beside a CNAME of one name",
        RECORD,
        "Conflict",
        RECORD.but(relativeRecordSetName="www"),
        (ZONE, CNAME),
    ),
    Case(
        SERVICE,
        "CNAME in the place of the zone",
        CNAME.but(relativeRecordSetName="@"),
        "BadRequest",
        CNAME,
        (ZONE,),
        path="relativeRecordSetName",
    ),
    Case(SERVICE, "zone of one label", ZONE.but(zoneName="example"), "BadRequest", ZONE, path="zoneName"),
    Case(
        SERVICE,
        "record in a zone that does not exist",
        RECORD.but(zoneName="example.org"),
        "ParentResourceNotFound",
        RECORD,
        (ZONE,),
    ),
    Case(
        "Private DNS",
        "record set without records",
        PRIVATE.but(aRecords=None),
        "BadRequest",
        PRIVATE,
        (PRIVATE_ZONE,),
        path="aRecords",
    ),
    Case(
        "Private DNS", "time to live of nothing", PRIVATE.but(ttl=0), "BadRequest", PRIVATE, (PRIVATE_ZONE,), path="ttl"
    ),
    Case(
        "Private DNS",
        "network linked to two zones of one name",
        SECOND_LINK,
        "BadRequest",
        SECOND_LINK.but(virtualNetwork={"id": "${other.id}"}),
        (
            NETWORK,
            Step(
                "network:VirtualNetwork",
                "other",
                {"virtualNetworkName": "other", "addressSpace": {"addressPrefixes": ["10.9.0.0/16"]}},
            ),
            PRIVATE_ZONE,
            LINK,
            SECOND_GROUP,
            TWIN,
        ),
        path="virtualNetwork.id",
    ),
    Case(
        "Private DNS",
        "network that registers its machines in two zones",
        SECOND_LINK.but(registrationEnabled=True),
        "Conflict",
        SECOND_LINK,
        (NETWORK, PRIVATE_ZONE, LINK.but(registrationEnabled=True), SECOND_GROUP, OTHER_ZONE),
        path="registrationEnabled",
        warning=True,
    ),
    Case(
        "Private DNS",
        "zone that is still linked",
        PRIVATE_ZONE,
        "CannotDeleteResource",
        None,
        (NETWORK, PRIVATE_ZONE, LINK),
        "delete",
        holders=("link",),
    ),
)
