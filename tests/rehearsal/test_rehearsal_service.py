"""Methods of the monitor and the engine that few programs use, called as the SDK calls them."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, resource_pb2
from rehearsal_fakes import THING, FakeCloud

from apim_infra.rehearsal import wire
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.engine import Engine
from apim_infra.rehearsal.intake import MonitorError
from apim_infra.rehearsal.monitor import FEATURES, Monitor


@pytest.fixture
def monitor(tmp_path: Path) -> Monitor:
    deployment = Deployment("dev", "shop", {"fake": FakeCloud()})
    config = {"shop:key": "value"}
    return Monitor(deployment, tmp_path, parallel=3, config=config, secret_keys=frozenset({"shop:key"}))


class Context:
    def abort(self, code: grpc.StatusCode, details: str) -> Any:
        raise RuntimeError(f"{code.name}: {details}")


def test_a_program_is_told_where_it_runs(monitor: Monitor) -> None:
    info = monitor.GetDeploymentInfo(empty_pb2.Empty())
    assert (info.project, info.stack, info.organization, info.parallel, info.dryRun) == (
        "shop",
        "dev",
        "organization",
        3,
        False,
    )
    assert dict(info.config) == {"shop:key": "value"}
    assert list(info.configSecretKeys) == ["shop:key"]
    assert tuple(info.supportedFeatures) == FEATURES


@pytest.mark.parametrize(("feature", "expected"), [("secrets", True), ("transforms", True), ("telepathy", False)])
def test_older_sdks_ask_for_features_one_by_one(monitor: Monitor, feature: str, expected: bool) -> None:
    request = resource_pb2.SupportsFeatureRequest(id=feature)
    assert monitor.SupportsFeature(request).hasSupport is expected


def test_a_package_has_one_reference(monitor: Monitor) -> None:
    def reference(version: str) -> str:
        return monitor.RegisterPackage(resource_pb2.RegisterPackageRequest(name="p", version=version)).ref

    assert reference("1") == reference("1") != reference("2")


@pytest.mark.parametrize(("identifier", "expected"), [("known-1", True), ("gone", False)])
def test_a_program_may_ask_whether_something_exists(monitor: Monitor, identifier: str, expected: bool) -> None:
    request = resource_pb2.ExistsResourceRequest(type=THING, id=identifier, version="1.2.3")
    assert monitor.ExistsResource(request).exists is expected


def test_what_cannot_be_answered_is_refused(monitor: Monitor) -> None:
    with pytest.raises(MonitorError, match="the method fake:index:Thing/start runs inside a provider plugin"):
        monitor.Call(resource_pb2.ResourceCallRequest(tok="fake:index:Thing/start"))
    with pytest.raises(RuntimeError, match="UNKNOWN: no twin of the package 'other', which other:index:get needs"):
        monitor.Invoke(resource_pb2.ResourceInvokeRequest(tok="other:index:get"), Context())
    with pytest.raises(MonitorError, match="is not registered"):
        monitor.RegisterResourceOutputs(resource_pb2.RegisterResourceOutputsRequest(urn="urn:pulumi:a::b::c::d"))
    unknown = resource_pb2.ResourceInvokeRequest(tok="pulumi:pulumi:getResource", args=wire.to_struct({"urn": "u"}))
    with pytest.raises(MonitorError, match="unknown resource u"):
        monitor.Invoke(unknown)
    lost = resource_pb2.ResourceInvokeRequest(tok="fake:index:getZones", provider="urn:pulumi:a::b::c::d::id")
    with pytest.raises(MonitorError, match="needs a provider that is not there"):
        monitor.Invoke(lost)


def test_a_data_source_that_waits_for_what_failed_is_unknown(monitor: Monitor) -> None:
    failed = monitor.RegisterResource(
        resource_pb2.RegisterResourceRequest(
            type=THING, name="bad", custom=True, version="1.2.3", object=wire.to_struct({"refuse": True})
        )
    )
    assert failed.result == resource_pb2.Result.FAIL
    request = resource_pb2.ResourceInvokeRequest(tok="fake:index:getZones", dependsOn=[failed.urn], version="1.2.3")
    assert monitor.Invoke(request).unknown


def test_a_resource_passed_as_a_value_can_be_looked_up(monitor: Monitor) -> None:
    made = monitor.RegisterResource(
        resource_pb2.RegisterResourceRequest(type=THING, name="a", custom=True, version="1.2.3")
    )
    answer = monitor.Invoke(
        resource_pb2.ResourceInvokeRequest(tok="pulumi:pulumi:getResource", args=wire.to_struct({"urn": made.urn}))
    )
    found = wire.from_struct(getattr(answer, "return"))
    assert (found["urn"], found["id"], found["state"]["arn"]) == (made.urn, "a-0", "arn:a-0")


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"type": "apim:x:C", "parent": "nonsense"}, "invalid parent URN"),
        ({"type": "apim:x:C", "envVarMappings": {"A": "B"}}, "envVarMappings can only be used with provider resources"),
        ({"type": "apim:x:C", "state_migrations": [{"token": "t"}]}, "state migrations are not supported"),
    ],
)
def test_requests_that_the_engine_refuses(monitor: Monitor, request_: dict[str, Any], message: str) -> None:
    with pytest.raises(MonitorError, match=message):
        monitor.RegisterResource(resource_pb2.RegisterResourceRequest(name="a", **request_))


def test_the_engine_keeps_messages_but_not_debug() -> None:
    engine = Engine()
    for severity in ("DEBUG", "INFO", "WARNING", "ERROR"):
        engine.Log(engine_pb2.LogRequest(severity=severity, message=severity.lower()))
    assert [(m.severity, m.text) for m in engine.messages] == [(s, s) for s in ("info", "warning", "error")]
    engine.SetRootResource(engine_pb2.SetRootResourceRequest(urn="u"))
    assert engine.GetRootResource(engine_pb2.GetRootResourceRequest()).urn == "u"
    assert engine.RequirePulumiVersion(engine_pb2.RequirePulumiVersionRequest(pulumi_version_range=">=99"))
    assert engine.StartDebugging(engine_pb2.StartDebuggingRequest()) == empty_pb2.Empty()
