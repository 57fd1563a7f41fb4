"""Vault and keys, secrets, registry, log storage, file shares, identities of pipelines, roles and locks on Azure."""

import re
from collections import Counter
from collections.abc import Callable
from importlib.resources import files as packaged
from typing import Any

import pulumi
import pytest
import yaml
from components_azure_identity_samples import (
    RECOVERY_LOCATION,
    SAMPLES,
    SUBSCRIPTION,
    TAGS,
    VALUE,
    Around,
    Stack,
    added,
    closed_keys,
    files,
    identity,
    keys,
    registry,
    right_and_lock,
    run,
    secret,
    storage,
)
from pulumi.provider.experimental.analyzer import Analyzer

from apim_infra.rehearsal.graph import Resource
from apim_infra.rehearsal.testing import Recording, record
from components.azure.customer_key import ExistingKey, key_name, vault_uri
from components.azure.encryption import PURPOSES, EncryptionKeys
from components.azure.files import FileShares
from components.azure.identities import PipelineIdentity
from components.azure.registry import Registry
from components.azure.role_assignment import ROLES, assign
from components.azure.secrets import Secret
from components.azure.storage import LogStorage

COMPONENTS: list[type[pulumi.ComponentResource]] = [
    EncryptionKeys,
    Secret,
    Registry,
    LogStorage,
    FileShares,
    PipelineIdentity,
]
VAULT_ID = "/subscriptions/11111111-0000-4000-8000-000000000001/resourceGroups/security/providers/Microsoft.KeyVault/vaults/company"
VERSION = "0123456789abcdef0123456789abcdef"


def of(recording: Recording, type_: str) -> list[Resource]:
    found = recording.of_type(f"azure-native:{type_}")
    assert found, type_
    return found


def one(recording: Recording, type_: str) -> Resource:
    (found,) = of(recording, type_)
    return found


def roles(recording: Recording) -> dict[str, tuple[str, str]]:
    """Return each assignment's role, by its name in the table, and scope."""
    names = {guid: name for name, guid in ROLES.items()}
    return {
        resource.name: (names[resource.inputs["roleDefinitionId"].rpartition("/")[2]], resource.inputs["scope"])
        for resource in of(recording, "authorization:RoleAssignment")
    }


# -- what all have in common -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_component_is_accepted_and_a_second_run_changes_nothing(sample: str) -> None:
    stack = Stack()
    stack.run(SAMPLES[sample])
    assert {step.operation for step in stack.run(SAMPLES[sample]).steps} == {"same"}


@pytest.mark.parametrize("sample", SAMPLES)
def test_children_are_named_after_their_component_and_tagged(sample: str) -> None:
    resources = run(SAMPLES[sample]).graph.resources
    by_urn = {resource.urn: resource for resource in resources}
    for resource in resources:
        parent = by_urn.get(resource.parent)
        if parent is not None and parent.type.startswith("apim:"):
            assert resource.name.startswith(f"{parent.name}-"), resource.urn
        if "tags" in resource.inputs:
            assert resource.inputs["tags"] == TAGS, resource.urn


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_twins_do_not_even_warn(sample: str) -> None:
    assert run(SAMPLES[sample]).findings == []


# Pulumi's analyser leaves the plugin's file open when it looks up the version of a provider's class.
@pytest.mark.filterwarnings("ignore:Exception ignored in.*pulumi-plugin.json:pytest.PytestUnraisableExceptionWarning")
def test_the_schema_of_every_component_can_be_inferred_and_is_documented() -> None:
    result = Analyzer("apim").analyze(COMPONENTS)
    missing: list[str] = []
    definitions: dict[str, Any] = {**result["component_definitions"], **result["type_definitions"]}
    for name, definition in definitions.items():
        for part in ("inputs", "outputs", "properties"):
            missing += [
                f"{name}.{key}" for key, value in getattr(definition, part, {}).items() if not value.description
            ]
    assert len(result["component_definitions"]) == len(COMPONENTS)
    assert missing == []


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


# -- registry ---------------------------------------------------------------------------------------------------------------------------------


