"""A violating, a clean and an unknown fixture for each rule over Azure."""

from typing import Any

from policy_fixtures import TAGS, Fixture, graph, one, resource, urn

from apim_infra.rehearsal.graph import Graph
from apim_infra.rehearsal.provider import UNKNOWN

STORAGE, VAULT = "azure-native:storage:StorageAccount", "azure-native:keyvault:Vault"
REGISTRY = "azure-native:containerregistry:Registry"
MYSQL, POSTGRESQL = "azure-native:dbformysql:Server", "azure-native:dbforpostgresql:Server"
PARAMETER = "azure-native:dbformysql:Configuration"
REDIS, DATABASE = "azure-native:redisenterprise:RedisEnterprise", "azure-native:redisenterprise:Database"
GATEWAY, CLUSTER = "azure-native:network:ApplicationGateway", "azure-native:containerservice:ManagedCluster"
MACHINE, INTERFACE = "azure-native:compute:VirtualMachine", "azure-native:network:NetworkInterface"
SECURITY_GROUP, SETTING = "azure-native:network:NetworkSecurityGroup", "azure-native:monitor:DiagnosticSetting"
BACKUPS = "azure-native:dataprotection:BackupVault"

CLOSED: dict[str, Any] = {"allowBlobPublicAccess": False, "publicNetworkAccess": "Disabled"}
GUARDED: dict[str, Any] = {
    "apiServerAccessProfile": {"enablePrivateCluster": True},
    "disableLocalAccounts": True,
    "aadProfile": {"enableAzureRBAC": True},
    "networkProfile": {"networkPolicy": "cilium"},
}
ENTRY: dict[str, Any] = {
    "httpListeners": [{"name": "plain", "protocol": "Http"}, {"name": "tls", "protocol": "Https"}],
    "requestRoutingRules": [
        {"name": "up", "httpListener": {"id": "/x/httpListeners/plain"}, "redirectConfiguration": {"id": "/x/r"}},
        {"name": "on", "httpListener": {"id": "/x/httpListeners/tls"}},
    ],
    "backendHttpSettingsCollection": [{"name": "pods", "protocol": "Https"}],
}


def rule(port: str, source: str = "Internet", **more: Any) -> Graph:
    """Return a security group with one rule."""
    opened = {
        "name": "rule",
        "access": "Allow",
        "direction": "Inbound",
        "sourceAddressPrefix": source,
        "destinationPortRange": port,
        **more,
    }
    return one(SECURITY_GROUP, {"securityRules": [opened]})


def machine(security: dict[str, Any], **disk: Any) -> Graph:
    profile: dict[str, Any] = {"osDisk": {}, "dataDisks": [{"lun": 0, "managedDisk": disk}]}
    return one(MACHINE, {"securityProfile": security, "storageProfile": profile})


def told(source: str) -> Graph:
    """Return a vault, and a setting that sends the logs of something."""
    setting = resource(SETTING, "setting", {"name": "all"}, needs={"resourceUri": [source]})
    return graph(resource(VAULT, "vault", {}), setting)


