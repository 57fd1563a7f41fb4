"""Rules of what keeps state on Azure: TLS, no open address, protected, backed up, and keys that cannot be purged."""

from collections.abc import Iterator

from pulumi_policy import ResourceValidationArgs

from policies.rule import Properties, group, items, resource_rule
from policies.stores import PROTECTED_TIERS

STORAGE = "azure-native:storage:StorageAccount"
VAULT = "azure-native:keyvault:Vault"
REGISTRY = "azure-native:containerregistry:Registry"
MYSQL, POSTGRESQL = "azure-native:dbformysql:Server", "azure-native:dbforpostgresql:Server"
MYSQL_PARAMETER, POSTGRESQL_PARAMETER = (
    "azure-native:dbformysql:Configuration",
    "azure-native:dbforpostgresql:Configuration",
)
REDIS, REDIS_DATABASE = "azure-native:redisenterprise:RedisEnterprise", "azure-native:redisenterprise:Database"
GATEWAY = "azure-native:network:ApplicationGateway"
MACHINE = "azure-native:compute:VirtualMachine"
BACKUP_VAULT = "azure-native:dataprotection:BackupVault"

STRONG_TLS = frozenset({"TLS1_2", "TLS1_3", "1.2", "1.3", "TLSv1_2", "TLSv1_3"})
STRONG_POLICIES = frozenset({"AppGwSslPolicy20170401S", "AppGwSslPolicy20220101", "AppGwSslPolicy20220101S"})
"""Predefined policies of an Application Gateway that begin with TLS 1.2 (Application Gateway documentation, TLS policy overview, 2025)."""
NO_TLS = {"require_secure_transport": "off", "ssl_min_protocol_version": "tlsv1"}


def _tls(args: ResourceValidationArgs) -> Iterator[str]:
    props = args.props
    if args.resource_type == STORAGE:
        if props.get("minimumTlsVersion") not in STRONG_TLS:
            yield f"minimumTlsVersion is {props.get('minimumTlsVersion')!r}, not TLS1_2 or later"
        if props.get("enableHttpsTrafficOnly") is False:
            yield "enableHttpsTrafficOnly is false: the account answers without TLS"
    if args.resource_type == REDIS and props.get("minimumTlsVersion", "1.2") not in STRONG_TLS:
        yield f"minimumTlsVersion is {props.get('minimumTlsVersion')!r}, not 1.2 or later"
    if args.resource_type == REDIS_DATABASE and props.get("clientProtocol", "Encrypted") != "Encrypted":
        yield "clientProtocol is not Encrypted: the store answers without TLS"
    if args.resource_type == GATEWAY:
        policy = group(props, "sslPolicy")
        minimum, name = policy.get("minProtocolVersion"), policy.get("policyName")
        if minimum not in STRONG_TLS and name not in STRONG_POLICIES:
            yield "sslPolicy admits versions of TLS before 1.2"
    if args.resource_type in (MYSQL_PARAMETER, POSTGRESQL_PARAMETER):
        name, value = props.get("configurationName"), str(props.get("value", "")).lower()
        if name in NO_TLS and value == NO_TLS[name]:
            yield f"{name} is {value}: the server answers without TLS, or with an old version of it"


def _closed(args: ResourceValidationArgs) -> Iterator[str]:
    props = args.props
    if args.resource_type == STORAGE:
        if props.get("allowBlobPublicAccess") is not False:
            yield "allowBlobPublicAccess is not false: a container could be made public"
        open_ = props.get("publicNetworkAccess", "Enabled") == "Enabled"
        if open_ and group(props, "networkRuleSet").get("defaultAction") != "Deny":
            yield "the account answers the whole internet: networkRuleSet.defaultAction is not Deny"
    if args.resource_type == VAULT:
        inner = group(props, "properties")
        if (
            inner.get("publicNetworkAccess") != "Disabled"
            and group(inner, "networkAcls").get("defaultAction") != "Deny"
        ):
            yield "the vault answers the whole internet: networkAcls.defaultAction is not Deny"
    if args.resource_type == REGISTRY:
        if props.get("adminUserEnabled"):
            yield "adminUserEnabled is true: a password opens the registry"
        if props.get("anonymousPullEnabled"):
            yield "anonymousPullEnabled is true: everybody pulls images"
    if args.resource_type in (MYSQL, POSTGRESQL) and group(props, "network").get("publicNetworkAccess") != "Disabled":
        delegated = group(props, "network").get("delegatedSubnetResourceId")
        if not delegated:
            yield "network.publicNetworkAccess is not Disabled: the server has a public address"
    if args.resource_type == REDIS and props.get("publicNetworkAccess") != "Disabled":
        yield "publicNetworkAccess is not Disabled: the store has a public address"