def test_the_registry_is_premium_without_an_account_of_its_own_and_closed() -> None:
    inputs = one(run(registry), "containerregistry:Registry").inputs
    assert inputs["sku"] == {"name": "Premium"}
    assert (inputs["adminUserEnabled"], inputs["anonymousPullEnabled"]) == (False, False)
    assert inputs["publicNetworkAccess"] == "Disabled"
    assert inputs["zoneRedundancy"] == "Enabled"
    assert inputs["policies"]["retentionPolicy"] == {"days": 30, "status": "enabled"}
    assert inputs["policies"]["quarantinePolicy"] == {"status": "disabled"}
    assert inputs["policies"]["trustPolicy"]["status"] == "disabled"
    assert re.fullmatch("apimtestregistry[0-9a-f]{6}", inputs["registryName"])


def test_pipelines_reach_a_registry_that_is_closed_to_all_others() -> None:
    inputs = one(run(lambda: registry(allowed_ranges=["198.51.100.0/24"])), "containerregistry:Registry").inputs
    assert inputs["publicNetworkAccess"] == "Enabled"
    assert inputs["networkRuleSet"] == {
        "defaultAction": "Deny",
        "ipRules": [{"action": "Allow", "iPAddressOrRange": "198.51.100.0/24"}],
    }


def test_images_are_at_the_registrys_address_below_the_prefix() -> None:
    recording = run(registry)
    server = one(recording, "containerregistry:Registry").outputs["loginServer"]
    outputs = recording.named("apim-test-registry").outputs
    assert outputs["url"] == f"{server}/apim-test"
    assert outputs["urls"]["bff"] == f"{server}/apim-test/bff"


@pytest.mark.parametrize(
    ("options", "differs"),
    [
        ({"replica_regions": [RECOVERY_LOCATION]}, {"containerregistry:Replication": 1}),
        (
            {"pulled_by": {"nodes": "b1f5d1c4-0000-4000-8000-000000000001"}},
            {"authorization:RoleAssignment": 1},
        ),
        ({"diagnostics": None}, {"monitor:DiagnosticSetting": -1}),
        ({"private_endpoint": None}, {"network:PrivateEndpoint": -1, "network:PrivateDnsZoneGroup": -1}),
        ({"soft_delete_days": 7}, {}),
        ({"untagged_days": 90}, {}),
        ({"export": False}, {}),
        ({"zone_redundant": False}, {}),
        (
            {"private_endpoint": None, "allowed_ranges": ["198.51.100.0/24"]},
            {"network:PrivateEndpoint": -1, "network:PrivateDnsZoneGroup": -1},
        ),
    ],
)
def test_an_option_of_the_registry_adds_what_it_names(options: dict[str, Any], differs: dict[str, int]) -> None:
    before, after = run(registry), run(lambda: registry(**options))
    assert added(before, after) == differs
    if not differs:
        assert one(after, "containerregistry:Registry").inputs != one(before, "containerregistry:Registry").inputs


def test_nodes_may_pull_and_nothing_else() -> None:
    recording = run(lambda: registry(pulled_by={"nodes": "b1f5d1c4-0000-4000-8000-000000000001"}))
    assert roles(recording) == {
        "apim-test-registry-nodes-pull": ("AcrPull", one(recording, "containerregistry:Registry").id)
    }


def test_the_endpoint_waits_for_copies_each_of_which_has_an_address_of_it() -> None:
    recording = run(lambda: registry(replica_regions=[RECOVERY_LOCATION]))
    copy = one(recording, "containerregistry:Replication")
    assert copy.inputs["location"] == RECOVERY_LOCATION
    assert copy.urn in one(recording, "network:PrivateEndpoint").dependencies


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"untagged_days": 366}, "untagged_days"),
        ({"soft_delete_days": 91}, "soft_delete_days"),
        ({"soft_delete_days": 7, "untagged_days": 7}, "soft_delete_days"),
        ({"soft_delete_days": 7, "replica_regions": [RECOVERY_LOCATION]}, "soft_delete_days"),
        ({"repositories": ["a", "a"]}, "repositories"),
        ({"export": False, "private_endpoint": None}, "export"),
        ({"export": False, "allowed_ranges": ["198.51.100.0/24"]}, "export"),
    ],
)
def test_wrong_arguments_of_the_registry_are_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=f"{path}:"):
        run(lambda: registry(**options))


