"""The twins as the engine reaches them: over the provider protocol."""

from collections.abc import Iterator

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from apim_infra.rehearsal import wire
from apim_infra.rehearsal.provider_server import served
from apim_infra.rehearsal.twins.aws.twin import AwsTwin
from apim_infra.rehearsal.values import Secret, plain

VPC = "urn:pulumi:test::test::aws:ec2/vpc:Vpc::main"
SUBNET = "urn:pulumi:test::test::aws:ec2/subnet:Subnet::first"
DATABASE = "urn:pulumi:test::test::aws:rds/instance:Instance::db"


@pytest.fixture
def provider() -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    with served({"aws": (AwsTwin(), "7.51.1")}) as address:
        name, _, port = address.partition(":")
        assert name == "aws"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            stub = provider_pb2_grpc.ResourceProviderStub(channel)
            stub.Configure(provider_pb2.ConfigureRequest(args=wire.to_struct({"region": "eu-west-1"})))
            yield stub


def made(provider: provider_pb2_grpc.ResourceProviderStub, urn: str, **inputs: object) -> provider_pb2.CreateResponse:
    checked = provider.Check(provider_pb2.CheckRequest(urn=urn, news=wire.to_struct(inputs)))
    assert not checked.failures
    return provider.Create(provider_pb2.CreateRequest(urn=urn, properties=checked.inputs))


def test_a_resource_is_created_compared_and_deleted(provider: provider_pb2_grpc.ResourceProviderStub) -> None:
    vpc = made(provider, VPC, cidrBlock="10.0.0.0/16")
    outputs = plain(wire.from_struct(vpc.properties))
    assert vpc.id.startswith("vpc-")
    assert outputs["arn"].endswith(vpc.id)
    inputs = wire.to_struct({"cidrBlock": "10.0.0.0/16"})
    same = provider.Diff(
        provider_pb2.DiffRequest(urn=VPC, id=vpc.id, olds=vpc.properties, old_inputs=inputs, news=inputs)
    )
    assert same.changes == provider_pb2.DiffResponse.DIFF_NONE
    moved = wire.to_struct({"cidrBlock": "10.1.0.0/16"})
    other = provider.Diff(
        provider_pb2.DiffRequest(urn=VPC, id=vpc.id, olds=vpc.properties, old_inputs=inputs, news=moved)
    )
    assert list(other.replaces) == ["cidrBlock"]
    provider.Delete(provider_pb2.DeleteRequest(urn=VPC, id=vpc.id, properties=vpc.properties))
    with pytest.raises(grpc.RpcError):
        provider.Delete(provider_pb2.DeleteRequest(urn=VPC, id=vpc.id, properties=vpc.properties))


def test_what_the_provider_refuses_is_a_failure_of_check(provider: provider_pb2_grpc.ResourceProviderStub) -> None:
    checked = provider.Check(provider_pb2.CheckRequest(urn=VPC, news=wire.to_struct({"cidr": "10.0.0.0/16"})))
    assert [failure.property for failure in checked.failures] == ["cidr"]


def test_what_the_cloud_refuses_is_an_error_with_its_code(provider: provider_pb2_grpc.ResourceProviderStub) -> None:
    vpc = made(provider, VPC, cidrBlock="10.0.0.0/16")
    with pytest.raises(grpc.RpcError, match=r"InvalidSubnet\.Range"):
        made(provider, SUBNET, vpcId=vpc.id, cidrBlock="192.168.0.0/24")


def test_a_preview_makes_nothing(provider: provider_pb2_grpc.ResourceProviderStub) -> None:
    wanted = wire.to_struct({"cidrBlock": "10.0.0.0/16"})
    foreseen = provider.Create(provider_pb2.CreateRequest(urn=VPC, properties=wanted, preview=True))
    assert not foreseen.id
    with pytest.raises(grpc.RpcError, match=r"InvalidVpcID\.NotFound"):
        made(provider, SUBNET, vpcId="vpc-0123456789abcdef0", cidrBlock="10.0.0.0/24")


def test_what_the_provider_marks_secret_stays_secret(provider: provider_pb2_grpc.ResourceProviderStub) -> None:
    database = made(
        provider,
        DATABASE,
        engine="postgres",
        engineVersion="17",
        instanceClass="db.t4g.medium",
        allocatedStorage=20,
        username="owner",
        password="Correct-Horse-9",
        skipFinalSnapshot=True,
    )
    assert isinstance(wire.from_struct(database.properties)["password"], Secret)


def test_a_data_source_is_answered(provider: provider_pb2_grpc.ResourceProviderStub) -> None:
    answer = provider.Invoke(provider_pb2.InvokeRequest(tok="aws:index/getRegion:getRegion", args=wire.to_struct({})))
    assert wire.from_struct(getattr(answer, "return"))["id"] == "eu-west-1"
