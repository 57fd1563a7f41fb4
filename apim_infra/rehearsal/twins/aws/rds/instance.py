"""The row of RDS instances."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.rds import engines, lifetime, storage
from apim_infra.rehearsal.twins.aws.rds.engines import COMBINATION, VALUE, engine_facts, engine_of, version_of
from apim_infra.rehearsal.twins.aws.rds.login import LOGIN
from apim_infra.rehearsal.twins.aws.rds.restore import check_restore
from apim_infra.rehearsal.twins.aws.service_rules import kms_key, known, located, strange_to, zones
from apim_infra.rehearsal.twins.aws.table import Companion, Name, Quota, Reference, ResourceType
from apim_infra.rehearsal.twins.aws.templates import ALPHABETS, text_of
from apim_infra.rehearsal.twins.cloud.world import Thing

SOURCE = "RDS API model, botocore 1.44.5"
KEY_MESSAGE = (
    "The specified KMS key [{value}] does not exist, is not enabled or you do not have permissions to access it."
)
NETWORK_STATE = "InvalidVPCNetworkStateFault"
GATEWAYS = ("aws:ec2/internetGateway:InternetGateway", "aws:ec2/internetGatewayAttachment:InternetGatewayAttachment")


def _group(context: Context) -> Thing | None:
    """Return the subnet group of an instance, that of its source where it has none of its own."""
    name = context.value("dbSubnetGroupName")
    if name is None and context.value("replicateSourceDb"):
        source = engines.source_of(context)
        name = source["dbSubnetGroupName"] if source and source.region == context.region else None
    return context.find(tokens.DATABASE_SUBNET_GROUP, name, "name") if name else None


def _zone(context: Context) -> Iterator[Problem]:
    zone, group = context.value("availabilityZone"), _group(context)
    if zone is None:
        return
    if context.value("multiAz", False):
        message = "Requesting a specific availability zone is not valid for Multi-AZ instances."
        yield context.problem(COMBINATION, message, "availabilityZone", "Leave availabilityZone or multiAz out.")
    if not str(zone).startswith(context.region):
        message = f"Invalid availability zone {zone} for region {context.region}"
        yield context.problem(VALUE, message, "availabilityZone", f"Name a zone of {context.region}.")
    elif group and known(_subnets_of(context, group)) and zone not in zones(_subnets_of(context, group)):
        message = f"The DB subnet group {group['name']} has no subnet in {zone}"
        yield context.problem(NETWORK_STATE, message, "availabilityZone", "Add a subnet of that zone.", "own knowledge")


def _subnets_of(context: Context, group: Thing) -> list[Thing]:
    found = (context.find(tokens.SUBNET, identifier) for identifier in group.inputs.get("subnetIds", ()))
    return [subnet for subnet in found if subnet]


def _security_groups(context: Context) -> Iterator[Problem]:
    group = _group(context)
    own = str(group["vpcId"] or "") if group else "the default VPC"
    for place, identifier in located(context, "vpcSecurityGroupIds[*]"):
        thing = context.find(tokens.SECURITY_GROUP, identifier)
        of_program = thing is not None and context.find(tokens.VPC, thing["vpcId"]) is not None
        if thing is None or (group is None and (not of_program or context.value("dbSubnetGroupName"))):
            continue
        if strange_to(thing, [own]) and own:
            message = (
                "The DB instance and EC2 security group are in different VPCs. "
                f"The DB instance is in {own} and the EC2 security group is in {thing['vpcId']}"
            )
            yield context.problem(COMBINATION, message, place, f"Use a security group of {own}.")


def _public(context: Context) -> Iterator[Problem]:
    group = _group(context)
    vpc = context.find(tokens.VPC, group["vpcId"]) if group else None
    if not context.value("publiclyAccessible", False) or vpc is None or vpc.assumed:
        return
    reason = "Cannot create a publicly accessible DBInstance. The specified VPC"
    gateways = [thing for token in GATEWAYS for thing in context.world.all(token, context.region)]
    if not any(gateway.inputs.get("vpcId") == vpc.id for gateway in gateways):
        message = f"{reason} has no internet gateway attached. Update the VPC and then try again"
        yield context.problem(NETWORK_STATE, message, "publiclyAccessible", "Set publiclyAccessible to false.")
    if not vpc.inputs.get("enableDnsHostnames", False) or not vpc.inputs.get("enableDnsSupport", True):
        message = f"{reason} does not support DNS resolution, DNS hostnames, or both. Update the VPC and then try again"
        yield context.problem(NETWORK_STATE, message, "publiclyAccessible", "Switch both DNS flags of the VPC on.")


def _engine_set(context: Context) -> Iterator[Problem]:
    if context.value("engine") is None and storage.is_new(context):
        message = '"engine": required field is not set'
        yield context.problem("CheckFailure", message, "engine", "Name the engine.", "AWS provider")


def _certificate_authority(context: Context) -> Iterator[Problem]:
    name, known = context.value("caCertIdentifier"), facts("rds")["certificate_authorities"]
    if name is not None and name not in known:
        message = f"Certificate not found: {name}"
        yield context.problem("CertificateNotFound", message, "caCertIdentifier", f"Use {', '.join(known)}.")


def _outputs(context: Context) -> Mapping[str, Any]:
    engine, version = engine_of(context), version_of(context)
    known = engine_facts(engine) or {}
    source = engines.source_of(context)
    inherited = source.outputs if source else {}
    port = context.value("port") or inherited.get("port") or known.get("port", 0)
    host = text_of(ALPHABETS["hex"], 12, f"{context.seed}/{context.account}/{context.region}/rds")
    address = f"{context.name}.c{host[1:]}.{context.region}.rds.amazonaws.com"
    group = _group(context)
    found = [zone for zone in zones(_subnets_of(context, group)) if zone.startswith(context.region)] if group else []
    family = engines.family_of(engine, version)
    size = context.value("allocatedStorage") or inherited.get("allocatedStorage", 0)
    zone = facts("rds")["hosted_zones"].get(context.region, f"Z{context.hexadecimal(13, 'zone').upper()}")
    return {
        "address": address,
        "port": port,
        "endpoint": f"{address}:{port}",
        "hostedZoneId": zone,
        "resourceId": context.id,
        "status": "available",
        "engine": engine,
        "engineVersion": version,
        "engineVersionActual": engines.full_version(engine, version),
        "licenseModel": context.value("licenseModel", known.get("license", "")),
        "username": context.value("username", inherited.get("username", "")),
        "dbName": context.value("dbName", inherited.get("dbName")),
        "allocatedStorage": size,
        "storageType": storage.storage_type(context),
        "iops": context.value("iops", 3000 if storage.storage_type(context) == "gp3" else 0),
        "storageEncrypted": context.value("storageEncrypted", bool(inherited.get("storageEncrypted"))),
        "kmsKeyId": context.value("kmsKeyId", inherited.get("kmsKeyId", "")),
        "backupRetentionPeriod": context.value("backupRetentionPeriod", 0),
        "backupWindow": context.value("backupWindow", "03:00-03:30"),
        "maintenanceWindow": context.value("maintenanceWindow", "sun:04:00-sun:04:30"),
        "availabilityZone": context.value("availabilityZone", found[0] if found else f"{context.region}a"),
        "dbSubnetGroupName": context.value("dbSubnetGroupName", group["name"] if group else "default"),
        "parameterGroupName": context.value("parameterGroupName", f"default.{family}"),
        "optionGroupName": context.value("optionGroupName", f"default:{family.replace('.', '-')}"),
        "vpcSecurityGroupIds": context.value("vpcSecurityGroupIds", inherited.get("vpcSecurityGroupIds", [])),
        "caCertIdentifier": context.value("caCertIdentifier", "rds-ca-rsa2048-g1"),
        "multiAz": context.value("multiAz", False),
        "networkType": context.value("networkType", "IPV4"),
        "replicas": [],
        "latestRestorableTime": "",
        "listenerEndpoints": [],
        "masterUserSecrets": _secrets(context),
    }


def _secrets(context: Context) -> list[dict[str, Any]]:
    if not context.value("manageMasterUserPassword", False):
        return []
    digits = context.hexadecimal(32, "master secret")
    parts = (digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:])
    arn = f"arn:aws:secretsmanager:{context.region}:{context.account}:secret:rds!db-{'-'.join(parts)}-{digits[:6]}"
    default = f"arn:aws:kms:{context.region}:{context.account}:alias/aws/secretsmanager"
    key = context.value("masterUserSecretKmsKeyId", default)
    return [{"secretArn": arn, "secretStatus": "active", "kmsKeyId": key}]


def _companions(context: Context) -> Iterator[Companion]:
    """Name the secret of a managed password, and the log groups that RDS makes where the program made none."""
    for secret in context.outputs.get("masterUserSecrets", ()):
        arn = secret["secretArn"]
        name = arn.rsplit(":", maxsplit=1)[-1].rsplit("-", maxsplit=1)[0]
        yield Companion(tokens.SECRET, arn, {"arn": arn, "name": name, "kmsKeyId": secret["kmsKeyId"]})
    for log in context.get("enabledCloudwatchLogsExports[*]"):
        name = f"/aws/rds/instance/{context.name}/{log}"
        if context.find(tokens.LOG_GROUP, name, "name") is None:
            arn = f"arn:aws:logs:{context.region}:{context.account}:log-group:{name}"
            yield Companion(tokens.LOG_GROUP, name, {"arn": arn, "name": name})


DATABASE = ResourceType(
    token=tokens.DATABASE,
    kind="DB instance",
    identifier="db-{upper26}",
    arn="arn:aws:rds:{region}:{account}:db:{identifier}",
    name=Name(
        "identifier",
        pattern=r"[a-z][a-z0-9-]*",
        longest=63,
        code=VALUE,
        taken_code="DBInstanceAlreadyExists",
    ),
    references=(
        Reference(
            "dbSubnetGroupName",
            tokens.DATABASE_SUBNET_GROUP,
            "DBSubnetGroupNotFoundFault",
            by="name",
            message="DBSubnetGroup not found: {value}",
            holds=True,
            held_code="InvalidDBSubnetGroupStateFault",
            allow="default",
        ),
        Reference(
            "vpcSecurityGroupIds[*]",
            tokens.SECURITY_GROUP,
            VALUE,
            message="Invalid security group , groupId= {value}, groupName=.",
            holds=True,
        ),
        Reference(
            "parameterGroupName",
            tokens.DATABASE_PARAMETER_GROUP,
            "DBParameterGroupNotFound",
            by="name",
            message="DBParameterGroup not found: {value}",
            holds=True,
            held_code="InvalidDBParameterGroupState",
            allow=r"default\..*",
        ),
        Reference(
            "optionGroupName",
            tokens.DATABASE_OPTION_GROUP,
            "OptionGroupNotFoundFault",
            by="name",
            message="Specified OptionGroupName: {value} not found.",
            holds=True,
            held_code="InvalidOptionGroupStateFault",
            allow="default:.*",
        ),
    ),
    create_only=frozenset(
        {"availabilityZone", "engine", "timezone", "username", "restoreToPointInTime", "snapshotIdentifier"}
    ),
    defaults={
        "autoMinorVersionUpgrade": True,
        "copyTagsToSnapshot": False,
        "deleteAutomatedBackups": True,
        "monitoringInterval": 0,
        "performanceInsightsEnabled": False,
        "publiclyAccessible": False,
        "skipFinalSnapshot": False,
    },
    enums={
        "storageType": ("standard", "gp2", "gp3", "io1", "io2"),
        "networkType": ("IPV4", "DUAL"),
        "engineLifecycleSupport": (
            "open-source-rds-extended-support",
            "open-source-rds-extended-support-disabled",
        ),
        "replicaMode": ("open-read-only", "mounted"),
        "backupTarget": ("region", "outposts", "local"),
    },
    ranges={
        "backupRetentionPeriod": (0, 35),
        "port": (facts("rds")["ports"][0], facts("rds")["ports"][1]),
    },
    value_code=VALUE,
    cloudformation="AWS::RDS::DBInstance",
    in_place=frozenset({"dbSubnetGroupName"}),
    renamed={"identifier": "", "username": ""},
    rules=(
        _engine_set,
        engines.check_engine,
        engines.check_class,
        engines.check_parameter_group,
        engines.check_option_group,
        engines.check_logs,
        engines.check_license,
        storage.check_size,
        storage.check_performance,
        storage.check_encryption,
        *LOGIN,
        lifetime.check_windows,
        lifetime.check_monitoring,
        lifetime.check_insights,
        lifetime.check_replica,
        lifetime.check_backups_of_source,
        check_restore,
        _zone,
        _security_groups,
        _public,
        _certificate_authority,
        kms_key("kmsKeyId", "KMSKeyNotAccessibleFault", KEY_MESSAGE),
        kms_key("performanceInsightsKmsKeyId", "KMSKeyNotAccessibleFault"),
    ),
    delete_rules=(lifetime.protected, lifetime.final_snapshot),
    protections={"deletionProtection": False},
    leaves=lifetime.last_snapshot,
    outputs=_outputs,
    companions=_companions,
    secret_outputs=frozenset({"password", "passwordWo"}),
    quota=Quota(facts("rds")["quotas"]["instances"], ("region",), "InstanceQuotaExceeded"),
    failure=Problem(
        "InsufficientDBInstanceCapacity",
        "Cannot create a database instance because no Availability Zone has enough capacity for the DB instance class",
        "instanceClass",
        "Use another class.",
        SOURCE,
    ),
    source=SOURCE,
)
