"""The pack as the Pulumi CLI starts it: a subprocess that serves the analyzer protocol."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policies.pack import NAME, POLICIES

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def analyzer() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    # The pack only calls its engine to log; nothing listens there.
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", str(ROOT / "policies")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        port = process.stdout.readline().strip()
        assert port.isdigit(), process.communicate()[1]
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
    finally:
        process.terminate()
        process.communicate(timeout=10)


def test_the_cli_sees_the_very_list(analyzer: analyzer_pb2_grpc.AnalyzerStub) -> None:
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.name == NAME
    assert [policy.name for policy in info.policies] == [policy.name for policy in POLICIES]


def test_a_violation_comes_back_as_mandatory(analyzer: analyzer_pb2_grpc.AnalyzerStub) -> None:
    properties = json_format.ParseDict({"publiclyAccessible": True, "storageEncrypted": True}, struct_pb2.Struct())
    answer = analyzer.Analyze(
        analyzer_pb2.AnalyzeRequest(
            type="aws:rds/instance:Instance",
            name="db",
            urn="urn:pulumi:prd::apim::aws:rds/instance:Instance::db",
            properties=properties,
        )
    )
    found = {item.policyName: item for item in answer.diagnostics}
    assert found["store-private"].enforcementLevel == analyzer_pb2.MANDATORY
    assert "publiclyAccessible" in found["store-private"].message
    assert "store-encrypted" not in found
