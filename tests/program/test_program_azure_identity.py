"""What settings of keys, registry, storage, files and pipelines add, remove and change on Azure: everything else stays as it was."""

import re
from functools import cache
from types import SimpleNamespace
from typing import Any, cast

import pulumi_azure_native as azure
import pytest
from program_support import ROOT, environment_of

from apim_infra.platform.azure_foundation import build_foundation
from apim_infra.platform.azure_identity import (
    PipelineReach,
    build_files,
    build_identities,
    build_log_storage,
    build_registry,
)
from apim_infra.platform.naming import Naming
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.testing import record
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import SettingsError
from components.azure.role_assignment import ROLES

pytestmark = pytest.mark.slow

STACK = "azure-standard"
FILE = ROOT / f"examples/{STACK}/Pulumi.{STACK}.yaml"
VAULT = "/subscriptions/11111111-0000-4000-8000-000000000001/resourceGroups/security/providers/Microsoft.KeyVault/vaults/company"
VERSION = "0123456789abcdef0123456789abcdef"
ENDPOINTS = 'network.interface_endpoints=["vault","registry","blob","file"]'
FILES = ("stores.files.mode=managed", ENDPOINTS)
RECOVERY = "recovery.region=northeurope"
ISSUER = "https://token.actions.githubusercontent.com"


def build(settings: StackSettings) -> None:
    """Build what this room builds, on the foundation, beside what stands in for the cluster."""
    naming = Naming.of_stack(settings)
    foundation = build_foundation(settings, naming)
    stand_in = azure.managedidentity.UserAssignedIdentity(
        "cluster", resource_group_name=foundation.resource_group_name, location=foundation.location
    )
    cluster = cast("Any", SimpleNamespace(id=stand_in.id, kubelet_principal_id=stand_in.principal_id))
    logs = build_log_storage(settings, naming, foundation)
    registry = build_registry(settings, naming, foundation, cluster)
    build_files(settings, naming, foundation)
    build_identities(settings, naming, foundation, PipelineReach(cluster, registry, logs))


@cache
def graph(*overrides: str) -> Graph:
    settings = environment_of(STACK, *overrides, file=FILE).settings
    made = record(lambda: build(settings), stack=STACK)
    assert [f"{error.urn}: {error.message}" for error in made.errors] == []
    return made.graph


def short(urn: str) -> str:
    return urn.rpartition("::")[2].removeprefix(f"apim-{STACK}-")


def difference(before: Graph, after: Graph) -> tuple[set[str], set[str], dict[str, set[str]]]:
    """Return names that came, names that went, and name to the inputs that differ; inputs of components are left out."""
    old, new = ({r.urn: r for r in each.resources if r.custom} for each in (before, after))
    changed = {
        short(urn): {
            key for key in {*old[urn].inputs, *new[urn].inputs} if old[urn].inputs.get(key) != new[urn].inputs.get(key)
        }
        for urn in old.keys() & new.keys()
        if old[urn].inputs != new[urn].inputs
    }
    return {short(urn) for urn in new.keys() - old.keys()}, {short(urn) for urn in old.keys() - new.keys()}, changed


def named(found: Graph, name: str) -> Resource:
    (resource,) = [each for each in found.resources if short(each.urn) == name and each.custom]
    return resource


# -- keys -------------------------------------------------------------------------------------------------------------------------------------


def test_hardware_keys_change_the_vault_and_its_keys_alone() -> None:
    found = difference(graph(), graph("encryption.hardware_keys=true"))
    keys = {f"keys-{purpose}": {"properties"} for purpose in ("cluster", "stores", "logs")}
    assert found == (set(), set(), {"keys-vault": {"properties"}, **keys})


@pytest.mark.parametrize("purpose", ["cluster", "stores", "logs"])
def test_a_key_that_is_brought_along_is_not_made_and_is_used(purpose: str) -> None:
    version = f"/versions/{VERSION}" if purpose == "cluster" else ""
    came, went, changed = difference(graph(), graph(f"encryption.{purpose}_key_arn={VAULT}/keys/ours{version}"))
    assert (came, went) == (set(), {f"keys-{purpose}"})
    user = {"cluster": {"keys-disks": {"activeKey"}}, "stores": {}, "logs": {"storage-account": {"encryption"}}}[
        purpose
    ]
    right = {f"keys-{purpose}-use": {"scope", "roleAssignmentName", "roleDefinitionId"}}
    assert changed == {**right, **user}


