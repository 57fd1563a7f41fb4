"""IAM and KMS in the AWS twin: policy documents, roles, keys, and the data sources that go with them."""

import json
from typing import Any

import pytest
from aws_cases.case import Scene, Step
from aws_cases.given import KEY, POLICY, ROLE, TRUST
from hypothesis import given
from hypothesis import strategies as st

from apim_infra.rehearsal.provider import Instance, RejectedError
from apim_infra.rehearsal.twins.aws import tokens
from apim_infra.rehearsal.twins.aws.iam.documents import principals_of, read_document
from apim_infra.rehearsal.twins.aws.iam.rules import managed_policies

PROVIDER = Instance("urn:pulumi:s::p::pulumi:providers:aws::default", "id", {"region": "eu-central-1"})


def faults(document: Any, kind: str = "identity") -> tuple[str, ...]:
    return read_document(json.dumps(document), kind).faults


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "identity"),
        ({"Statement": [{"Effect": "Deny", "NotAction": ["iam:*"], "NotResource": ["arn:aws:s3:::a/*"]}]}, "identity"),
        (
            {"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "arn:aws:s3:::${aws:username}/*"}]},
            "identity",
        ),
        (
            {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {
                            "Federated": "arn:aws:iam::111122223333:oidc-provider/oidc.eks.eu-central-1.amazonaws.com/id/A"
                        },
                        "Action": "sts:AssumeRoleWithWebIdentity",
                        "Condition": {"ForAnyValue:StringLikeIfExists": {"sub": ["a", "b"]}},
                    }
                ]
            },
            "trust",
        ),
        (
            {
                "Statement": [
                    {
                        "Effect": "Allow",
                        "Principal": {"Service": "pods.eks.amazonaws.com", "AWS": ["111122223333"]},
                        "Action": ["sts:AssumeRole", "sts:TagSession"],
                    }
                ]
            },
            "trust",
        ),
        (
            {
                "Id": "key",
                "Statement": [
                    {"Sid": "with spaces", "Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"}
                ],
            },
            "resource",
        ),
    ],
)
def test_documents_of_every_form_are_read(document: Any, kind: str) -> None:
    assert faults(document, kind) == ()


@pytest.mark.parametrize(
    ("document", "kind"),
    [
        ([], "identity"),
        ({"Version": "2012-10-17"}, "identity"),
        ({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}], "Statements": []}, "identity"),
        ({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resources": "*"}]}, "identity"),
        ({"Statement": [{"Sid": "a b", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}, "identity"),
        ({"Statement": [{"Sid": "a", "Effect": "Allow", "Action": "s3:*", "Resource": "*"}] * 2}, "identity"),
        ({"Statement": [{"Effect": "Allow", "Action": "s3:*", "NotAction": "s3:*", "Resource": "*"}]}, "identity"),
        ({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Principal": "everyone"}]}, "trust"),
        ({"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": []}]}, "identity"),
        (
            {"Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Condition": {"Bool": "true"}}]},
            "identity",
        ),
    ],
)
def test_broken_documents_are_not(document: Any, kind: str) -> None:
    assert len(faults(document, kind)) >= 1


@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    found = read_document(text, "identity")
    assert found.faults
    assert principals_of(found) == []


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["Statement", "Effect", "Action", "Principal", "Condition", "x"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    ),
    st.sampled_from(["identity", "trust", "resource"]),
)
def test_no_document_breaks_the_reader(document: Any, kind: str) -> None:
    found = read_document(json.dumps(document), kind)
    assert isinstance(found.faults, tuple)
    principals_of(found)


def test_aws_managed_policies_are_known_by_arn() -> None:
    assert "arn:aws:iam::aws:policy/AmazonEKSClusterPolicy" in managed_policies()
    assert "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy" in managed_policies()
    assert len(managed_policies()) > 1000


class TestPolicyDocumentDataSource:
    def compute(self, **arguments: Any) -> dict[str, Any]:
        token = "aws:iam/getPolicyDocument:getPolicyDocument"
        answer = Scene().twin.invoke(token, arguments, PROVIDER)
        assert json.loads(answer["minifiedJson"]) == json.loads(answer["json"])
        return json.loads(answer["json"])

    def test_a_statement_becomes_json_as_the_provider_writes_it(self) -> None:
        document = self.compute(
            statements=[
                {
                    "sid": "Read",
                    "actions": ["s3:GetObject", "s3:ListBucket"],
                    "resources": ["*"],
                    "principals": [{"type": "Service", "identifiers": ["logs.amazonaws.com"]}],
                    "conditions": [
                        {"test": "StringEquals", "variable": "aws:SourceAccount", "values": ["111122223333"]}
                    ],
                }
            ]
        )
        assert document == {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Read",
                    "Effect": "Allow",
                    "Action": ["s3:ListBucket", "s3:GetObject"],
                    "Resource": "*",
                    "Principal": {"Service": "logs.amazonaws.com"},
                    "Condition": {"StringEquals": {"aws:SourceAccount": "111122223333"}},
                }
            ],
        }

    def test_overrides_take_the_place_of_a_statement_of_their_sid(self) -> None:
        override = json.dumps({"Statement": [{"Sid": "A", "Effect": "Deny", "Action": "*", "Resource": "*"}]})
        document = self.compute(
            statements=[
                {"sid": "A", "actions": ["s3:*"], "resources": ["*"]},
                {"actions": ["ec2:*"], "resources": ["*"]},
            ],
            overridePolicyDocuments=[override],
        )
        assert [statement["Effect"] for statement in document["Statement"]] == ["Deny", "Allow"]

    def test_every_principal_is_a_star(self) -> None:
        document = self.compute(statements=[{"actions": ["s3:*"], "principals": [{"type": "*", "identifiers": ["*"]}]}])
        assert document["Statement"][0]["Principal"] == "*"


class TestRoles:
    def test_a_role_looks_as_in_the_cloud(self) -> None:
        role = Scene().create(ROLE)
        assert role.id == "role"
        assert role.outputs["arn"] == "arn:aws:iam::111122223333:role/role"
        assert role.outputs["uniqueId"].startswith("AROA")
        assert "region" not in role.outputs

    def test_a_policy_is_known_by_its_arn_and_path(self) -> None:
        made = Scene().create(Step(tokens.POLICY, "policy", {**POLICY.inputs, "path": "/apim/"}))
        assert made.id == made.outputs["arn"] == "arn:aws:iam::111122223333:policy/apim/policy"

    def test_a_role_may_be_trusted_once_it_exists(self) -> None:
        scene = Scene()
        scene.create(ROLE)
        trust = TRUST.replace('"Service": "ec2.amazonaws.com"', '"AWS": "arn:aws:iam::111122223333:role/role"')
        assert scene.create(Step(tokens.ROLE, "second", {"assumeRolePolicy": trust})).id

    def test_a_role_with_attachments_goes_after_them(self) -> None:
        scene = Scene()
        for step in (
            ROLE,
            POLICY,
            Step(tokens.ROLE_POLICY_ATTACHMENT, "a", {"role": "role", "policyArn": "${policy.arn}"}),
        ):
            scene.create(step)
        for name in ("a", "policy", "role"):
            scene.delete(name)
        assert scene.twin.leftovers() == ()

    def test_a_role_is_looked_up_or_taken_to_exist(self) -> None:
        scene = Scene()
        scene.create(ROLE)
        token = "aws:iam/getRole:getRole"
        for name in ("role", "from-elsewhere"):
            answer = scene.twin.invoke(token, {"name": name}, PROVIDER)
            assert answer["arn"] == f"arn:aws:iam::111122223333:role/{name}"


class TestKeys:
    def test_a_multi_region_key_has_replicas_of_its_id(self) -> None:
        scene = Scene()
        primary = scene.create(Step(tokens.KEY, "primary", {"multiRegion": True}))
        replica = scene.create(
            Step(tokens.REPLICA_KEY, "copy", {"primaryKeyArn": "${primary.arn}", "region": "eu-west-1"})
        )
        assert primary.id.startswith("mrk-")
        assert replica.id == primary.id
        assert replica.outputs["arn"] == primary.outputs["arn"].replace("eu-central-1", "eu-west-1")

    def test_an_alias_gets_its_prefix_and_points_at_its_key(self) -> None:
        scene = Scene()
        key = scene.create(KEY)
        alias = scene.create(Step(tokens.KEY_ALIAS, "apim", {"targetKeyId": "${key.id}"}))
        assert alias.id.startswith("alias/apim-")
        assert alias.outputs["targetKeyArn"] == key.outputs["arn"]
        token = "aws:kms/getAlias:getAlias"
        assert scene.twin.invoke(token, {"name": alias.id}, PROVIDER)["targetKeyId"] == key.id
        assert scene.twin.invoke(token, {"name": "alias/aws/ebs"}, PROVIDER)["targetKeyArn"].startswith(
            "arn:aws:kms:eu-central-1"
        )

    def test_a_key_keeps_its_id_when_updated(self) -> None:
        scene = Scene()
        key = scene.create(KEY)
        changed = scene.update(Step(tokens.KEY, "key", {"description": "of the tests", "enableKeyRotation": True}))
        assert changed.id == key.id
        assert changed.outputs["keyId"] == key.outputs["keyId"]

    def test_a_key_in_use_can_be_scheduled_for_deletion(self) -> None:
        scene = Scene()
        for step in (
            KEY,
            Step(
                tokens.VOLUME,
                "v",
                {"availabilityZone": "eu-central-1a", "size": 10, "encrypted": True, "kmsKeyId": "${key.arn}"},
            ),
        ):
            scene.create(step)
        scene.delete("key")


class TestDataSources:
    @pytest.mark.parametrize(
        ("token", "arguments", "output", "value"),
        [
            ("aws:index/getRegion:getRegion", {}, "name", "eu-central-1"),
            ("aws:index/getCallerIdentity:getCallerIdentity", {}, "accountId", "111122223333"),
            ("aws:index/getPartition:getPartition", {}, "dnsSuffix", "amazonaws.com"),
            (
                "aws:index/getAvailabilityZones:getAvailabilityZones",
                {},
                "names",
                ["eu-central-1a", "eu-central-1b", "eu-central-1c"],
            ),
            (
                "aws:index/getAvailabilityZones:getAvailabilityZones",
                {"excludeZoneIds": ["euc1-az1"]},
                "zoneIds",
                ["euc1-az2", "euc1-az3"],
            ),
            (
                "aws:index/getAvailabilityZones:getAvailabilityZones",
                {"region": "eu-west-1"},
                "groupNames",
                ["eu-west-1"],
            ),
            (
                "aws:index/getServicePrincipal:getServicePrincipal",
                {"serviceName": "logs"},
                "name",
                "logs.amazonaws.com",
            ),
            ("aws:ec2/getVpc:getVpc", {"id": "vpc-0123456789abcdef0"}, "id", "vpc-0123456789abcdef0"),
        ],
    )
    def test_they_answer(self, token: str, arguments: dict[str, Any], output: str, value: Any) -> None:
        assert Scene().twin.invoke(token, arguments, PROVIDER)[output] == value

    @pytest.mark.parametrize(
        ("token", "arguments", "code"),
        [
            ("aws:index/getWeather:getWeather", {}, "UnknownDataSource"),
            ("aws:index/getRegion:getRegion", {"name": "eu-center-1"}, "CheckFailure"),
            ("aws:ec2/getVpc:getVpc", {"tags": {"Name": "none"}}, "InvalidVpcID.NotFound"),
            ("aws:kms/getAlias:getAlias", {"name": "alias/none"}, "NotFoundException"),
            ("aws:ssm/getParameter:getParameter", {"name": "/none"}, "ParameterNotFound"),
            (
                "aws:rds/getEngineVersion:getEngineVersion",
                {"engine": "postgres", "version": "99"},
                "InvalidParameterCombination",
            ),
        ],
    )
    def test_they_refuse(self, token: str, arguments: dict[str, Any], code: str) -> None:
        with pytest.raises(RejectedError) as refused:
            Scene().twin.invoke(token, arguments, PROVIDER)
        assert [problem.code for problem in refused.value.problems] == [code]

    def test_images_are_made_up_and_the_same_each_time(self) -> None:
        twin = Scene().twin
        name = "/aws/service/eks/optimized-ami/1.35/amazon-linux-2023/x86_64/standard/recommended/image_id"
        first, second = (
            twin.invoke("aws:ssm/getParameter:getParameter", {"name": name}, PROVIDER)["value"] for _ in range(2)
        )
        assert first == second
        assert first.startswith("ami-")
        image = twin.invoke("aws:ec2/getAmi:getAmi", {"filters": [{"name": "name", "values": ["al2023-*"]}]}, PROVIDER)
        assert image["id"].startswith("ami-")

    def test_subnets_are_found_by_filter_and_tag(self) -> None:
        scene = Scene()
        scene.create(Step(tokens.VPC, "vpc", {"cidrBlock": "10.0.0.0/16"}))
        made = scene.create(
            Step(tokens.SUBNET, "a", {"vpcId": "${vpc.id}", "cidrBlock": "10.0.0.0/24", "tags": {"tier": "data"}})
        )
        filters = [{"name": "vpc-id", "values": [scene.made["vpc"][1].id]}, {"name": "tag:tier", "values": ["data"]}]
        assert scene.twin.invoke("aws:ec2/getSubnets:getSubnets", {"filters": filters}, PROVIDER)["ids"] == [made.id]

    def test_what_was_brought_along_can_be_built_upon(self) -> None:
        scene = Scene()
        vpc = scene.twin.invoke("aws:ec2/getVpc:getVpc", {"id": "vpc-0123456789abcdef0"}, PROVIDER)["id"]
        scene.create(Step(tokens.SECURITY_GROUP, "group", {"vpcId": vpc, "name": "group"}))
        scene.delete("group")
        assert scene.twin.leftovers() == ()
