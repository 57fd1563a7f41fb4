"""Subnet, parameter and option groups of RDS."""

from collections.abc import Iterator, Mapping
from typing import Any

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.catalogue import facts
from apim_infra.rehearsal.twins.aws.context import Context
from apim_infra.rehearsal.twins.aws.rds.engines import COMBINATION, VALUE, families
from apim_infra.rehearsal.twins.aws.service_rules import located, repeated, subnets, vpcs, zones
from apim_infra.rehearsal.twins.aws.table import Name, Quota, Reference, ResourceType

SOURCE = "RDS API model, botocore 1.44.5"
MANAGED = "Managed by Pulumi"


def _covers_zones(context: Context) -> Iterator[Problem]:
    things = subnets(context, context.get("subnetIds[*]"))
    if len(things) == len(context.get("subnetIds[*]")) and len(set(zones(things))) < 2:
        message = (
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
            f"{', '.join(sorted(set(zones(things))))}. Add subnets to cover at least 2 AZs."
        )
        yield context.problem(
            "DBSubnetGroupDoesNotCoverEnoughAZs", message, "subnetIds", "Add a subnet of another zone."
        )
    if len(vpcs(things)) > 1:
        message = f"The specified subnets are in different VPCs: {', '.join(vpcs(things))}"
        yield context.problem("InvalidSubnet", message, "subnetIds", "Give subnets of one VPC.")
    if len(context.get("subnetIds[*]")) > facts("rds")["quotas"]["subnets_of_one_group"]:
        message = "The request would exceed the number of subnets in a DB subnet group"
        yield context.problem("DBSubnetQuotaExceededFault", message, "subnetIds", source="own knowledge")


def _reserved(context: Context) -> Iterator[Problem]:
    if context.name == "default":
        yield context.problem(VALUE, "The name 'default' is reserved", "name", "Choose another name.")


def _subnet_group_outputs(context: Context) -> Mapping[str, Any]:
    found = vpcs(subnets(context, context.get("subnetIds[*]")))
    return {
        "vpcId": found[0] if found else "",
        "supportedNetworkTypes": ["IPV4"],
        "description": context.value("description", MANAGED),
    }


SUBNET_GROUP = ResourceType(
    token=tokens.DATABASE_SUBNET_GROUP,
    kind="DB subnet group",
    identifier="{name}",
    arn="arn:aws:rds:{region}:{account}:subgrp:{name}",
    name=Name(
        "name",
        pattern=r"[a-z0-9 ._-]+",
        longest=255,
        code=VALUE,
        taken_code="DBSubnetGroupAlreadyExists",
    ),
    references=(
        Reference(
            "subnetIds[*]",
            tokens.SUBNET,
            "InvalidSubnet",
            message="Subnet ID(s) [{value}] do not exist",
            holds=True,
        ),
    ),
    create_only=frozenset({"name"}),
    required=("subnetIds",),
    defaults={"description": MANAGED},
    value_code=VALUE,
    missing_code=VALUE,
    cloudformation="AWS::RDS::DBSubnetGroup",
    renamed={"description": ""},
    rules=(_covers_zones, _reserved),
    outputs=_subnet_group_outputs,
    quota=Quota(facts("rds")["quotas"]["subnet_groups"], ("region",), "DBSubnetGroupQuotaExceeded"),
    source=SOURCE,
)


def _family(context: Context) -> Iterator[Problem]:
    family = str(context.value("family", ""))
    engine = family.rstrip("0123456789.")
    if engine in facts("rds")["engines"] and family not in families():
        known = [name for name in families() if name.startswith(engine)]
        message = f"ParameterGroupFamily {family} is not a valid parameter group family"
        yield context.problem(VALUE, message, "family", f"Use {', '.join(known)}.")
    elif not engine or engine == family:
        message = f"ParameterGroupFamily {family} is not a valid parameter group family"
        yield context.problem(VALUE, message, "family", "A family is an engine and its major version: postgres17.")


def _parameters(context: Context) -> Iterator[Problem]:
    engine = str(context.value("family", "")).rstrip("0123456789.")
    static = facts("rds")["engines"].get(engine, {}).get("static_parameters", ())
    given = located(context, "parameters[*]")
    for name in repeated([parameter.get("name") for _, parameter in given]):
        message = f"The parameter {name} is given more than once"
        yield context.problem(COMBINATION, message, "parameters", "Give each parameter once.")
    for place, parameter in given:
        if parameter.get("name") in static and parameter.get("applyMethod", "immediate") == "immediate":
            message = f"cannot use immediate apply method for static parameter {parameter.get('name')}"
            hint = "Set applyMethod to pending-reboot."
            yield context.problem(COMBINATION, message, f"{place}.applyMethod", hint, facts("rds")["source"])


PARAMETER_GROUP = ResourceType(
    token=tokens.DATABASE_PARAMETER_GROUP,
    kind="DB parameter group",
    identifier="{name}",
    arn="arn:aws:rds:{region}:{account}:pg:{name}",
    name=Name(
        "name",
        pattern=r"[a-z](-?[a-z0-9.])*",
        longest=255,
        code=VALUE,
        taken_code="DBParameterGroupAlreadyExists",
    ),
    create_only=frozenset({"name", "family", "description"}),
    defaults={"description": MANAGED},
    enums={"parameters[*].applyMethod": ("immediate", "pending-reboot")},
    value_code=VALUE,
    cloudformation="AWS::RDS::DBParameterGroup",
    renamed={"parameters": ""},
    rules=(_family, _parameters, _reserved),
    quota=Quota(facts("rds")["quotas"]["parameter_groups"], ("region",), "DBParameterGroupQuotaExceeded"),
    source=SOURCE,
)


def _option_engine(context: Context) -> Iterator[Problem]:
    engine, major = str(context.value("engineName", "")), str(context.value("majorEngineVersion", ""))
    known = facts("rds")["engines"].get(engine)
    if known and major not in known["majors"]:
        message = f"Invalid major engine version {major} for {engine}"
        yield context.problem(COMBINATION, message, "majorEngineVersion", f"Use {', '.join(known['majors'])}.")


OPTION_GROUP = ResourceType(
    token=tokens.DATABASE_OPTION_GROUP,
    kind="option group",
    identifier="{name}",
    arn="arn:aws:rds:{region}:{account}:og:{name}",
    name=Name(
        "name",
        pattern=r"[a-zA-Z](-?[a-zA-Z0-9])*",
        longest=255,
        code=VALUE,
        taken_code="OptionGroupAlreadyExistsFault",
    ),
    create_only=frozenset({"name", "engineName", "majorEngineVersion", "optionGroupDescription"}),
    defaults={"optionGroupDescription": MANAGED},
    enums={
        "engineName": (
            "mariadb",
            "mysql",
            "postgres",
            "oracle-ee",
            "oracle-ee-cdb",
            "oracle-se2",
            "oracle-se2-cdb",
            "sqlserver-ee",
            "sqlserver-se",
            "sqlserver-ex",
            "sqlserver-web",
            "db2-ae",
            "db2-se",
        )
    },
    value_code=VALUE,
    cloudformation="AWS::RDS::OptionGroup",
    renamed={"options": ""},
    rules=(_option_engine,),
    quota=Quota(facts("rds")["quotas"]["option_groups"], ("region",), "OptionGroupQuotaExceededFault"),
    source=SOURCE,
)