# -- log storage ------------------------------------------------------------------------------------------------------------------------------


def test_log_storage_takes_identities_and_tls_alone_and_forgets() -> None:
    recording = run(storage)
    inputs = one(recording, "storage:StorageAccount").inputs
    assert (inputs["kind"], inputs["sku"]) == ("StorageV2", {"name": "Standard_ZRS"})
    assert inputs["allowSharedKeyAccess"] is False
    assert inputs["allowBlobPublicAccess"] is False
    assert (inputs["minimumTlsVersion"], inputs["enableHttpsTrafficOnly"]) == ("TLS1_2", True)
    assert inputs["networkRuleSet"]["defaultAction"] == "Deny"
    assert inputs["publicNetworkAccess"] == "Disabled"
    service = one(recording, "storage:BlobServiceProperties").inputs
    assert service["isVersioningEnabled"] is True
    assert (
        service["deleteRetentionPolicy"] == service["containerDeleteRetentionPolicy"] == {"enabled": True, "days": 14}
    )


def test_each_container_has_a_lifetime_of_its_own() -> None:
    recording = run(storage)
    assert {resource.inputs["containerName"] for resource in of(recording, "storage:BlobContainer")} == {
        "logs",
        "cassandra-snapshots",
    }
    rules = {
        rule["name"]: rule["definition"]
        for rule in one(recording, "storage:ManagementPolicy").inputs["policy"]["rules"]
    }
    deleted = {
        name: (
            rule["filters"]["prefixMatch"],
            rule["actions"]["baseBlob"]["delete"]["daysAfterModificationGreaterThan"],
        )
        for name, rule in rules.items()
        if name.endswith("-forget")
    }
    assert deleted == {
        "logs-forget": (["logs/", "insights-"], 365),
        "cassandra-snapshots-forget": (["cassandra-snapshots/"], 35),
    }
    assert rules["logs-cheaper"]["filters"]["blobTypes"] == ["blockBlob"]
    assert "cassandra-snapshots-cheaper" not in rules


def test_log_storage_is_encrypted_with_the_newest_version_of_the_key_of_logs() -> None:
    recording = run(storage)
    inputs = one(recording, "storage:StorageAccount").inputs
    user = recording.named("apim-test-keys-logs-user").id
    assert inputs["identity"] == {"type": "UserAssigned", "userAssignedIdentities": [user]}
    assert inputs["encryption"]["keyVaultProperties"]["keyName"] == "logs"
    assert "keyVersion" not in inputs["encryption"]["keyVaultProperties"]
    assert recording.named("apim-test-keys-logs-use").urn in one(recording, "storage:StorageAccount").dependencies


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"multi_zone": False}, "Standard_LRS"),
        ({"geo_redundant": True}, "Standard_RAGZRS"),
        ({"multi_zone": False, "geo_redundant": True}, "Standard_RAGRS"),
    ],
)
def test_log_storage_is_kept_in_as_many_places_as_asked(options: dict[str, bool], name: str) -> None:
    assert one(run(lambda: storage(**options)), "storage:StorageAccount").inputs["sku"] == {"name": name}


@pytest.mark.parametrize(
    ("options", "differs"),
    [
        ({"containers": None}, {"storage:BlobContainer": -1}),
        ({"diagnostics": None}, {"monitor:DiagnosticSetting": -1}),
        ({"private_endpoint": None}, {"network:PrivateEndpoint": -1, "network:PrivateDnsZoneGroup": -1}),
        ({"key": None}, {}),
        ({"soft_delete_days": 30}, {}),
        ({"retention_days": 90}, {}),
        ({"infrequent_access_days": 0}, {}),
        ({"keep": True}, {}),
        (
            {"private_endpoint": None, "allowed_ranges": ["198.51.100.7"]},
            {"network:PrivateEndpoint": -1, "network:PrivateDnsZoneGroup": -1},
        ),
    ],
)
def test_an_option_of_log_storage_adds_what_it_names(options: dict[str, Any], differs: dict[str, int]) -> None:
    before, after = run(storage), run(lambda: storage(**options))
    assert added(before, after) == differs
    if not differs:
        assert after.graph.to_json() != before.graph.to_json()


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"soft_delete_days": 0}, "soft_delete_days"),
        ({"allowed_ranges": ["198.51.100.7"]}, "allowed_ranges"),
        ({"allowed_subnet_ids": ["subnet"]}, "allowed_subnet_ids"),
        ({"containers": {"logs": {}}}, "containers"),
        ({"retention_days": 0}, "containers.logs.retention_days"),
        ({"retention_days": 45}, "containers.logs.retention_days"),
        ({"infrequent_access_days": -1}, "containers.logs.infrequent_access_days"),
    ],
)
def test_wrong_arguments_of_log_storage_are_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=re.escape(f"{path}:")):
        run(lambda: storage(**options))


