"""Vault, keys and secrets on Azure."""

import re
from typing import Any

import pulumi
import pytest
from azure_stack import Stack
from components_azure_identity_samples import VALUE, added, closed_keys, keys, of, one, roles, run, secret

from apim_infra.rehearsal.testing import record
from components.azure.customer_key import ExistingKey, key_name, vault_uri
from components.azure.encryption import PURPOSES

VAULT_ID = "/subscriptions/11111111-0000-4000-8000-000000000001/resourceGroups/security/providers/Microsoft.KeyVault/vaults/company"
VERSION = "0123456789abcdef0123456789abcdef"


# -- vault and keys ---------------------------------------------------------------------------------------------------------------------------


def test_the_vault_goes_by_roles_keeps_what_is_deleted_and_lets_nobody_in() -> None:
    properties = one(run(keys), "keyvault:Vault").inputs["properties"]
    assert properties["enableRbacAuthorization"] is True
    assert properties["enablePurgeProtection"] is True
    assert properties["softDeleteRetentionInDays"] == 90
    assert properties["sku"] == {"family": "A", "name": "standard"}
    assert properties["networkAcls"] == {"bypass": "AzureServices", "defaultAction": "Deny", "ipRules": []}
    assert "accessPolicies" not in properties


def test_one_rotated_key_for_each_purpose_and_an_identity_that_may_use_that_one_alone() -> None:
    recording = run(keys)
    made = {resource.inputs["keyName"]: resource for resource in of(recording, "keyvault:Key")}
    assert set(made) == set(PURPOSES)
    for resource in made.values():
        (action,) = resource.inputs["properties"]["rotationPolicy"]["lifetimeActions"]
        assert action == {"action": {"type": "rotate"}, "trigger": {"timeAfterCreate": "P365D"}}
    assert set(made["stores"].inputs["properties"]["keyOps"]) == {"wrapKey", "unwrapKey"}
    assert roles(recording) == {
        f"apim-test-keys-{purpose}-use": ("Key Vault Crypto Service Encryption User", made[purpose].id)
        for purpose in PURPOSES
    }


def test_keys_go_with_their_vault_which_takes_no_requests() -> None:
    recording = run(keys)
    vault = one(recording, "keyvault:Vault")
    assert {resource.deleted_with for resource in of(recording, "keyvault:Key")} == {vault.urn}


def test_disks_are_encrypted_with_a_version_of_the_clusters_key_by_an_identity_that_may() -> None:
    recording = run(keys)
    disks = one(recording, "compute:DiskEncryptionSet")
    cluster = recording.named("apim-test-keys-cluster")
    assert disks.inputs["activeKey"]["keyUrl"] == cluster.outputs["keyUriWithVersion"]
    assert disks.inputs["identity"]["userAssignedIdentities"] == [recording.named("apim-test-keys-cluster-user").id]
    assert disks.inputs["rotationToLatestKeyVersionEnabled"] is True
    assert recording.named("apim-test-keys-cluster-use").urn in disks.dependencies


