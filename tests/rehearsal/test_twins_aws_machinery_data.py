"""What the AWS twin reads as data: the SDK's types, CloudFormation's schemas, regions, durations; and that the rows fit them."""

import re
from statistics import quantiles as sample_quantiles

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sdk_classes import imported_outputs, imported_provider, imported_shape, same_shape

from apim_infra.rehearsal.provider import UNKNOWN
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.cloudformation import facts_of
from apim_infra.rehearsal.twins.aws.regions import nearest_region, partition_of, region_names, zones_of
from apim_infra.rehearsal.twins.aws.rows import all_answers, all_rows
from apim_infra.rehearsal.twins.aws.table import ResourceType
from apim_infra.rehearsal.twins.cloud.durations import quantiles, seconds_of
from apim_infra.rehearsal.twins.cloud.paths import path_parts
from apim_infra.rehearsal.twins.cloud.schema import UnknownTypeError, outputs_of, provider_shape, sdk_has, shape_of
from apim_infra.rehearsal.twins.cloud.schema_check import check_shape
from apim_infra.rehearsal.twins.cloud.shapes import Shape

ROWS = all_rows()
PACKAGE = "apim_infra.rehearsal.twins.aws"


def test_names_required_inputs_and_types_come_from_the_sdk() -> None:
    subnet = shape_of(tokens.SUBNET).properties()
    assert subnet.required == ("vpcId",)
    assert subnet.shapes["mapPublicIpOnLaunch"].kind == "boolean"
    assert subnet.shapes["ipv4NetmaskLength"].kind == "integer"
    tags = subnet.shapes["tags"]
    assert (tags.kind, tags.element and tags.element.kind) == ("map", "string")


def test_nested_types_are_read_at_every_depth() -> None:
    mappings = shape_of(tokens.LAUNCH_TEMPLATE).properties().shapes["blockDeviceMappings"]
    assert mappings.kind == "list"
    assert mappings.element
    ebs = mappings.element.properties().shapes["ebs"]
    assert ebs.properties().shapes["volumeSize"].kind == "integer"


def test_an_open_enumeration_takes_any_text() -> None:
    kind = shape_of(tokens.INSTANCE).properties().shapes["instanceType"]
    assert (kind.kind, kind.allowed) == ("string", frozenset())


def test_a_class_whose_arguments_have_another_name_is_found() -> None:
    entry = shape_of("aws:ec2/managedPrefixListEntry:ManagedPrefixListEntry")
    assert entry.properties().required == ("cidr", "prefixListId")


def test_the_text_of_the_sdk_says_the_same_as_its_classes() -> None:
    for token in ROWS:
        same_shape(shape_of(token), imported_shape(token))
        assert outputs_of(token) == imported_outputs(token)
    same_shape(provider_shape("aws"), imported_provider("aws"))


def test_a_type_that_the_sdk_lacks_is_an_error() -> None:
    assert not sdk_has("aws:ec2/vpc:Network")
    with pytest.raises(UnknownTypeError):
        shape_of("aws:ec2/vpc:Network")


@pytest.mark.parametrize(
    ("kind", "given_value", "converted"),
    [
        ("integer", "5", 5),
        ("integer", 5.0, 5),
        ("number", "0.5", 0.5),
        ("boolean", "true", True),
        ("string", 5.0, "5"),
        ("string", True, "true"),
    ],
)
def test_scalars_are_converted_as_the_bridge_does(kind: str, given_value: object, converted: object) -> None:
    name = {"integer": "ipv4NetmaskLength", "boolean": "ipv6Native", "string": "cidrBlock", "number": "amount"}[kind]
    if kind == "number":
        shape = shape_of("aws:cloudwatch/metricAlarm:MetricAlarm")
        name = "threshold"
    else:
        shape = shape_of(tokens.SUBNET)
    inputs, problems = check_shape(shape, {"vpcId": "v", name: given_value})
    assert inputs[name] == converted
    assert type(inputs[name]) is type(converted)
    assert [problem for problem in problems if problem.path == name] == []


@settings(deadline=None)  # the first look at a type imports its service
@given(st.sampled_from(sorted(ROWS)))
def test_values_that_are_not_known_yet_are_never_refused(token: str) -> None:
    properties = shape_of(token).properties()
    inputs, problems = check_shape(shape_of(token), dict.fromkeys(properties.shapes, UNKNOWN))
    assert problems == []
    assert set(inputs) == set(properties.shapes)


@given(st.text(min_size=1, max_size=12).filter(lambda name: name not in ("__defaults", "__internal")))
def test_unknown_inputs_are_refused_at_any_depth(name: str) -> None:
    shape = shape_of(tokens.LAUNCH_TEMPLATE)
    known = shape.properties().shapes["metadataOptions"].properties().shapes
    _, problems = check_shape(shape, {"metadataOptions": {name: "x"}})
    assert [problem.path for problem in problems] == (
        [] if name in known and known[name].kind == "string" else [f"metadataOptions.{name}"]
    )


def test_secrets_are_not_shown() -> None:
    _, problems = check_shape(shape_of(tokens.DATABASE), {"instanceClass": "db.t4g.medium", "password": ["hunter2"]})
    assert problems
    assert all("hunter2" not in problem.message + problem.hint for problem in problems)


def test_the_nearest_name_is_offered() -> None:
    _, problems = check_shape(shape_of(tokens.VPC), {"enable_dns_support": True, "cidrBlok": "10.0.0.0/16"})
    hints = {problem.path: problem.hint for problem in problems}
    assert "enableDnsSupport" in hints["enable_dns_support"]
    assert "cidrBlock" in hints["cidrBlok"]