# -- file shares ------------------------------------------------------------------------------------------------------------------------------


def test_a_share_is_on_premium_storage_in_three_zones_reached_in_the_network_alone() -> None:
    recording = run(files)
    inputs = one(recording, "storage:StorageAccount").inputs
    assert (inputs["kind"], inputs["sku"]) == ("FileStorage", {"name": "Premium_ZRS"})
    assert (inputs["publicNetworkAccess"], inputs["enableHttpsTrafficOnly"]) == ("Disabled", True)
    share = one(recording, "storage:FileShare").inputs
    assert (share["shareName"], share["shareQuota"], share["enabledProtocols"]) == ("events", 100, "SMB")
    service = one(recording, "storage:FileServiceProperties").inputs
    assert service["shareDeleteRetentionPolicy"] == {"enabled": True, "days": 14}
    smb = service["protocolSettings"]["smb"]
    assert (smb["versions"], smb["channelEncryption"]) == ("SMB3.1.1;", "AES-256-GCM;")
    (connection,) = one(recording, "network:PrivateEndpoint").inputs["privateLinkServiceConnections"]
    assert connection["groupIds"] == ["file"]


def test_an_smb_share_has_a_key_that_is_never_seen_and_an_nfs_share_none() -> None:
    assert run(files).named("apim-test-files").outputs["account_key"] == {"secret": True}
    nfs = run(lambda: files(protocol="nfs"))
    assert nfs.named("apim-test-files").outputs.get("account_key") is None
    assert one(nfs, "storage:StorageAccount").inputs["allowSharedKeyAccess"] is False
    assert one(nfs, "storage:FileShare").inputs["enabledProtocols"] == "NFS"
    assert one(nfs, "storage:StorageAccount").inputs["enableHttpsTrafficOnly"] is True


@pytest.mark.parametrize(
    ("options", "differs"),
    [
        ({"shares": {"events": 100, "private-events": 200}}, {"storage:FileShare": 1}),
        ({"diagnostics": None}, {"monitor:DiagnosticSetting": -1}),
        ({"private_endpoint": None}, {"network:PrivateEndpoint": -1, "network:PrivateDnsZoneGroup": -1}),
        ({"key": None}, {}),
        ({"multi_zone": False}, {}),
        ({"soft_delete_days": 30}, {}),
        ({"shares": {"events": 101}}, {}),
    ],
)
def test_an_option_of_file_shares_adds_what_it_names(options: dict[str, Any], differs: dict[str, int]) -> None:
    before, after = run(files), run(lambda: files(**options))
    assert added(before, after) == differs
    if not differs:
        assert after.graph.to_json() != before.graph.to_json()


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"shares": {"events": 99}}, "shares.events"),
        ({"shares": {"events": 102401}}, "shares.events"),
        ({"protocol": "ftp"}, "protocol"),
        ({"soft_delete_days": 366}, "soft_delete_days"),
        ({"allowed_subnet_ids": ["subnet"]}, "allowed_subnet_ids"),
    ],
)
def test_wrong_arguments_of_file_shares_are_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=re.escape(f"{path}:")):
        run(lambda: files(**options))


# -- identities, roles, locks -----------------------------------------------------------------------------------------------------------------


def test_pipelines_act_by_their_own_tokens_made_one_after_another() -> None:
    first, second = of(run(identity), "managedidentity:FederatedIdentityCredential")
    assert first.inputs["audiences"] == second.inputs["audiences"] == ["api://AzureADTokenExchange"]
    assert first.urn in second.dependencies