def _protected(args: ResourceValidationArgs) -> Iterator[str]:
    replica = args.props.get("createMode") == "Replica"
    if args.resource_type == STORAGE and args.props.get("kind") != "FileStorage":
        return  # Logs and records of connections are copies of what happened; shared files are state.
    if group(args.props, "tags").get("apim:tier") in PROTECTED_TIERS and not replica and not args.opts.protect:
        yield "the resource option protect is not set: what keeps state in this tier could be deleted by a wrong edit"


def _backed_up(args: ResourceValidationArgs) -> Iterator[str]:
    days = group(args.props, "backup").get("backupRetentionDays")
    if args.props.get("createMode") != "Replica" and not days:
        yield f"backup.backupRetentionDays is {days!r}: no automatic backup is said to be kept"


def _unpurgeable(args: ResourceValidationArgs) -> Iterator[str]:
    inner = group(args.props, "properties")
    if not inner.get("enablePurgeProtection") and group(args.props, "tags").get("apim:tier") in PROTECTED_TIERS:
        yield "properties.enablePurgeProtection is not true: keys could be lost for ever by one deletion"
    if not inner.get("enableRbacAuthorization"):
        yield "properties.enableRbacAuthorization is not true: access policies would stand beside roles"


def _soft_deleted(args: ResourceValidationArgs) -> Iterator[str]:
    security = group(group(args.props, "properties"), "securitySettings")
    if group(security, "softDeleteSettings").get("state") not in ("On", "AlwaysOn"):
        yield "softDeleteSettings.state is not On: a deleted backup is gone at once"


def _encrypted(args: ResourceValidationArgs) -> Iterator[str]:
    profile = group(args.props, "storageProfile")
    disks: list[Properties] = items(profile, "dataDisks")
    if not disks:
        return
    at_host = group(args.props, "securityProfile").get("encryptionAtHost")
    keyed = all("diskEncryptionSet" in list(group(disk, "managedDisk")) for disk in disks)
    if not at_host and not keyed:
        yield "neither securityProfile.encryptionAtHost nor a disk encryption set for every data disk: caches of the host are not encrypted"


AZURE_STORE_POLICIES = (
    resource_rule(
        "azure-tls-minimum",
        "Stores, storage and entry of Azure speak TLS 1.2 or later.",
        (STORAGE, REDIS, REDIS_DATABASE, GATEWAY, MYSQL_PARAMETER, POSTGRESQL_PARAMETER),
        _tls,
        fix="Set the smallest version of TLS to 1.2, and leave TLS on.",
    ),
    resource_rule(
        "azure-store-closed",
        "Nothing that keeps state on Azure answers the whole internet.",
        (STORAGE, VAULT, REGISTRY, MYSQL, POSTGRESQL, REDIS),
        _closed,
        fix="Switch the public address off, or let its firewall deny by default; use identities in the place of passwords.",
    ),
    resource_rule(
        "azure-store-protected",
        "What keeps state in production on Azure is protected against deletion.",
        (MYSQL, POSTGRESQL, REDIS, STORAGE, VAULT, BACKUP_VAULT),
        _protected,
        fix="Set deletion_protection (the tier prd does so by default).",
    ),
    resource_rule(
        "azure-store-backed-up",
        "Database servers on Azure say how long they keep automatic backups.",
        (MYSQL, POSTGRESQL),
        _backed_up,
        fix="Set backup_retention_days of the store to at least 1.",
    ),
    resource_rule(
        "azure-vault-unpurgeable",
        "Vaults of production cannot be purged, and are opened by roles alone.",
        (VAULT,),
        _unpurgeable,
        fix="Set enablePurgeProtection and enableRbacAuthorization.",
    ),
    resource_rule(
        "azure-backups-taken-back",
        "Deleted backups can be taken back.",
        (BACKUP_VAULT,),
        _soft_deleted,
        fix="Set softDeleteSettings.state to On.",
    ),
    resource_rule(
        "azure-machine-encrypted",
        "Data disks of machines on Azure are encrypted where they are cached, too.",
        (MACHINE,),
        _encrypted,
        fix="Set securityProfile.encryptionAtHost, or give every disk a disk encryption set.",
    ),
)
