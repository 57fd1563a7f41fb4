"""Outputs that programs read: addresses, host names and identifiers that Azure makes up beside what a program asks for."""

from collections.abc import Mapping
from typing import Any

from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.azure.table import Companion, Outputs
from apim_infra.rehearsal.twins.cloud.values import is_list, is_mapping

SERVICES = ("blob", "file", "queue", "table", "dfs", "web")


def _octets(context: Context, salt: str = "address") -> tuple[int, int]:
    digits = context.hexadecimal(4, salt)
    return int(digits[:2], 16), int(digits[2:], 16) % 254 + 1


def _public_address(context: Context) -> Mapping[str, Any]:
    third, last = _octets(context)
    found: dict[str, Any] = {"ipAddress": f"20.50.{third}.{last}", "resourceGuid": context.guid("resource")}
    label = context.value("dnsSettings.domainNameLabel")
    if label:
        settings = context.inputs["dnsSettings"]
        found["dnsSettings"] = {**settings, "fqdn": f"{label}.{context.location}.cloudapp.azure.com"}
    return found


def _public_prefix(context: Context) -> Mapping[str, Any]:
    third, last = _octets(context)
    length = int(context.value("prefixLength", 31))
    size = 2 ** max(0, 32 - length)
    return {"ipPrefix": f"20.51.{third}.{last // size * size}/{length}", "resourceGuid": context.guid("resource")}


def _resource_guid(context: Context) -> Mapping[str, Any]:
    return {"resourceGuid": context.guid("resource")}


def _interface(context: Context) -> Mapping[str, Any]:
    configurations = context.inputs.get("ipConfigurations")
    address = f"10.0.{_octets(context)[0]}.{_octets(context)[1]}"
    if not is_list(configurations):
        return {}
    return {
        "ipConfigurations": [
            {"privateIPAddress": address, "id": f"{context.id}/ipConfigurations/{item.get('name', 'ipconfig')}", **item}
            for item in configurations
            if is_mapping(item)
        ]
    }


def _private_endpoint(context: Context) -> Mapping[str, Any]:
    name = context.value("customNetworkInterfaceName") or f"{context.name}.nic.{context.guid('nic')}"
    group = context.id.rpartition("/providers/")[0]
    return {"networkInterfaces": [{"id": f"{group}/providers/Microsoft.Network/networkInterfaces/{name}"}]}


def _bastion(context: Context) -> Mapping[str, Any]:
    return {"dnsName": f"bst-{context.guid('bastion')}.bastion.azure.com"}


def _zone(context: Context) -> Mapping[str, Any]:
    server = int(context.hexadecimal(2, "servers"), 16) % 9 + 1
    return {
        "numberOfRecordSets": 2,
        "maxNumberOfRecordSets": 10000,
        "nameServers": [
            f"ns{i}-0{server}.azure-dns.{domain}." for i, domain in enumerate(("com", "net", "org", "info"), start=1)
        ],
    }


def _private_zone(context: Context) -> Mapping[str, Any]:
    return {"numberOfRecordSets": 1, "maxNumberOfRecordSets": 25000, "internalId": context.guid("zone")}


def _record(context: Context) -> Mapping[str, Any]:
    zone = context.value("zoneName") or context.value("privateZoneName") or ""
    name = context.name
    return {"fqdn": f"{zone}." if name == "@" else f"{name}.{zone}."}


def _identity(context: Context) -> Mapping[str, Any]:
    return {
        "principalId": context.guid("principal"),
        "clientId": context.guid("client"),
        "tenantId": context.tenant,
    }


def _vault(context: Context) -> Mapping[str, Any]:
    properties = context.inputs.get("properties")
    known = dict(properties) if is_mapping(properties) else {}
    return {"properties": {**known, "vaultUri": f"https://{context.name}.vault.azure.net/"}}


def _key(context: Context) -> Mapping[str, Any]:
    uri = f"https://{context.value('vaultName')}.vault.azure.net/keys/{context.name}"
    properties = context.inputs.get("properties")
    known = dict(properties) if is_mapping(properties) else {}
    return {**known, "keyUri": uri, "keyUriWithVersion": f"{uri}/{context.hexadecimal(32, 'version')}"}


def _secret(context: Context) -> Mapping[str, Any]:
    uri = f"https://{context.value('vaultName')}.vault.azure.net/secrets/{context.name}"
    properties = context.inputs.get("properties")
    # ARM never shows the value of a secret.
    known = {name: value for name, value in properties.items() if name != "value"} if is_mapping(properties) else {}
    version = f"{uri}/{context.hexadecimal(32, 'version')}"
    return {"properties": {**known, "secretUri": uri, "secretUriWithVersion": version}}


def _registry(context: Context) -> Mapping[str, Any]:
    return {"loginServer": f"{context.name.lower()}.azurecr.io", "creationDate": "2026-01-01T00:00:00Z"}


def _mysql(context: Context) -> Mapping[str, Any]:
    return {"fullyQualifiedDomainName": f"{context.name}.mysql.database.azure.com", "state": "Ready"}


def _postgresql(context: Context) -> Mapping[str, Any]:
    return {"fullyQualifiedDomainName": f"{context.name}.postgres.database.azure.com", "state": "Ready"}


def _redis(context: Context) -> Mapping[str, Any]:
    return {"hostName": f"{context.name}.{context.location}.redis.azure.net", "resourceState": "Running"}


def _redis_database(context: Context) -> Mapping[str, Any]:
    return {"port": int(context.value("port", 10000)), "resourceState": "Running"}


