"""Data sources that look a thing up by its id or name, and machine images.

What the world does not have but is asked for by its own id is taken to exist: it was there before the rehearsal.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import database_versions, facts, newest
from apim_infra.rehearsal.twins.aws.inquiries import Answer, Inquiry
from apim_infra.rehearsal.twins.aws.regions import zones_of
from apim_infra.rehearsal.twins.aws.templates import ALPHABETS, text_of
from apim_infra.rehearsal.twins.cloud.world import Thing

IMAGE_PARAMETER = re.compile(
    r"/aws/service/(eks/optimized-ami|ami-amazon-linux-latest|bottlerocket|canonical|ami-windows-latest)/.+"
)


@dataclass(frozen=True, slots=True)
class Lookup:
    """How one data source finds its thing."""

    token: str
    """Type of the thing."""
    arguments: tuple[tuple[str, str], ...]
    """Argument and the output that it equals, tried in this order."""
    assumed_by: str = ""
    """Argument that holds an id: with it, a thing that is not in the world is taken to exist."""
    code: str = "ResourceNotFoundException"

    def __call__(self, inquiry: Inquiry) -> Mapping[str, Any]:
        """Answer the data source. Raises RejectedError when nothing is found."""
        arguments = inquiry.arguments
        for argument, output in self.arguments:
            value = arguments.get(argument)
            if value:
                thing = inquiry.world.find(self.token, value, output)
                if thing:
                    return shown(thing, arguments)
        if self.assumed_by and arguments.get(self.assumed_by):
            thing = inquiry.assume(
                self.token, str(arguments[self.assumed_by]), {self.assumed_by: arguments[self.assumed_by]}
            )
            return shown(thing, arguments)
        found = (
            [thing for thing in inquiry.world.all(self.token, inquiry.region) if _fits(thing, arguments)]
            if _filters(arguments)
            else []
        )
        if len(found) == 1:
            return shown(found[0], arguments)
        kind = self.token.rsplit(":", maxsplit=1)[-1]
        what = f"multiple matches, {len(found)}" if found else "no match"
        raise inquiry.refuse(
            self.code,
            f"{kind} lookup: {what} for {dict(arguments)}",
            hint="name it by id or name, and let the call depend on it",
        )


def shown(thing: Thing, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return what a data source shows of a thing: what was asked with, and the thing's outputs."""
    asked: dict[str, Any] = {key: value for key, value in arguments.items() if value is not None}
    return {**asked, **thing.outputs, "id": thing.id}


def _filters(arguments: Mapping[str, Any]) -> bool:
    return bool(arguments.get("filters") or arguments.get("tags"))


def _fits(thing: Thing, arguments: Mapping[str, Any]) -> bool:
    """Tell whether a thing has the tags and passes the filters (`vpc-id`, `cidr-block`, `tag:Name` ...) of a data source."""
    tags: Mapping[str, Any] = thing["tagsAll"] or {}
    wanted: Mapping[str, Any] = arguments.get("tags") or {}
    if any(tags.get(key) != value for key, value in wanted.items()):
        return False
    return all(
        _passes(thing, tags, str(rule.get("name")), rule.get("values") or ()) for rule in arguments.get("filters") or ()
    )


def _passes(thing: Thing, tags: Mapping[str, Any], name: str, values: Iterable[Any]) -> bool:
    if name.startswith("tag:"):
        return tags.get(name.removeprefix("tag:")) in values
    words = name.split("-")
    return thing[words[0] + "".join(word.title() for word in words[1:])] in values


def _subnets(inquiry: Inquiry) -> Mapping[str, Any]:
    found = [thing.id for thing in inquiry.world.all(tokens.SUBNET, inquiry.region) if _fits(thing, inquiry.arguments)]
    return {
        "id": inquiry.region,
        "ids": found,
        "filters": inquiry.arguments.get("filters"),
        "tags": inquiry.arguments.get("tags"),
    }


def _image_id(inquiry: Inquiry, name: str) -> str:
    return f"ami-{text_of(ALPHABETS['hex'], 17, f'{inquiry.region}/{name}')}"


def _image(inquiry: Inquiry) -> Mapping[str, Any]:
    """Make up an image that fits: which images there are today is not known offline."""
    arguments = inquiry.arguments
    filters = {str(rule.get("name")): rule.get("values") or [""] for rule in arguments.get("filters") or ()}
    name = str(filters.get("name", ["image"])[0]).replace("*", "20261101")
    image = _image_id(inquiry, name)
    return {
        **arguments,
        "id": image,
        "imageId": image,
        "arn": f"arn:aws:ec2:{inquiry.region}::image/{image}",
        "name": name,
        "architecture": filters.get("architecture", ["x86_64"])[0],
        "ownerId": next(iter(arguments.get("owners") or ("amazon",))),
        "rootDeviceName": "/dev/xvda",
        "state": "available",
    }