def test_an_identity_has_its_roles_and_no_other() -> None:
    recording = run(identity)
    assert roles(recording) == {
        "apim-test-build-network": ("Network Contributor", one(recording, "network:VirtualNetwork").id),
        "apim-test-build-identities": ("Managed Identity Operator", one(recording, "resources:ResourceGroup").id),
    }


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({"grants": {"all": {"role": "God", "scope": "/subscriptions/a"}}}, "grants.all.role"),
        ({"credentials": [{"issuer": "https://a.example.com", "subject": str(n)} for n in range(21)]}, "credentials"),
    ],
)
def test_wrong_arguments_of_an_identity_are_refused(options: dict[str, Any], path: str) -> None:
    with pytest.raises(pulumi.InputPropertiesError, match=re.escape(f"{path}:")):
        run(lambda: identity(**options))


def test_a_right_has_the_same_name_whenever_it_is_given_and_says_what_it_is_given_to() -> None:
    first, second = (one(Stack().run(right_and_lock), "authorization:RoleAssignment").inputs for _ in range(2))
    assert first["roleAssignmentName"] == second["roleAssignmentName"]
    assert first["principalType"] == "ServicePrincipal"
    assert first["roleDefinitionId"].startswith(f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/")


def test_rights_of_another_role_or_at_another_scope_have_other_names() -> None:
    def program() -> None:
        around = Around()
        common: dict[str, Any] = {
            "principal_id": "b1f5d1c4-0000-4000-8000-000000000001",
            "subscription_id": SUBSCRIPTION,
        }
        assign("first", role="Reader", scope=around.vnet.id, **common)
        assign("second", role="Network Contributor", scope=around.vnet.id, **common)
        assign("third", role="Reader", scope=around.group.id, **common)

    names = {resource.inputs["roleAssignmentName"] for resource in of(run(program), "authorization:RoleAssignment")}
    assert len(names) == 3


def test_a_role_that_is_not_known_is_refused_before_anything_is_made() -> None:
    with pytest.raises(pulumi.InputPropertyError, match="God"):
        assign("a", role="God", principal_id="", scope="", subscription_id="")


def test_a_lock_forbids_deletion_alone_and_waits_for_what_it_is_told_to() -> None:
    recording = run(right_and_lock)
    lock = one(recording, "authorization:ManagementLockByScope")
    assert (lock.inputs["level"], lock.inputs["lockName"]) == ("CanNotDelete", "apim-test-locks-vnet")
    assert recording.named("reading").urn in lock.dependencies


@pytest.mark.parametrize(
    ("make", "kept", "held"),
    [
        (keys, {"keyvault:Vault": 1, "keyvault:Key": 3, "compute:DiskEncryptionSet": 1}, "keyvault:Vault"),
        (registry, {"containerregistry:Registry": 1}, "containerregistry:Registry"),
        (storage, {"storage:StorageAccount": 1}, "storage:StorageAccount"),
        (files, {"storage:StorageAccount": 1, "storage:FileShare": 1}, "storage:StorageAccount"),
    ],
)
def test_what_is_protected_is_kept_by_pulumi_and_named_for_a_lock(
    make: Callable[..., Any], kept: dict[str, int], held: str
) -> None:
    def program() -> None:
        made = make(deletion_protection=True)
        pulumi.export("locked", list(made.locked.values()))

    recording = run(program)
    protected = Counter(
        resource.type.removeprefix("azure-native:") for resource in recording.graph.custom() if resource.protect
    )
    assert protected == kept
    assert recording.exports["locked"] == [one(recording, held).id]
    assert not any(resource.protect for resource in run(make).graph.resources)


def test_every_role_has_a_guid_of_its_own() -> None:
    assert len(set(ROLES.values())) == len(ROLES)
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", guid) for guid in ROLES.values())


def test_the_twin_knows_the_roles_that_the_components_give() -> None:
    text = packaged("apim_infra.rehearsal.twins.azure").joinpath("roles.yaml").read_text(encoding="utf-8")
    known: dict[str, str] = yaml.safe_load(text)["roles"]
    assert {name: known.get(name) for name in ROLES} == dict(ROLES)
