"""The row of OpenSearch Service's domains."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts, search_instance_types
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.service_rules import (
    grants,
    groups_in_vpc,
    is_public,
    kms_key,
    known,
    located,
    repeated,
    resource_policy,
    subnets,
    vpcs,
    zones,
)
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SOURCE = "OpenSearch Service API model, botocore 1.44.5, and developer guide, 2026"
OWN = "own knowledge, 2026-11"
INVALID = "ValidationException"
RESOURCE_POLICY = "aws:cloudwatch/logResourcePolicy:LogResourcePolicy"
SERVICE_ROLES = ("opensearchservice.amazonaws.com", "es.amazonaws.com")
COUNTS = {1: "one", 2: "two", 3: "three"}
NODES = "clusterConfig"


def _instance_types(context: Context) -> Iterator[Problem]:
    offered = search_instance_types(context.region)
    for key in ("instanceType", "dedicatedMasterType"):
        for place, name in located(context, f"{NODES}.{key}"):
            if offered and name not in offered:
                message = f"Invalid instance type: {name}"
                hint = f"Use a type that {context.region} offers: they end in .search."
                yield context.problem(INVALID, message, place, hint)


def _zone_count(context: Context) -> int:
    """Return over how many zones the domain is spread."""
    if not context.value(f"{NODES}.zoneAwarenessEnabled", False):
        return 1
    return int(context.value(f"{NODES}.zoneAwarenessConfig.availabilityZoneCount", 2))


def _nodes(context: Context) -> Iterator[Problem]:
    count, spread = context.value(f"{NODES}.instanceCount", 1), _zone_count(context)
    path = f"{NODES}.instanceCount"
    if spread == 2 and count % 2:
        message = "You must choose an even number of data nodes for a two Availability Zone deployment."
        yield context.problem(INVALID, message, path, "Use 2, 4 or more.")
    elif spread == 3 and count < 3:
        message = "You must choose a minimum of three data nodes for a three Availability Zone deployment."
        yield context.problem(INVALID, message, path, "Use 3 or more.")
    if count > facts("opensearch")["nodes_most"]:
        message = f"The number of data nodes {count} exceeds the quota of {facts('opensearch')['nodes_most']}"
        yield context.problem("LimitExceededException", message, path, "Use fewer, or ask AWS to raise the quota.")
    if context.get(f"{NODES}.zoneAwarenessConfig") and spread == 1:
        message = "ZoneAwarenessConfig needs ZoneAwarenessEnabled"
        yield context.problem(INVALID, message, f"{NODES}.zoneAwarenessEnabled", "Switch it on.", OWN)


def _masters(context: Context) -> Iterator[Problem]:
    if not context.value(f"{NODES}.dedicatedMasterEnabled", False):
        return
    allowed = facts("opensearch")["masters"]
    if context.value(f"{NODES}.dedicatedMasterCount", 0) not in allowed:
        message = "You must choose either three or five dedicated master nodes"
        yield context.problem(INVALID, message, f"{NODES}.dedicatedMasterCount", "Use 3.")
    if not context.inputs[NODES].get("dedicatedMasterType"):
        message = "DedicatedMasterType is required when DedicatedMasterEnabled is true"
        yield context.problem(INVALID, message, f"{NODES}.dedicatedMasterType", "Name the instance type.")


def _subnets(context: Context) -> Iterator[Problem]:
    """Check that there is one subnet for each zone, of one network."""
    given = context.inputs.get("vpcOptions", {}).get("subnetIds") if context.inputs.get("vpcOptions") else None
    if given is None:
        return
    path, spread = "vpcOptions.subnetIds", _zone_count(context)
    if len(given) != spread:
        number = COUNTS.get(spread, str(spread))
        reason = "" if spread == 1 else f" because you've set zone count to {number}"
        message = f"You must specify exactly {number} subnet{'' if spread == 1 else 's'}{reason}."
        yield context.problem(INVALID, message, path, "Give one for each zone.")
    things = subnets(context, context.get(f"{path}[*]"))
    if len(vpcs(things)) > 1:
        yield context.problem(INVALID, "All subnets must be in one VPC.", path, f"Use subnets of {vpcs(things)[0]}.")
    elif known(things) and repeated(zones(things)):
        message = "All subnets must be in different Availability Zones."
        yield context.problem(INVALID, message, path, "Give one subnet a zone.", OWN)


def _service_role(context: Context) -> Iterator[Problem]:
    if context.inputs.get("vpcOptions") is None:
        return
    roles = context.world.all(tokens.SERVICE_LINKED_ROLE)
    if not any(role.inputs.get("awsServiceName") in SERVICE_ROLES for role in roles):
        message = (
            "Before you can proceed, you must enable a service-linked role to give Amazon OpenSearch Service "
            "permissions to access your VPC; whether the account has it is not known here"
        )
        hint = f"Make the service-linked role of {SERVICE_ROLES[0]} once in the account."
        yield context.warning(INVALID, message, "vpcOptions", hint)


def _storage(context: Context) -> Iterator[Problem]:
    name = str(context.value(f"{NODES}.instanceType", ""))
    family, _, rest = name.partition(".")
    limits, enabled = facts("opensearch")["ebs"], context.value("ebsOptions.ebsEnabled", False)
    if family in facts("opensearch")["local_disks"]:
        if enabled:
            message = f"EBS storage cannot be used with the instance type {name}"
            yield context.problem(INVALID, message, "ebsOptions.ebsEnabled", "Set it to false.")
        return
    if name and not enabled:
        message = f"EBS storage must be selected for {name}"
        yield context.problem(INVALID, message, "ebsOptions.ebsEnabled", "Switch it on and set volumeSize.")
    smallest = limits["smallest_of"].get(family, limits["smallest_gb"])
    largest = limits["largest_gb"].get(rest.removesuffix(".search"), limits["largest_of_all_gb"])
    for place, size in located(context, "ebsOptions.volumeSize"):
        if enabled and not smallest <= size <= largest:
            message = f"Volume size must be between {smallest} and {largest} for {name} instance type and gp3 volumes"
            yield context.problem(INVALID, message, place, f"Use {smallest} to {largest}.")
    if enabled and not context.inputs["ebsOptions"].get("volumeSize"):
        yield context.problem(INVALID, "VolumeSize is required", "ebsOptions.volumeSize", "Set it, in GB.")
    yield from _performance(context)


def _performance(context: Context) -> Iterator[Problem]:
    kind, iops = context.value("ebsOptions.volumeType", "gp2"), context.value("ebsOptions.iops")
    limits, path = facts("opensearch")["ebs"], "ebsOptions.iops"
    low, high = limits["io1_iops"]
    if kind == "io1" and (iops is None or not low <= iops <= high):
        yield context.problem(INVALID, f"IOPS must be between {low} and {high} for io1 volumes", path, "Set iops.")
    if kind == "gp3" and iops is not None and iops < limits["gp3_iops_smallest"]:
        message = f"IOPS must be {limits['gp3_iops_smallest']} or more for gp3 volumes"
        yield context.problem(INVALID, message, path, "Raise it, or leave it out.")
    if kind in ("gp2", "standard") and iops is not None:
        yield context.problem(INVALID, f"IOPS cannot be set for {kind} volumes", path, "Leave it out, or use gp3.")


def _version(context: Context) -> Iterator[Problem]:
    offered = facts("opensearch")["versions"]
    for place, version in located(context, "engineVersion"):
        engine, _, number = str(version).partition("_")
        if number not in offered.get(engine, ()):
            message = f"Invalid engine version: {version}"
            hint = f"Write OpenSearch_ and one of {', '.join(offered['OpenSearch'])}."
            yield context.problem(INVALID, message, place, hint)


def _fine_grained(context: Context) -> Iterator[Problem]:
    """Check what fine-grained access control needs: encryption everywhere, and somebody who manages it."""
    if not context.value("advancedSecurityOptions.enabled", False):
        return
    needed = {
        "nodeToNodeEncryption.enabled": "node-to-node encryption",
        "encryptAtRest.enabled": "encryption at rest",
        "domainEndpointOptions.enforceHttps": "HTTPS for all traffic",
    }
    for path, words in needed.items():
        if not context.value(path, path.startswith("domainEndpoint") and not context.get("domainEndpointOptions")):
            message = f"You must enable {words} to use advanced security options."
            yield context.problem(INVALID, message, path, "Switch it on.")
    options: dict[str, Any] = context.inputs["advancedSecurityOptions"].get("masterUserOptions") or {}
    internal = context.value("advancedSecurityOptions.internalUserDatabaseEnabled", False)
    if internal and not (options.get("masterUserName") and options.get("masterUserPassword")):
        message = "You must provide a master username and password to use the internal user database."
        yield context.problem(INVALID, message, "advancedSecurityOptions.masterUserOptions", "Give both.")
    if internal and options.get("masterUserArn"):
        message = "You must not provide a master user ARN when the internal user database is enabled."
        yield context.problem(
            INVALID, message, "advancedSecurityOptions.masterUserOptions.masterUserArn", "Leave it out."
        )


def _endpoint(context: Context) -> Iterator[Problem]:
    options = context.value("domainEndpointOptions", {})
    if options.get("customEndpointEnabled"):
        for key in ("customEndpoint", "customEndpointCertificateArn"):
            if not options.get(key):
                message = f"{key} is required when CustomEndpointEnabled is true"
                yield context.problem(INVALID, message, f"domainEndpointOptions.{key}", f"Set {key}.")


def _open(context: Context) -> Iterator[Problem]:
    inside = context.inputs.get("vpcOptions") is not None
    closed = inside or context.value("advancedSecurityOptions.enabled", False)
    for place, document in located(context, "accessPolicies"):
        if not closed and is_public(document):
            message = "Enable fine-grained access control or apply a restrictive access policy to your domain"
            yield context.problem(INVALID, message, place, "Name principals instead of *.")


def _logs(context: Context) -> Iterator[Problem]:
    policies = [policy.inputs.get("policyDocument") for policy in context.world.all(RESOURCE_POLICY, context.region)]
    for place, arn in located(context, "logPublishingOptions[*].cloudwatchLogGroupArn"):
        group = str(arn).removesuffix(":*").rpartition("log-group:")[2]
        if not any(grants(document, "es.amazonaws.com") for document in policies):
            message = (
                f"The Resource Access Policy specified for the CloudWatch Logs log group {group} does not grant "
                "sufficient permissions for Amazon OpenSearch Service to create a log stream."
            )
            hint = "Make a LogResourcePolicy that lets es.amazonaws.com write there, before."
            yield context.problem(INVALID, message, place, hint)
    audited = "AUDIT_LOGS" in context.get("logPublishingOptions[*].logType")
    if audited and not context.value("advancedSecurityOptions.enabled", False):
        message = "audit logs can be enabled only with fine-grained access control"
        yield context.problem(INVALID, message, "logPublishingOptions", "Leave the audit logs out.")


def _outputs(context: Context) -> Mapping[str, Any]:
    digits = context.hexadecimal(26, "endpoint")
    inside = "vpc" if context.inputs.get("vpcOptions") is not None else "search"
    endpoint = f"{inside}-{context.name}-{digits}.{context.region}.es.amazonaws.com"
    second = f"{context.name}-{digits}.aos.{context.region}.on.aws"
    return {
        "arn": f"arn:aws:es:{context.region}:{context.account}:domain/{context.name}",
        "domainId": f"{context.account}/{context.name}",
        "endpoint": endpoint,
        "endpointV2": second,
        "dashboardEndpoint": f"{endpoint}/_dashboards",
        "dashboardEndpointV2": f"{second}/_dashboards",
        "domainEndpointV2HostedZoneId": f"Z{context.hexadecimal(13, 'zone').upper()}",
        "engineVersion": context.value("engineVersion", facts("opensearch")["default_version"]),
        "accessPolicies": context.value("accessPolicies", ""),
        "ipAddressType": context.value("ipAddressType", "ipv4"),
    }


DOMAIN = ResourceType(
    token=tokens.SEARCH_DOMAIN,
    kind="domain",
    identifier="{arn}",
    name=Name(
        "domainName",
        pattern=r"[a-z][a-z0-9-]{2,}",
        longest=28,
        code=INVALID,
        taken_code="ResourceAlreadyExistsException",
        lower_case=True,
    ),
    references=(
        Reference(
            "vpcOptions.subnetIds[*]",
            tokens.SUBNET,
            INVALID,
            message="The specified subnet {value} does not exist",
            holds=True,
        ),
        Reference(
            "vpcOptions.securityGroupIds[*]",
            tokens.SECURITY_GROUP,
            INVALID,
            message="The specified security group {value} does not exist",
            holds=True,
        ),
    ),
    create_only=frozenset({"domainName"}),
    enums={
        "ebsOptions.volumeType": ("standard", "gp2", "gp3", "io1"),
        "domainEndpointOptions.tlsSecurityPolicy": (
            "Policy-Min-TLS-1-0-2019-07",
            "Policy-Min-TLS-1-2-2019-07",
            "Policy-Min-TLS-1-2-PFS-2023-10",
            "Policy-Min-TLS-1-2-RFC9151-FIPS-2024-08",
            "Policy-Min-TLS-1-2-FIPS-PQ-2026-10",
        ),
        "logPublishingOptions[*].logType": ("INDEX_SLOW_LOGS", "SEARCH_SLOW_LOGS", "ES_APPLICATION_LOGS", "AUDIT_LOGS"),
        f"{NODES}.zoneAwarenessConfig.availabilityZoneCount": (2, 3),
        "ipAddressType": ("ipv4", "dualstack"),
    },
    value_code=INVALID,
    missing_code=INVALID,
    rules=(
        _instance_types,
        _nodes,
        _masters,
        _subnets,
        groups_in_vpc(
            "vpcOptions.securityGroupIds[*]",
            INVALID,
            "vpcOptions.subnetIds[*]",
            "Security group {value} and the subnets are in different VPCs",
        ),
        _service_role,
        _storage,
        _version,
        _fine_grained,
        _endpoint,
        resource_policy("accessPolicies", INVALID, "Error setting policy: {fault}"),
        _open,
        _logs,
        kms_key("encryptAtRest.kmsKeyId", INVALID),
    ),
    outputs=_outputs,
    quota=Quota(facts("opensearch")["domains_most"], ("region",), "LimitExceededException"),
    source=SOURCE,
)

ROWS = (DOMAIN,)