def _parameter(inquiry: Inquiry) -> Mapping[str, Any]:
    name = str(inquiry.arguments.get("name"))
    found = inquiry.world.find("aws:ssm/parameter:Parameter", name, "name", inquiry.region)
    if found is None and not IMAGE_PARAMETER.fullmatch(name):
        raise inquiry.refuse(
            "ParameterNotFound", f"Systems Manager parameter {name} not found", "name", "create the parameter first"
        )
    value = found["value"] if found else _image_id(inquiry, name)
    arn = f"arn:aws:ssm:{inquiry.region}::parameter{name}"
    return {
        "id": name,
        "name": name,
        "arn": arn,
        "type": "String",
        "value": value,
        "insecureValue": value,
        "version": 1,
    }


def _offerings(inquiry: Inquiry) -> Mapping[str, Any]:
    return {"id": inquiry.region, "locations": sorted(zones_of(inquiry.region)), "locationType": "availability-zone"}


def _cluster_token(inquiry: Inquiry) -> Mapping[str, Any]:
    name = str(inquiry.arguments.get("name"))
    seed = text_of(ALPHABETS["hex"], 40, f"{inquiry.region}/{name}/token")
    return {"id": name, "name": name, "token": f"k8s-aws-v1.{seed}"}


def _cluster_versions(inquiry: Inquiry) -> Mapping[str, Any]:
    versions = facts("eks")["versions"]
    listed = [
        {
            "clusterVersion": version,
            "clusterType": "eks",
            "defaultVersion": version == versions["default"],
            "defaultPlatformVersion": entry["platform"],
            "endOfStandardSupportDate": str(entry["standard"]),
            "endOfExtendedSupportDate": str(entry["extended"]),
        }
        for version, entry in versions["offered"].items()
        if not inquiry.arguments.get("defaultOnly") or version == versions["default"]
    ]
    return {"id": inquiry.region, "clusterVersions": listed}


def _engine_version(inquiry: Inquiry) -> Mapping[str, Any]:
    engine, wanted = str(inquiry.arguments.get("engine")), str(inquiry.arguments.get("version") or "")
    fitting = frozenset(v for v in database_versions(engine) if v == wanted or v.startswith(f"{wanted}.") or not wanted)
    if not fitting:
        raise inquiry.refuse("InvalidParameterCombination", f"Cannot find version {wanted} for {engine}", "version")
    version = newest(fitting)
    return {**inquiry.arguments, "id": version, "version": version, "versionActual": version, "engine": engine}


ANSWERS: Mapping[str, Answer] = {
    "aws:ec2/getVpc:getVpc": Lookup(tokens.VPC, (("id", "id"),), "id", "InvalidVpcID.NotFound"),
    "aws:ec2/getSubnets:getSubnets": _subnets,
    "aws:ec2/getSecurityGroup:getSecurityGroup": Lookup(
        tokens.SECURITY_GROUP, (("id", "id"), ("name", "name")), "id", "InvalidGroup.NotFound"
    ),
    "aws:ec2/getInternetGateway:getInternetGateway": Lookup(
        tokens.INTERNET_GATEWAY,
        (("internetGatewayId", "id"),),
        "internetGatewayId",
        "InvalidInternetGatewayID.NotFound",
    ),
    "aws:ec2/getRouteTable:getRouteTable": Lookup(
        tokens.ROUTE_TABLE, (("routeTableId", "id"),), "routeTableId", "InvalidRouteTableID.NotFound"
    ),
    "aws:ec2/getAmi:getAmi": _image,
    "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings": _offerings,
    "aws:ssm/getParameter:getParameter": _parameter,
    "aws:eks/getClusterAuth:getClusterAuth": _cluster_token,
    "aws:eks/getClusterVersions:getClusterVersions": _cluster_versions,
    "aws:rds/getEngineVersion:getEngineVersion": _engine_version,
    "aws:s3/getBucket:getBucket": Lookup(tokens.BUCKET, (("bucket", "bucket"),), "bucket", "NoSuchBucket"),
    "aws:acm/getCertificate:getCertificate": Lookup(tokens.CERTIFICATE, (("domain", "domainName"),)),
    "aws:ecr/getRepository:getRepository": Lookup(
        tokens.REPOSITORY, (("name", "name"),), "name", "RepositoryNotFoundException"
    ),
    "aws:lb/getLoadBalancer:getLoadBalancer": Lookup(
        tokens.LOAD_BALANCER, (("arn", "arn"), ("name", "name")), "arn", "LoadBalancerNotFound"
    ),
    "aws:rds/getInstance:getInstance": Lookup(
        tokens.DATABASE, (("dbInstanceIdentifier", "identifier"),), "dbInstanceIdentifier", "DBInstanceNotFound"
    ),
    "aws:secretsmanager/getSecret:getSecret": Lookup(tokens.SECRET, (("arn", "arn"), ("name", "name")), "arn"),
    "aws:cloudwatch/getLogGroup:getLogGroup": Lookup(tokens.LOG_GROUP, (("name", "name"),), "name"),
    "aws:sns/getTopic:getTopic": Lookup(tokens.TOPIC, (("name", "name"),)),
}
