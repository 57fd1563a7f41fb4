"""Add-ons that are asked for: external-dns writes by rights alone, Velero keeps everything in one bucket."""

import json
from typing import Any

import pulumi
import pytest
from components_kubernetes_samples import PLACEMENT, component, values

from components.kubernetes.external_dns import ExternalDns
from components.kubernetes.velero import Velero

DNS: dict[str, Any] = {
    "namespace": "platform-system",
    "placement": PLACEMENT,
    "watched_namespace": "microservices",
    "domain": "example.com",
    "owner": "apim-sample",
}
COPIES: dict[str, Any] = {
    "namespace": "platform-system",
    "placement": PLACEMENT,
    "bucket": "copies",
    "region": "eu-west-1",
    "key_arn": "arn:aws:kms:eu-west-1:111122223333:key/1",
    "schedule": "0 2 * * *",
    "retention_days": 30,
}


def dns(**more: Any) -> Any:
    return values(component(ExternalDns, {**DNS, **more}), "sample-release")


def copies(**more: Any) -> Any:
    return values(component(Velero, {**COPIES, **more}), "sample-release")


def test_names_are_those_of_one_namespace_and_one_domain() -> None:
    made = dns(excluded=["api.example.com"])
    assert (made["sourceNamespace"], made["domainFilters"], made["excludeDomains"]) == (
        "microservices",
        ["example.com"],
        ["api.example.com"],
    )
    assert (made["policy"], made["registry"], made["txtOwnerId"]) == ("upsert-only", "txt", "apim-sample")


def test_on_azure_it_takes_an_identity_and_no_key() -> None:
    zone = {"tenant_id": "t", "subscription_id": "s", "resource_group": "g", "identity_client_id": "c"}
    made = dns(azure=zone)
    assert made["provider"] == {"name": "azure"}
    assert made["serviceAccount"]["annotations"] == {"azure.workload.identity/client-id": "c"}
    assert made["podLabels"] == {"azure.workload.identity/use": "true"}
    told = json.loads(made["secretConfiguration"]["data"]["azure.json"])
    assert told == {"tenantId": "t", "subscriptionId": "s", "resourceGroup": "g", "useWorkloadIdentityExtension": True}
    assert dns()["provider"] == {"name": "aws"}
    assert "secretConfiguration" not in dns()


def test_an_excluded_name_is_under_the_domain() -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=r"excluded: api\.example\.org is not under example\.com"):
        dns(excluded=["api.example.org"])


def test_copies_are_encrypted_scheduled_and_forgotten() -> None:
    made = copies()
    location = made["configuration"]["backupStorageLocation"][0]
    assert (location["bucket"], location["config"]["serverSideEncryption"]) == ("copies", "aws:kms")
    assert location["config"]["kmsKeyId"] == COPIES["key_arn"]
    schedule = made["schedules"]["everything"]
    assert (schedule["schedule"], schedule["template"]["ttl"]) == ("0 2 * * *", "720h0m0s")
    assert made["credentials"] == {"useSecret": False}


def test_every_container_of_velero_is_sized_and_restricted() -> None:
    made = copies()
    for container in (*made["initContainers"], {"resources": made["resources"]}):
        assert container["resources"]["requests"] == container["resources"]["limits"]
    assert made["upgradeJobResources"]["limits"]
    assert made["containerSecurityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert made["podSecurityContext"]["runAsNonRoot"] is True


def test_copies_are_kept_for_a_day_at_least() -> None:
    with pytest.raises(pulumi.InputPropertiesError, match="retention_days: must be at least 1"):
        copies(retention_days=0)
