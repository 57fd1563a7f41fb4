"""Rules of the ways in on Azure: zones that are brought along, the Application Gateway and its certificate."""

import re
from collections.abc import Iterator

from apim_infra.findings import Finding, Severity
from apim_infra.settings.environment import Cloud
from apim_infra.settings.ingress import ApplicationGateway, FirewallMode
from apim_infra.settings.stack import StackSettings
from apim_infra.settings.violations import Violation

OWN_AUTHORITY = "own-authority"
"""Name of the rule that warns of a certificate that no client trusts by itself."""

_GROUP = r"/subscriptions/[0-9a-f-]{36}/resourceGroups/[\w.()-]{1,90}/providers"
_SECRET = re.compile(
    r"https://(?P<vault>[a-z][a-z0-9-]{1,22}[a-z0-9])\.vault\.azure\.net/secrets/[a-z0-9-]{1,127}(/[0-9a-f]{32})?/?",
    re.IGNORECASE,
)
_VAULT = re.compile(rf"{_GROUP}/Microsoft\.KeyVault/vaults/(?P<vault>[a-z][a-z0-9-]{{1,22}}[a-z0-9])", re.IGNORECASE)
_ZONES = {"public": "dnsZones", "private": "privateDnsZones"}


def entry_violations(settings: StackSettings) -> Iterator[Violation]:
    """Yield what is wrong with the ways in; nothing on another cloud, which has rules of its own."""
    if settings.cloud is not Cloud.AZURE:
        return
    yield from _zones(settings)
    gateway = settings.ingress.application_gateway
    if gateway is not None:
        yield from _gateway(settings, gateway)


def entry_notices(settings: StackSettings) -> Iterator[Finding]:
    """Yield a warning where the certificate of the Application Gateway is by an authority that clients do not know."""
    gateway = settings.ingress.application_gateway
    if gateway is not None and settings.ingress.public.enabled and gateway.certificate_secret_id is None:
        yield Finding(
            Severity.WARNING,
            OWN_AUTHORITY,
            "ingress.application_gateway: its certificate is by an authority of the platform's own, which clients do not trust by themselves, "
            "and which deployments alone renew",
            fix="give certificate_secret_id and certificate_vault_id of a certificate in Key Vault",
        )


def _zones(settings: StackSettings) -> Iterator[Violation]:
    """Yield zones that are named in another way than Azure's, or that are of another domain."""
    given = {"public": settings.ingress.dns.public_zone_id, "private": settings.ingress.dns.private_zone_id}
    for kind, zone_id in given.items():
        if zone_id is None:
            continue
        path, type_ = f"ingress.dns.{kind}_zone_id", _ZONES[kind]
        match = re.fullmatch(rf"{_GROUP}/Microsoft\.Network/{type_}/(?P<zone>[a-z0-9._-]+)", zone_id, re.IGNORECASE)
        if match is None:
            pattern = f"/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.Network/{type_}/<domain>"
            yield Violation(path, zone_id, f"must be the resource id of a {kind} zone", f"write it like {pattern}")
        elif match["zone"].lower() != settings.company_domain.lower():
            yield Violation(
                path,
                zone_id,
                f"must be a zone of company_domain ({settings.company_domain})",
                "name the zone of the domain, or change company_domain",
            )


def _gateway(settings: StackSettings, gateway: ApplicationGateway) -> Iterator[Violation]:
    path = "ingress.application_gateway"
    if not settings.ingress.public.enabled:
        yield Violation(
            path,
            None,
            "has no effect without public hosts",
            "remove it, or set ingress.public.enabled to true",
        )
    if not gateway.firewall and gateway.firewall_mode is not FirewallMode.PREVENTION:
        yield Violation(
            f"{path}.firewall_mode",
            gateway.firewall_mode,
            "has no effect without a firewall",
            "remove it, or set firewall to true",
        )
    yield from _certificate(path, gateway)


def _certificate(path: str, gateway: ApplicationGateway) -> Iterator[Violation]:
    secret_id, vault_id = gateway.certificate_secret_id, gateway.certificate_vault_id
    if secret_id is None or vault_id is None:
        return
    secret, vault = _SECRET.fullmatch(secret_id), _VAULT.fullmatch(vault_id)
    if secret is None:
        yield Violation(
            f"{path}.certificate_secret_id",
            secret_id,
            "must be the URL of a secret in Key Vault: a gateway reads certificates as secrets",
            "write it like https://<vault>.vault.azure.net/secrets/<certificate>, without a version so that renewed ones are taken up",
        )
    if vault is None:
        pattern = "/subscriptions/<id>/resourceGroups/<group>/providers/Microsoft.KeyVault/vaults/<vault>"
        yield Violation(
            f"{path}.certificate_vault_id", vault_id, "must be the resource id of a vault", f"write it like {pattern}"
        )
    if secret and vault and secret["vault"].lower() != vault["vault"].lower():
        yield Violation(
            f"{path}.certificate_vault_id",
            vault_id,
            f"must be the vault of certificate_secret_id ({secret['vault']})",
            "name the vault that the secret is in",
        )
