"""Data sources about the caller, and those that show keys."""

import hashlib
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from apim_infra.rehearsal.twins.azure.inquiries import Answer, Inquiry

CLIENT = "a7a7a7a7-0000-4000-8000-00000000c11e"
OBJECT = "a7a7a7a7-0000-4000-8000-0000000000b1"


def _client(inquiry: Inquiry) -> Mapping[str, Any]:
    return {
        "clientId": CLIENT,
        "objectId": OBJECT,
        "subscriptionId": inquiry.subscription,
        "tenantId": inquiry.tenant,
    }


def _made_up(inquiry: Inquiry, arm_id: str, which: int, length: int) -> str:
    digest = hashlib.shake_256(f"{inquiry.seed}/{arm_id}/{which}".encode()).digest(length)
    return b64encode(digest).decode()


def _storage_keys(inquiry: Inquiry) -> Mapping[str, Any]:
    account = inquiry.thing("azure-native:storage:StorageAccount")
    keys = [
        {"keyName": f"key{which}", "permissions": "FULL", "value": _made_up(inquiry, account.id, which, 64)}
        for which in (1, 2)
    ]
    return {"keys": keys}


def _redis_keys(inquiry: Inquiry) -> Mapping[str, Any]:
    database = inquiry.thing("azure-native:redisenterprise:Database")
    return {
        "primaryKey": _made_up(inquiry, database.id, 1, 32),
        "secondaryKey": _made_up(inquiry, database.id, 2, 32),
    }


def _workspace_keys(inquiry: Inquiry) -> Mapping[str, Any]:
    workspace = inquiry.thing("azure-native:operationalinsights:Workspace")
    return {
        "primarySharedKey": _made_up(inquiry, workspace.id, 1, 64),
        "secondarySharedKey": _made_up(inquiry, workspace.id, 2, 64),
    }


def _registry_credentials(inquiry: Inquiry) -> Mapping[str, Any]:
    registry = inquiry.thing("azure-native:containerregistry:Registry")
    if not registry.inputs.get("adminUserEnabled") and not registry.assumed:
        message = f"The admin user of the registry {registry['name']} is disabled"
        raise inquiry.refuse("UnAuthorizedForCredentialOperations", message, "registryName", "use identities")
    passwords = [
        {"name": name, "value": _made_up(inquiry, registry.id, which, 32)}
        for which, name in enumerate(("password", "password2"))
    ]
    return {"username": registry["name"], "passwords": passwords}


def _event_hub_keys(inquiry: Inquiry) -> Mapping[str, Any]:
    rule = inquiry.thing("azure-native:eventhub:EventHubAuthorizationRule")
    return _connection(inquiry, rule.id, str(inquiry.arguments.get("eventHubName")))


def _event_namespace_keys(inquiry: Inquiry) -> Mapping[str, Any]:
    rule = inquiry.thing("azure-native:eventhub:NamespaceAuthorizationRule")
    return _connection(inquiry, rule.id, "")


def _connection(inquiry: Inquiry, arm_id: str, hub: str) -> Mapping[str, Any]:
    host, name = inquiry.arguments.get("namespaceName"), arm_id.rpartition("/")[2]
    key = _made_up(inquiry, arm_id, 1, 32)
    path = f";EntityPath={hub}" if hub else ""
    text = f"Endpoint=sb://{host}.servicebus.windows.net/;SharedAccessKeyName={name};SharedAccessKey={key}{path}"
    return {"keyName": name, "primaryKey": key, "primaryConnectionString": text}


ANSWERS: Mapping[str, Answer] = {
    "azure-native:authorization:getClientConfig": _client,
    "azure-native:storage:listStorageAccountKeys": _storage_keys,
    "azure-native:redisenterprise:listDatabaseKeys": _redis_keys,
    "azure-native:operationalinsights:getSharedKeys": _workspace_keys,
    "azure-native:operationalinsights:getWorkspaceSharedKeys": _workspace_keys,
    "azure-native:containerregistry:listRegistryCredentials": _registry_credentials,
    "azure-native:eventhub:listEventHubKeys": _event_hub_keys,
    "azure-native:eventhub:listNamespaceKeys": _event_namespace_keys,
}