class TestCloudFormation:
    def row(self, **columns: object) -> ResourceType:
        return ResourceType(
            **{
                "token": tokens.NODE_GROUP,
                "kind": "node group",
                "identifier": "x",
                "cloudformation": "AWS::EKS::Nodegroup",
                **columns,
            }  # type: ignore[arg-type] - columns of a row
        )

    def test_enumerations_and_ranges_are_found_by_path(self) -> None:
        constraint = facts_of(ROWS[tokens.NODE_GROUP]).constraint
        taints = constraint.properties["taints"].element
        assert taints
        assert "NO_SCHEDULE" in taints.properties["effect"].allowed
        assert constraint.properties["scalingConfig"].properties["minSize"].sizes == {"minimum": 0}

    def test_create_only_inputs_are_found(self) -> None:
        assert {"vpcId", "cidrBlock", "availabilityZone"} <= facts_of(ROWS[tokens.SUBNET]).create_only

    def test_a_type_without_schema_has_no_facts(self) -> None:
        facts = facts_of(ResourceType("aws:ec2/route:Route", "route", "x"))
        assert facts.constraint.empty
        assert not facts.create_only


class TestRegions:
    def test_zones_have_ids(self) -> None:
        assert zones_of("eu-central-1") == {f"eu-central-1{zone}": f"euc1-az{i}" for i, zone in enumerate("abc", 1)}
        assert zones_of("nowhere-1") == {}

    def test_every_region_has_zones_of_its_own_with_different_ids(self) -> None:
        for region in region_names():
            zones = zones_of(region)
            assert len(zones) >= 2
            assert len(set(zones.values())) == len(zones)
            assert all(zone.startswith(region) for zone in zones)

    def test_partitions_and_near_names(self) -> None:
        assert partition_of("cn-north-1") == "aws-cn"
        assert partition_of("eu-west-1") == "aws"
        assert nearest_region("eu-centrl-1") == "eu-central-1"


class TestDurations:
    def test_a_draw_depends_on_the_seed_alone(self) -> None:
        assert seconds_of(PACKAGE, tokens.CLUSTER, {}, "a") == seconds_of(PACKAGE, tokens.CLUSTER, {}, "a")
        assert seconds_of(PACKAGE, tokens.CLUSTER, {}, "a") != seconds_of(PACKAGE, tokens.CLUSTER, {}, "b")

    def test_draws_have_the_quantiles_of_the_table(self) -> None:
        median, high = quantiles(PACKAGE, tokens.CLUSTER, {})
        drawn = sample_quantiles([seconds_of(PACKAGE, tokens.CLUSTER, {}, str(i)) for i in range(4000)], n=10)
        assert drawn[4] == pytest.approx(median, rel=0.02)
        assert drawn[8] == pytest.approx(high, rel=0.02)

    def test_a_variant_takes_its_own_time(self) -> None:
        assert quantiles(PACKAGE, tokens.DATABASE, {"multiAz": True}) > quantiles(PACKAGE, tokens.DATABASE, {})

    def test_a_type_that_is_not_listed_takes_no_time(self) -> None:
        assert seconds_of(PACKAGE, tokens.ROLE, {}, "a") == 0.0

    def test_every_listed_type_is_one_of_the_sdk(self) -> None:
        from apim_infra.rehearsal.twins.cloud.values import data_file

        table = data_file(PACKAGE, "durations.yaml")
        for entry in [*table["types"].items(), *((variant["type"], variant) for variant in table["variants"])]:
            assert sdk_has(entry[0])
            assert 0 < entry[1]["p50"] < entry[1]["p90"]
            assert entry[1]["source"]


def has_path(token: str, path: str) -> bool:
    """Tell whether the SDK's type has an input of that path."""
    shape: Shape | None = shape_of(token)
    for part in path_parts(path):
        if shape is None or shape.kind == "any":
            return shape is not None
        if part == "[*]":
            shape = shape.element if shape.kind == "list" else None
        elif shape.kind == "map":
            shape = shape.element
        else:
            # Paths of changes carry no indexes.
            inner = shape.element if shape.kind == "list" else shape
            shape = inner.properties().shapes.get(part) if inner else None
    return shape is not None


@pytest.mark.parametrize("row", ROWS.values(), ids=lambda row: row.token)
class TestRows:
    def test_every_path_is_one_of_the_sdk(self, row: ResourceType) -> None:
        paths = [reference.path for reference in row.references]
        paths += [path for group in (*row.exactly_one, *row.conflicts) for path in group]
        paths += [*row.create_only, *row.in_place, *row.required, *row.enums, *row.patterns, *row.ranges, *row.renamed]
        paths += [*row.defaults, *row.protections, *((row.name.property,) if row.name else ())]
        assert [path for path in paths if not has_path(row.token, path)] == []

    def test_what_it_names_exists(self, row: ResourceType) -> None:
        assert sdk_has(row.token)
        assert row.source
        facts_of(row)
        for reference in row.references:
            for target in (reference.to,) if isinstance(reference.to, str) else reference.to:
                assert sdk_has(target)
        for pattern in (
            *row.patterns.values(),
            row.name.pattern if row.name else "",
            *(r.allow for r in row.references),
        ):
            re.compile(pattern)


def test_every_data_source_has_a_token_of_the_sdk_form() -> None:
    assert all(re.fullmatch(r"aws:\w+/get\w+:get\w+", token) for token in all_answers())
