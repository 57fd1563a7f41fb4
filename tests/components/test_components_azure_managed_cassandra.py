"""Cassandra that Azure runs: what an instance is made of, what changes it, and what is refused."""

import json
from functools import cache
from typing import Any

import pulumi
import pulumi_azure_native as azure
import pytest
from azure_stack import LOCATION, Stack, changes, run
from components_azure_cassandra_samples import managed

from apim_infra.rehearsal.testing import Recording

CLUSTER = "azure-native:cosmosdb:CassandraCluster"


@cache
def sample() -> Recording:
    return run(managed)


def test_an_instance_has_a_data_centre_in_a_subnet_of_its_own():
    made = sample()
    subnet, cluster = made.named("cassandra"), made.named("instance-cluster")
    given = cluster.inputs["properties"]
    assert given["cassandraVersion"] == "4.1"
    assert given["delegatedManagementSubnetId"] == subnet.id
    center = made.named("instance-datacenter").inputs
    assert center["clusterName"] == cluster.outputs["name"]
    assert center["properties"] == {
        "dataCenterLocation": LOCATION,
        "delegatedSubnetId": subnet.id,
        "nodeCount": 3,
        "sku": "Standard_E8s_v5",
        "diskSku": "P30",
        "diskCapacity": 2,
        "availabilityZone": True,
    }


def test_clients_show_a_certificate_besides_the_password():
    made = sample()
    (trusted,) = made.named("instance-cluster").inputs["properties"]["clientCertificates"]
    assert trusted["pem"] == made.named("instance-authority").outputs["certPem"]
    assert "PRIVATE KEY" not in json.dumps(made.graph.to_json())
    assert made.named("instance-cluster").inputs["properties"]["authenticationMethod"] == "Cassandra"


def test_the_service_has_a_right_to_the_network_before_the_instance_is_made():
    made = sample()
    right = made.named("instance-network-right")
    assert right.inputs["scope"] == made.named("vnet").id
    assert right.urn in made.named("instance-cluster").dependencies


def test_the_endpoint_is_that_of_the_seeds():
    def program() -> None:
        pulumi.export("endpoint", managed().endpoint)

    endpoint = run(program).exports["endpoint"]
    assert endpoint["host"] == "10.0.2.4,10.0.2.5,10.0.2.6"
    assert (endpoint["port"], endpoint["username"]) == (9042, "cassandra")
    assert endpoint["password"] == {"secret": True}


def test_more_nodes_and_another_version_replace_nothing():
    stack = Stack()
    stack.run(managed)
    found = changes(stack.run(lambda: managed(nodes=6, version="5.0")))
    assert found == {"instance-cluster": "update", "instance-datacenter": "update"}


def test_logs_and_metrics_go_where_they_are_sent_and_nowhere_by_default():
    kind = "azure-native:monitor:DiagnosticSetting"

    def program() -> None:
        group = azure.resources.ResourceGroup("logs-group", location=LOCATION)
        workspace = azure.operationalinsights.Workspace("logs", resource_group_name=group.name, location=LOCATION)
        managed(diagnostics={"workspace_id": workspace.id})

    made = run(program)
    (sent,) = made.of_type(kind)
    expected = (made.of_type(CLUSTER)[0].id, made.named("logs").id)
    assert (sent.inputs["resourceUri"], sent.inputs["workspaceId"]) == expected
    assert [resource for resource in sample().graph.resources if resource.type == kind] == []


def test_protection_keeps_the_instance_and_names_what_is_locked():
    def program() -> None:
        pulumi.export("locked", managed(deletion_protection=True).locked)

    made = run(program)
    (cluster,) = made.of_type(CLUSTER)
    assert cluster.protect is True
    assert made.exports["locked"] == {"instance": cluster.id}


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"version": "2.2"}, "no series of the service: one of 4.0, 4.1, 5.0"),
    ({"nodes": 2, "multi_zone": False}, "a data centre has 3 or more"),
    ({"nodes": 4}, "give a multiple of 3"),
    ({"disks": 0}, "1 to 32 are allowed"),
    ({"datacenter": "west_europe"}, "letters, digits and hyphens"),
]


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_wrong_arguments_are_refused(options: dict[str, Any], words: str):
    with pytest.raises(pulumi.InputPropertiesError, match=words):
        run(lambda: managed(**options))
