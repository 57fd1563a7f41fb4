"""What every AWS component has in common: names, parents, tags, repeatability, and a schema other languages can use."""

import importlib
import inspect
from collections import Counter
from typing import Any

import pulumi
import pytest
from cassandra_samples import keyspaces as keyspaces_of_services
from cassandra_samples import ring
from components_aws_rest_samples import REST_SAMPLES
from components_aws_samples import SAMPLES as BASE_SAMPLES
from components_aws_samples import TAGS, Stack, run
from pulumi.provider.experimental.analyzer import Analyzer

from apim_infra.rehearsal.graph import Resource
from components.aws import (
    addons,
    alarms,
    backup,
    backup_plan,
    backup_vault,
    bucket_replication,
    cassandra,
    cluster,
    dashboard,
    dns,
    encryption,
    export_cloudwatch,
    export_datadog,
    export_domain,
    export_stream,
    export_subscription,
    flow_logs,
    front_end_domain,
    health_checks,
    http_api,
    image_cache,
    keyspaces,
    load_balancer,
    network,
    node_pool,
    pod_identity,
    redis,
    registry,
    relational,
    rest_api,
    rotation,
    secrets,
    security_groups,
    state_bucket,
    storage,
    truststore,
    usage_plans,
    vpc_endpoints,
    vpc_link,
    web_firewall,
)

MODULES = (
    alarms, dashboard, export_cloudwatch, export_datadog, export_domain, export_stream, export_subscription,
    addons, backup, backup_plan, backup_vault, bucket_replication, cluster, dns, encryption, flow_logs, front_end_domain,
    health_checks, http_api, image_cache, load_balancer, network, node_pool, pod_identity, redis, registry,
    relational, rest_api, rotation, secrets, security_groups, state_bucket, storage, truststore, usage_plans, vpc_endpoints, vpc_link,
    web_firewall, cassandra, keyspaces,
)  # fmt: skip

SAMPLES = {**BASE_SAMPLES, **REST_SAMPLES, "cassandra": ring, "managed_cassandra": keyspaces_of_services}

COMPONENTS: list[type[pulumi.ComponentResource]] = [
    value
    for module in MODULES
    for value in vars(module).values()
    if inspect.isclass(value) and issubclass(value, pulumi.ComponentResource) and value.__module__ == module.__name__
]


def takes_tags(resource: Resource) -> bool:
    """Whether the resource's class has tags."""
    package, module, kind = resource.type.replace("/", ":").split(":")[0], *resource.type.split(":")[1:]
    if package != "aws":
        return False
    class_ = getattr(importlib.import_module(f"pulumi_aws.{module.split('/')[0]}"), kind)
    return "tags" in inspect.signature(class_._internal_init).parameters


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_component_is_accepted_and_a_second_run_changes_nothing(sample: str) -> None:
    stack = Stack()
    first, second = stack.run(SAMPLES[sample]), stack.run(SAMPLES[sample])
    assert [resource.urn for resource in second.graph.resources] == [resource.urn for resource in first.graph.resources]
    assert {step.operation for step in second.steps} <= {"same"}


@pytest.mark.parametrize("sample", SAMPLES)
def test_children_are_named_after_their_component_and_tagged(sample: str) -> None:
    resources = run(SAMPLES[sample]).graph.resources
    by_urn = {resource.urn: resource for resource in resources}
    components = [resource for resource in resources if resource.type.startswith("apim:")]
    assert components
    for resource in resources:
        parent = by_urn.get(resource.parent)
        if parent is not None and parent.type.startswith("apim:"):
            assert resource.name.startswith(f"{parent.name}-"), resource.urn
        if resource.custom and takes_tags(resource):
            assert resource.inputs.get("tags", {}).items() >= TAGS.items(), resource.urn


@pytest.mark.parametrize("sample", SAMPLES)
def test_every_resource_has_a_name_of_its_own(sample: str) -> None:
    counts = Counter(resource.name for resource in run(SAMPLES[sample]).graph.resources)
    assert [name for name, count in counts.items() if count > 1] == []


@pytest.mark.parametrize("sample", SAMPLES)
def test_no_secret_is_recorded_in_clear(sample: str) -> None:
    text = str(run(SAMPLES[sample]).graph.to_json())
    assert "s3cret-value" not in text
    for resource in run(SAMPLES[sample]).of_type("random:index/randomPassword:RandomPassword"):
        assert resource.outputs["result"] == {"secret": True}


def test_type_tokens_are_those_of_the_design() -> None:
    tokens = {resource.type for sample in SAMPLES for resource in run(SAMPLES[sample]).graph.resources}
    assert {token for token in tokens if token.startswith("apim:")} == {f"apim:aws:{c.__name__}" for c in COMPONENTS}


def test_the_schema_of_every_component_can_be_inferred_and_is_documented() -> None:
    result = Analyzer("apim").analyze(COMPONENTS)
    missing: list[str] = []
    definitions: dict[str, Any] = {**result["component_definitions"], **result["type_definitions"]}
    for name, definition in definitions.items():
        properties = {
            **getattr(definition, "inputs", {}),
            **getattr(definition, "outputs", {}),
            **getattr(definition, "properties", {}),
        }
        missing += [f"{name}.{key}" for key, value in properties.items() if not value.description]
    assert len(result["component_definitions"]) == len(COMPONENTS)
    assert missing == []