@pytest.mark.parametrize(
    ("setting", "path"),
    [
        ("encryption.logs_key_arn=arn:aws:kms:eu-west-1:111122223333:key/a", "encryption.logs_key_arn"),
        ("encryption.logs_key_arn=https://company.vault.azure.net/keys/ours", "encryption.logs_key_arn"),
        (f"encryption.cluster_key_arn={VAULT}/keys/ours", "encryption.cluster_key_arn"),
        ('network.interface_endpoints=["vault","blob"]', "network.interface_endpoints"),
        ("stores.files.mode=managed", "network.interface_endpoints"),
        ("stores.files.mode=in-cluster", "stores.files.mode"),
    ],
)
def test_what_cannot_be_built_is_refused_by_its_path(setting: str, path: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(path)):
        environment_of(STACK, setting, file=FILE)


def test_a_vault_that_comes_and_goes_keeps_things_for_the_shortest_time() -> None:
    days = {
        tier: named(graph(f"tier={tier}"), "keys-vault").inputs["properties"]["softDeleteRetentionInDays"]
        for tier in ("dev", "stg")
    }
    assert days == {"dev": 7, "stg": 90}


@pytest.mark.parametrize(("left", "part"), [('["registry","blob"]', "keys-vault"), ('["vault","registry"]', "storage")])
def test_a_service_without_an_endpoint_has_a_public_address_that_lets_trusted_services_in_alone(
    left: str, part: str
) -> None:
    after = graph(f"network.interface_endpoints={left}")
    came, went, changed = difference(graph(), after)
    assert came == set()
    assert {f"{part}-endpoint", f"{part}-endpoint-names"} <= went
    closed = "keys-vault" if part == "keys-vault" else "storage-account"
    assert closed in changed
    inputs = named(after, closed).inputs
    firewall = inputs["properties"]["networkAcls"] if closed == "keys-vault" else inputs["networkRuleSet"]
    assert (firewall["defaultAction"], firewall["ipRules"]) == ("Deny", [])


# -- registry and log storage -----------------------------------------------------------------------------------------------------------------


def test_copies_of_images_and_logs_are_asked_for_one_by_one() -> None:
    images, logs = (f"{RECOVERY}", "recovery.copies.images=true"), (f"{RECOVERY}", "recovery.copies.logs=true")
    assert difference(graph(RECOVERY), graph(*images)) == ({"registry-northeurope"}, set(), {})
    assert difference(graph(RECOVERY), graph(*logs)) == (set(), set(), {"storage-account": {"sku"}})
    assert named(graph(*logs), "storage-account").inputs["sku"] == {"name": "Standard_RAGZRS"}


def test_pipelines_outside_of_the_network_reach_the_registry_and_nothing_else_does() -> None:
    after = graph('pipelines.source_cidrs=["198.51.100.0/24"]')
    changed = {"registry-registry": {"publicNetworkAccess", "networkRuleSet"}}
    assert difference(graph(), after) == (set(), set(), changed)
    assert named(graph(), "registry-registry").inputs["publicNetworkAccess"] == "Disabled"


def test_storage_of_development_is_in_one_zone() -> None:
    assert named(graph("tier=dev"), "storage-account").inputs["sku"] == {"name": "Standard_LRS"}
    assert named(graph(), "storage-account").inputs["sku"] == {"name": "Standard_ZRS"}


def test_containers_are_there_for_those_who_write_to_them() -> None:
    def containers(*overrides: str) -> set[str]:
        return {
            each.inputs["containerName"]
            for each in graph(*overrides).resources
            if each.type == "azure-native:storage:BlobContainer"
        }

    assert containers() == {"logs"}
    assert containers("backup.enabled=true") == {"logs", "cluster-backups"}
    assert containers("stores.cassandra.mode=self-managed") == {"logs", "cassandra-snapshots"}


