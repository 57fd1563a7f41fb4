"""external-dns: publishes the names that services ask for in a zone of the cloud."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, NotRequired, TypedDict

import pulumi

from components.common import after, refuse
from components.kubernetes.helm_release import helm_release, pinned, sized
from components.kubernetes.pods import AZURE_IDENTITY, Placement, scheduling

ADDON = "external-dns"


class AzureZone(TypedDict):
    """Where a zone is on Azure, and who may write to it."""

    tenant_id: pulumi.Input[str]
    """Tenant of the identity."""
    subscription_id: pulumi.Input[str]
    """Subscription of the zone."""
    resource_group: pulumi.Input[str]
    """Resource group of the zone."""
    identity_client_id: pulumi.Input[str]
    """Client id of the identity that its service account takes."""


class ExternalDnsArgs(TypedDict):
    """Inputs of external-dns."""

    namespace: pulumi.Input[str]
    """Namespace of the release."""
    placement: Placement
    """Pool on which it runs."""
    watched_namespace: str
    """Namespace whose services may ask for names, by the annotation `external-dns.alpha.kubernetes.io/hostname`."""
    domain: str
    """Domain under which names are published; its zone exists."""
    owner: str
    """What its records are marked with, so that it touches no record of anybody else."""
    excluded: NotRequired[list[str]]
    """Names that it never publishes, such as the platform's own; none by default."""
    azure: NotRequired[AzureZone]
    """The zone on Azure; Route53 by default."""
    metrics: NotRequired[bool]
    """Whether it is measured, which needs the kinds of the monitoring stack; false by default."""


class ExternalDns(pulumi.ComponentResource):
    """external-dns. Records are made and changed, never deleted with their service: a name that is gone by mistake is an outage. Child: `release`."""

    def __init__(self, name: str, args: ExternalDnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("apim:kubernetes:ExternalDns", name, {}, opts)
        refuse(name, _problems(args))
        self.release = helm_release(
            f"{name}-release", ADDON, pinned(ADDON), args["namespace"], _values(args), opts=after(self, opts)
        )
        self.register_outputs({})


def _problems(args: ExternalDnsArgs) -> Iterator[tuple[str, str]]:
    for host in args.get("excluded", []):
        if not host.endswith(f".{args['domain']}"):
            yield "excluded", f"{host} is not under {args['domain']}, so it would not be published anyway: leave it out"


def _values(args: ExternalDnsArgs) -> dict[str, Any]:
    return {
        "fullnameOverride": ADDON,
        "sources": ["service"],
        "namespaced": False,
        "sourceNamespace": args["watched_namespace"],
        "policy": "upsert-only",
        "registry": "txt",
        "txtOwnerId": args["owner"],
        "txtPrefix": "external-dns-",
        "domainFilters": [args["domain"]],
        "excludeDomains": args.get("excluded", []),
        "managedRecordTypes": ["A", "AAAA", "CNAME"],
        "logFormat": "json",
        "resources": sized(ADDON, "controller"),
        "serviceMonitor": {"enabled": args.get("metrics", False)},
        **_provider(args),
        **scheduling(args["placement"]),
    }


def _provider(args: ExternalDnsArgs) -> Mapping[str, Any]:
    """Return which cloud keeps the zone, and how it is called: by the rights of the service account, never by a key."""
    if "azure" not in args:
        return {"provider": {"name": "aws"}, "serviceAccount": {"create": True, "name": ADDON}}
    zone = args["azure"]
    configuration = pulumi.Output.all(zone["tenant_id"], zone["subscription_id"], zone["resource_group"]).apply(
        lambda found: json.dumps(
            {
                "tenantId": found[0],
                "subscriptionId": found[1],
                "resourceGroup": found[2],
                "useWorkloadIdentityExtension": True,
            }
        )
    )
    return {
        "provider": {"name": "azure"},
        "serviceAccount": {
            "create": True,
            "name": ADDON,
            "labels": AZURE_IDENTITY,
            "annotations": {"azure.workload.identity/client-id": zone["identity_client_id"]},
        },
        "podLabels": AZURE_IDENTITY,
        # The chart keeps the file in a secret; there is no secret in it.
        "secretConfiguration": {
            "enabled": True,
            "mountPath": "/etc/kubernetes/",
            "data": {"azure.json": configuration},
        },
    }