def _storage(context: Context) -> Mapping[str, Any]:
    hosts = {
        service: f"https://{context.name}.{'z6.web' if service == 'web' else service}.core.windows.net/"
        for service in SERVICES
    }
    return {"primaryEndpoints": hosts, "primaryLocation": context.location, "statusOfPrimary": "available"}


def _workspace(context: Context) -> Mapping[str, Any]:
    return {"customerId": context.guid("customer")}


def _monitor_workspace(context: Context) -> Mapping[str, Any]:
    host = f"https://{context.name}-{context.hexadecimal(4, 'host')}.{context.location}.prometheus.monitor.azure.com"
    group = f"/subscriptions/{context.subscription}/resourceGroups/{_managed_group(context)}"
    insights = f"{group}/providers/Microsoft.Insights"
    return {
        "accountId": context.guid("account"),
        "metrics": {"internalId": f"mac_{context.guid('internal')}", "prometheusQueryEndpoint": host},
        "defaultIngestionSettings": {
            "dataCollectionEndpointResourceId": f"{insights}/dataCollectionEndpoints/{context.name}",
            "dataCollectionRuleResourceId": f"{insights}/dataCollectionRules/{context.name}",
        },
    }


def _managed_group(context: Context) -> str:
    return f"MA_{context.name}_{context.location}_managed"


def _monitor_companions(context: Context) -> list[Companion]:
    ingestion = context.outputs["defaultIngestionSettings"]
    group = f"/subscriptions/{context.subscription}/resourceGroups/{_managed_group(context)}"
    name = {"name": context.name, "location": context.location}
    return [
        Companion("azure-native:resources:ResourceGroup", group, outputs={"name": _managed_group(context)}),
        Companion(
            "azure-native:monitor:DataCollectionEndpoint", ingestion["dataCollectionEndpointResourceId"], outputs=name
        ),
        Companion("azure-native:monitor:DataCollectionRule", ingestion["dataCollectionRuleResourceId"], outputs=name),
    ]


def _collection_endpoint(context: Context) -> Mapping[str, Any]:
    host = f"{context.name}-{context.hexadecimal(4, 'host')}.{context.location}-1"
    return {
        "immutableId": f"dce-{context.hexadecimal(32, 'immutable')}",
        "logsIngestion": {"endpoint": f"https://{host}.ingest.monitor.azure.com"},
        "metricsIngestion": {"endpoint": f"https://{host}.metrics.ingest.monitor.azure.com"},
    }


def _collection_rule(context: Context) -> Mapping[str, Any]:
    return {"immutableId": f"dcr-{context.hexadecimal(32, 'immutable')}"}


def _grafana(context: Context) -> Mapping[str, Any]:
    properties = context.inputs.get("properties")
    known = dict(properties) if is_mapping(properties) else {}
    host = f"https://{context.name}-{context.hexadecimal(16, 'host')}.grafana.azure.com"
    return {"properties": {**known, "endpoint": host, "provisioningState": "Succeeded"}}


def _machine(context: Context) -> Mapping[str, Any]:
    return {"vmId": context.guid("machine")}


def _disk(context: Context) -> Mapping[str, Any]:
    return {"uniqueId": context.guid("disk"), "diskState": "Unattached", "timeCreated": "2026-01-01T00:00:00Z"}


def _traffic_controller_frontend(context: Context) -> Mapping[str, Any]:
    return {"fqdn": f"{context.hexadecimal(16, 'frontend')}.fz{context.hexadecimal(2, 'zone')}.alb.azure.com"}


def _event_hubs(context: Context) -> Mapping[str, Any]:
    return {"serviceBusEndpoint": f"https://{context.name}.servicebus.windows.net:443/", "status": "Active"}


OUTPUTS: Mapping[str, Outputs] = {
    f"azure-native:{token}": make
    for token, make in {
        "network:VirtualNetwork": _resource_guid,
        "network:NatGateway": _resource_guid,
        "network:PublicIPAddress": _public_address,
        "network:PublicIPPrefix": _public_prefix,
        "network:NetworkInterface": _interface,
        "network:PrivateEndpoint": _private_endpoint,
        "network:BastionHost": _bastion,
        "dns:Zone": _zone,
        "dns:RecordSet": _record,
        "privatedns:PrivateZone": _private_zone,
        "privatedns:PrivateRecordSet": _record,
        "managedidentity:UserAssignedIdentity": _identity,
        "keyvault:Vault": _vault,
        "keyvault:Key": _key,
        "keyvault:Secret": _secret,
        "containerregistry:Registry": _registry,
        "dbformysql:Server": _mysql,
        "dbforpostgresql:Server": _postgresql,
        "redisenterprise:RedisEnterprise": _redis,
        "redisenterprise:Database": _redis_database,
        "storage:StorageAccount": _storage,
        "operationalinsights:Workspace": _workspace,
        "monitor:AzureMonitorWorkspace": _monitor_workspace,
        "monitor:DataCollectionEndpoint": _collection_endpoint,
        "monitor:DataCollectionRule": _collection_rule,
        "dashboard:Grafana": _grafana,
        "compute:VirtualMachine": _machine,
        "compute:Disk": _disk,
        "servicenetworking:FrontendsInterface": _traffic_controller_frontend,
        "eventhub:Namespace": _event_hubs,
    }.items()
}

COMPANIONS = {"azure-native:monitor:AzureMonitorWorkspace": _monitor_companions}