# -- files ------------------------------------------------------------------------------------------------------------------------------------


def test_files_add_an_account_with_a_share_and_nothing_else_of_their_own() -> None:
    came, went, changed = difference(graph(ENDPOINTS), graph(*FILES))
    assert came == {
        "files-account",
        "files-service",
        "files-events",
        "files-endpoint",
        "files-endpoint-names",
        "files-files-diagnostics",
    }
    assert went == set()
    assert set(changed) <= {"security-nodes", "security-data"}  # the nodes may mount it


def test_a_share_grows_with_what_its_gateways_may_write() -> None:
    larger = graph(*FILES, "stores.files.disk_gb_per_replica=50")
    assert difference(graph(*FILES), larger) == (set(), set(), {"files-events": {"shareQuota"}})
    gateways = sum(group.replicas.max for group in environment_of(STACK, file=FILE).settings.gateway_groups)
    assert named(larger, "files-events").inputs["shareQuota"] == 50 * gateways + 1
    assert named(graph(*FILES), "files-events").inputs["shareQuota"] == 100


@pytest.mark.parametrize(
    ("setting", "changed"),
    [
        ("stores.files.multi_zone=false", {"files-account": {"sku"}}),
        (
            "stores.files.protocol=nfs",
            {
                "files-account": {"allowSharedKeyAccess"},
                "files-service": {"protocolSettings"},
                "files-events": {"enabledProtocols"},
            },
        ),
    ],
)
def test_a_setting_of_files_changes_what_it_names(setting: str, changed: dict[str, set[str]]) -> None:
    came, went, found = difference(graph(*FILES), graph(*FILES, setting))
    assert (came, went) == (set(), set())
    assert {name: keys for name, keys in found.items() if not name.startswith("security-")} == changed


def test_protected_files_are_kept_by_pulumi() -> None:
    found = graph(*FILES, "stores.files.deletion_protection=true")
    assert named(found, "files-account").protect
    assert named(found, "files-events").protect
    assert not named(graph(*FILES), "files-account").protect


# -- pipelines --------------------------------------------------------------------------------------------------------------------------------


def test_two_identities_with_the_roles_of_the_reference_at_their_scopes() -> None:
    found = graph()
    by_guid = {guid: name for name, guid in ROLES.items()}
    given = {
        (
            short(each.urn).partition("-identity-")[0],
            by_guid[each.inputs["roleDefinitionId"].rpartition("/")[2]],
            each.inputs["scope"],
        )
        for each in found.resources
        if each.type == "azure-native:authorization:RoleAssignment" and "-identity-" in short(each.urn)
    }
    cluster, registry = named(found, "cluster").id, named(found, "registry-registry").id
    assert given == {
        ("build", "AcrPush", registry),
        ("run", "AcrPull", registry),
        ("run", "Azure Kubernetes Service Cluster User Role", cluster),
        ("run", "Azure Kubernetes Service RBAC Cluster Admin", cluster),
        ("run", "Network Contributor", named(found, "network-vnet").id),
        ("run", "Storage Blob Data Contributor", named(found, "storage-account").id),
        ("run", "Managed Identity Operator", named(found, "group").id),
    }


@pytest.mark.parametrize("name", ["build", "run"])
def test_a_pipeline_that_is_named_may_act_as_its_identity(name: str) -> None:
    after = graph(f'pipelines.{name}={{"issuer":"{ISSUER}","subject":"repo:example/apim:environment:{name}"}}')
    assert difference(graph(), after) == ({f"{name}-identity-pipeline-0"}, set(), {})
    inputs = named(after, f"{name}-identity-pipeline-0").inputs
    assert (inputs["issuer"], inputs["subject"]) == (ISSUER, f"repo:example/apim:environment:{name}")


def test_no_secret_is_in_the_graph_in_clear() -> None:
    account = named(graph(*FILES), "files-account")
    assert account.inputs["allowSharedKeyAccess"] is True
    (component,) = [each for each in graph(*FILES).resources if each.type == "apim:azure:FileShares"]
    assert component.outputs["account_key"] == {"secret": True}