AZURE_FIXTURES = (
    Fixture(
        "azure-tls-minimum",
        violating={
            "storage with an old TLS": one(STORAGE, {"minimumTlsVersion": "TLS1_0"}),
            "storage that does not say": one(STORAGE, {}),
            "storage without TLS": one(STORAGE, {"minimumTlsVersion": "TLS1_2", "enableHttpsTrafficOnly": False}),
            "a store with an old TLS": one(REDIS, {"minimumTlsVersion": "1.0"}),
            "a store without TLS": one(DATABASE, {"clientProtocol": "Plaintext"}),
            "an entry with Azure's old policy": one(GATEWAY, {"sslPolicy": {"policyName": "AppGwSslPolicy20150501"}}),
            "a server without TLS": one(PARAMETER, {"configurationName": "require_secure_transport", "value": "OFF"}),
        },
        clean={
            "storage": one(STORAGE, {"minimumTlsVersion": "TLS1_2", "enableHttpsTrafficOnly": True}),
            "a store": one(REDIS, {"minimumTlsVersion": "1.2"}),
            "a store's database": one(DATABASE, {"clientProtocol": "Encrypted"}),
            "an entry": one(GATEWAY, {"sslPolicy": {"policyName": "AppGwSslPolicy20220101S"}}),
            "an entry with its own policy": one(GATEWAY, {"sslPolicy": {"minProtocolVersion": "TLSv1_2"}}),
            "another parameter": one(PARAMETER, {"configurationName": "slow_query_log", "value": "OFF"}),
        },
        unknown=one(STORAGE, {"minimumTlsVersion": UNKNOWN}),
    ),
    Fixture(
        "azure-store-closed",
        violating={
            "storage for everybody": one(STORAGE, {**CLOSED, "publicNetworkAccess": "Enabled"}),
            "blobs that could be public": one(STORAGE, {"publicNetworkAccess": "Disabled"}),
            "a vault for everybody": one(VAULT, {"properties": {"publicNetworkAccess": "Enabled"}}),
            "a registry with a password": one(REGISTRY, {"adminUserEnabled": True}),
            "a registry for everybody": one(REGISTRY, {"anonymousPullEnabled": True}),
            "a server with an address": one(MYSQL, {"network": {"publicNetworkAccess": "Enabled"}}),
            "another server with an address": one(POSTGRESQL, {}),
            "a store with an address": one(REDIS, {"publicNetworkAccess": "Enabled"}),
        },
        clean={
            "storage": one(STORAGE, CLOSED),
            "storage behind a firewall": one(
                STORAGE, {"allowBlobPublicAccess": False, "networkRuleSet": {"defaultAction": "Deny"}}
            ),
            "a vault": one(VAULT, {"properties": {"networkAcls": {"defaultAction": "Deny"}}}),
            "a registry": one(REGISTRY, {"adminUserEnabled": False}),
            "a server": one(MYSQL, {"network": {"publicNetworkAccess": "Disabled"}}),
            "a server in a subnet": one(POSTGRESQL, {"network": {"delegatedSubnetResourceId": "/subnet"}}),
            "a store": one(REDIS, {"publicNetworkAccess": "Disabled"}),
        },
        unknown=one(STORAGE, {**CLOSED, "publicNetworkAccess": UNKNOWN}),
    ),
    Fixture(
        "azure-store-protected",
        violating={
            "a server of prd": one(POSTGRESQL, {"tags": TAGS}),
            "a vault of backups of prd": one(BACKUPS, {"tags": TAGS}),
            "shared files of prd": one(STORAGE, {"kind": "FileStorage", "tags": TAGS}),
        },
        clean={
            "protected": one(POSTGRESQL, {"tags": TAGS}, protect=True),
            "of development": one(POSTGRESQL, {"tags": {**TAGS, "apim:tier": "dev"}}),
            "a replica": one(MYSQL, {"tags": TAGS, "createMode": "Replica"}),
            "records of connections": one(STORAGE, {"kind": "StorageV2", "tags": TAGS}),
        },
        unknown=one(POSTGRESQL, {"tags": {**TAGS, "apim:tier": UNKNOWN}}),
    ),
    Fixture(
        "azure-store-backed-up",
        violating={"a server that keeps none": one(MYSQL, {"backup": {"backupRetentionDays": 0}})},
        clean={
            "a server": one(MYSQL, {"backup": {"backupRetentionDays": 7}}),
            "a replica": one(POSTGRESQL, {"createMode": "Replica"}),
        },
        unknown=one(MYSQL, {"backup": {"backupRetentionDays": UNKNOWN}}),
    ),
    Fixture(
        "azure-vault-unpurgeable",
        violating={
            "a vault that can be purged": one(VAULT, {"properties": {"enableRbacAuthorization": True}, "tags": TAGS}),
            "a vault with policies of its own": one(
                VAULT, {"properties": {"enablePurgeProtection": True}, "tags": TAGS}
            ),
        },
        clean={
            "a vault": one(
                VAULT, {"properties": {"enablePurgeProtection": True, "enableRbacAuthorization": True}, "tags": TAGS}
            ),
            "of development": one(
                VAULT, {"properties": {"enableRbacAuthorization": True}, "tags": {**TAGS, "apim:tier": "dev"}}
            ),
        },
        unknown=one(VAULT, {"properties": {"enablePurgeProtection": UNKNOWN}, "tags": TAGS}),
    ),
    Fixture(
        "azure-backups-taken-back",
        violating={
            "soft delete is off": one(
                BACKUPS, {"properties": {"securitySettings": {"softDeleteSettings": {"state": "Off"}}}}
            )
        },
        clean={
            "soft delete is on": one(
                BACKUPS, {"properties": {"securitySettings": {"softDeleteSettings": {"state": "On"}}}}
            )
        },
        unknown=one(BACKUPS, {"properties": {"securitySettings": {"softDeleteSettings": {"state": UNKNOWN}}}}),
    ),
    Fixture(
        "azure-machine-encrypted",
        violating={"a machine": machine({})},
        clean={
            "at its host": machine({"encryptionAtHost": True}),
            "without data": one(MACHINE, {"storageProfile": {"osDisk": {}}}),
            "with keys": machine({}, diskEncryptionSet={"id": "/set"}),
        },
        unknown=machine({"encryptionAtHost": UNKNOWN}),
    ),
    Fixture(
        "azure-security-group-guarded",
        violating={
            "SSH for the internet": rule("22"),
            "a range of ports for everybody": rule("3000-4000", "*"),
            "every port for half of the internet": rule("*", "0.0.0.0/1"),
            "one of several ports": rule("", "Internet", destinationPortRanges=["443", "5432"]),
        },
        clean={
            "HTTPS for the internet": rule("443"),
            "SSH from an office": rule("22", "198.51.100.0/24"),
            "SSH from the network": rule("22", "VirtualNetwork"),
            "a refusal": rule("22", access="Deny"),
            "a way out": rule("22", direction="Outbound"),
        },
        unknown=rule("22", UNKNOWN),
        words={"SSH for the internet": "port 22 (SSH)"},
    ),
    Fixture(
        "azure-machine-unreachable",
        violating={
            "an address": one(INTERFACE, {"ipConfigurations": [{"name": "a", "publicIPAddress": {"id": "/a"}}]})
        },
        clean={"none": one(INTERFACE, {"ipConfigurations": [{"name": "a"}]})},
        unknown=one(INTERFACE, {"ipConfigurations": UNKNOWN}),
    ),
    Fixture(
        "azure-entry-encrypted",
        violating={
            "a plain listener": one(
                GATEWAY,
                {
                    **ENTRY,
                    "requestRoutingRules": [{"name": "on", "httpListener": {"id": "/x/httpListeners/plain"}}],
                },
            ),
            "plain backends": one(
                GATEWAY, {**ENTRY, "backendHttpSettingsCollection": [{"name": "pods", "protocol": "Http"}]}
            ),
        },
        clean={"an entry": one(GATEWAY, ENTRY)},
        unknown=one(GATEWAY, {**ENTRY, "httpListeners": UNKNOWN}),
    ),
    Fixture(
        "azure-cluster-guarded",
        violating={
            "an API for everybody": one(CLUSTER, {**GUARDED, "apiServerAccessProfile": {}}),
            "an API for most": one(
                CLUSTER, {**GUARDED, "apiServerAccessProfile": {"authorizedIPRanges": ["0.0.0.0/1"]}}
            ),
            "local accounts": one(CLUSTER, {**GUARDED, "disableLocalAccounts": False}),
            "rights of its own": one(CLUSTER, {**GUARDED, "aadProfile": {"enableAzureRBAC": False}}),
            "network policies without effect": one(CLUSTER, {**GUARDED, "networkProfile": {}}),
        },
        clean={
            "private": one(CLUSTER, GUARDED),
            "for an office": one(
                CLUSTER, {**GUARDED, "apiServerAccessProfile": {"authorizedIPRanges": ["198.51.100.0/24"]}}
            ),
        },
        unknown=one(CLUSTER, {**GUARDED, "disableLocalAccounts": UNKNOWN}),
    ),
    Fixture(
        "azure-logs-sent",
        violating={"the logs of something else": told(urn(STORAGE, "other"))},
        clean={"its logs": told(urn(VAULT, "vault"))},
        unknown=graph(resource(VAULT, "vault", {}), resource(SETTING, "setting", {"resourceUri": UNKNOWN})),
    ),
)
