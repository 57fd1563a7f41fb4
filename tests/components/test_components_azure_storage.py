"""Registry, log storage and file shares on Azure."""

import re
from typing import Any

import pulumi
import pytest
from components_azure_identity_samples import (
    RECOVERY_LOCATION,
    added,
    files,
    of,
    one,
    registry,
    roles,
    run,
    storage,
)

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