def test_a_closed_vault_has_an_endpoint_in_the_network() -> None:
    recording = run(closed_keys)
    assert one(recording, "keyvault:Vault").inputs["properties"]["publicNetworkAccess"] == "disabled"
    (connection,) = one(recording, "network:PrivateEndpoint").inputs["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["vault"]


def test_another_stack_and_a_stack_built_again_have_another_vault() -> None:
    first = one(run(keys), "keyvault:Vault").inputs["vaultName"]
    again = one(record(keys, config={"azure-native:location": "westeurope"}, seed=1), "keyvault:Vault").inputs[
        "vaultName"
    ]
    assert first != again
    assert all(re.fullmatch("apim-test-keys-[0-9a-f]{6}", name) for name in (first, again))


@pytest.mark.parametrize(
    ("options", "differs"),
    [
        ({"disk_encryption": False}, {"compute:DiskEncryptionSet": -1}),
        ({"hardware": True}, {}),
        ({"rotation_days": 90}, {}),
        ({"deletion_window_days": 7}, {}),
        ({"allowed_ranges": ["198.51.100.0/24"]}, {}),
    ],
)
def test_an_option_of_the_keys_adds_what_it_names(options: dict[str, Any], differs: dict[str, int]) -> None:
    before, after = run(keys), run(lambda: keys(**options))
    assert added(before, after) == differs
    if not differs:
        assert [resource.inputs for resource in after.graph.resources] != [
            resource.inputs for resource in before.graph.resources
        ]


def test_hardware_keys_are_in_a_premium_vault() -> None:
    recording = run(lambda: keys(hardware=True))
    assert one(recording, "keyvault:Vault").inputs["properties"]["sku"]["name"] == "premium"
    assert {resource.inputs["properties"]["kty"] for resource in of(recording, "keyvault:Key")} == {"RSA-HSM"}


def test_a_key_that_is_brought_along_replaces_the_one_that_would_be_made() -> None:
    existing = {"cluster": f"{VAULT_ID}/keys/disks/versions/{VERSION}", "logs": f"{VAULT_ID}/keys/logs"}
    recording = run(lambda: keys(existing=existing))
    assert added(run(keys), recording) == {"keyvault:Key": -2}
    key = one(recording, "compute:DiskEncryptionSet").inputs["activeKey"]
    assert key == {"keyUrl": f"https://company.vault.azure.net/keys/disks/{VERSION}", "sourceVault": {"id": VAULT_ID}}
    given = roles(recording)
    assert given["apim-test-keys-cluster-use"][1] == f"{VAULT_ID}/keys/disks"
    assert given["apim-test-keys-logs-use"][1] == f"{VAULT_ID}/keys/logs"
    right = recording.named("apim-test-keys-logs-use")
    assert right.inputs["roleDefinitionId"].startswith("/subscriptions/11111111-0000-4000-8000-000000000001/")


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"existing": {"network": f"{VAULT_ID}/keys/a"}}, "existing"),
        ({"existing": {"logs": "https://company.vault.azure.net/keys/logs"}}, "existing.logs"),
        ({"existing": {"cluster": f"{VAULT_ID}/keys/disks"}}, "existing.cluster"),
        ({"deletion_window_days": 6}, "deletion_window_days"),
        ({"rotation_days": 7}, "rotation_days"),
        (
            {"allowed_ranges": ["198.51.100.0/24"], "private_endpoint": {"subnet_id": "a", "zone_ids": []}},
            "allowed_ranges",
        ),
    ],
)
def test_wrong_arguments_of_the_keys_are_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=re.escape(f"{path}:")):
        run(lambda: keys(**options))


def test_names_of_keys_are_taken_apart() -> None:
    key = ExistingKey.of(f"{VAULT_ID}/keys/disks/versions/{VERSION}")
    assert key is not None
    assert (key.version, key.vault_id, vault_uri(key.address), key_name(key.address)) == (
        VERSION,
        VAULT_ID,
        "https://company.vault.azure.net/",
        "disks",
    )
    assert ExistingKey.of("arn:aws:kms:eu-west-1:111122223333:key/a") is None


# -- secrets ----------------------------------------------------------------------------------------------------------------------------------


def test_a_secret_is_written_without_its_value_being_seen() -> None:
    recording = run(secret)
    made = one(recording, "keyvault:Secret")
    assert made.inputs["properties"]["value"] == {"secret": True}
    assert VALUE not in str(recording.graph.to_json())
    assert made.deleted_with == one(recording, "keyvault:Vault").urn


def test_a_rotated_secret_keeps_the_value_that_something_else_wrote() -> None:
    stack = Stack()
    stack.run(lambda: secret(rotated=True))
    later = stack.run(lambda: secret(rotated=True, value=pulumi.Output.secret("another")))
    assert {step.operation for step in later.steps} == {"same"}


def test_a_description_that_azure_does_not_take_is_refused() -> None:
    with pytest.raises(pulumi.InputPropertiesError, match="description:"):
        run(lambda: secret(description="x" * 256))
