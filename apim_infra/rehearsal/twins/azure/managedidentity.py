"""Federated credentials of user-assigned identities: how many, for whom, and one after another."""

from collections.abc import Iterator

from apim_infra.rehearsal.provider import Problem
from apim_infra.rehearsal.twins.azure import ids
from apim_infra.rehearsal.twins.azure.context import Context
from apim_infra.rehearsal.twins.cloud.values import is_list

CREDENTIAL = "azure-native:managedidentity:FederatedIdentityCredential"
AUDIENCE = "api://AzureADTokenExchange"
MOST, LONGEST = 20, 600
"""Most credentials of an identity, and longest issuer, subject and audience."""
LIMITS = "Microsoft Entra, considerations and restrictions of federated identity credentials, 2024"
LOGS = "Messages of Azure in public deployment logs, 2025"


def _number(context: Context) -> Iterator[Problem]:
    if context.old is None and sum(1 for _ in context.siblings()) >= MOST:
        name = ids.name_of(ids.parent_of(context.id))
        message = f"The identity {name} has {MOST} federated identity credentials: it takes no more."
        yield context.problem("BadRequest", message, "", "make another identity", LIMITS)


def _pair(context: Context) -> Iterator[Problem]:
    issuer, subject = context.value("issuer"), context.value("subject")
    for other in context.siblings():
        if not other.assumed and (other.inputs.get("issuer"), other.inputs.get("subject")) == (issuer, subject):
            message = "Issuer and subject combination already exists for this Managed Identity."
            hint = f"leave one of them out: {ids.name_of(other.id)} is for the same pipeline"
            yield context.problem("Conflict", message, "subject", hint, LIMITS)
            return


def _texts(context: Context) -> Iterator[Problem]:
    issuer = context.value("issuer")
    if isinstance(issuer, str) and not issuer.startswith("https://"):
        message = f"The issuer '{issuer}' is no address of OpenID Connect: it begins with https://."
        yield context.problem("BadRequest", message, "issuer", "write the issuer of the tokens", LIMITS)
    for name in ("issuer", "subject"):
        text = context.value(name)
        if isinstance(text, str) and not 0 < len(text) <= LONGEST:
            message = f"The {name} has {len(text)} characters: 1 to {LONGEST} are allowed."
            yield context.problem("BadRequest", message, name, "", LIMITS)


def _audience(context: Context) -> Iterator[Problem]:
    given = context.inputs.get("audiences")
    if is_list(given) and len(given) != 1:
        message = f"A federated identity credential has one audience, not {len(given)}."
        yield context.problem("BadRequest", message, "audiences", f"write [{AUDIENCE}]", LIMITS)
        return
    for path, audience in context.at("audiences[*]"):
        if audience != AUDIENCE:
            message = f"Entra takes tokens for '{AUDIENCE}'; '{audience}' is for another cloud, or mistyped."
            yield context.warning("BadRequest", message, path, f"write {AUDIENCE}", LIMITS)


def _order(context: Context) -> Iterator[Problem]:
    """Yield a problem for a credential of the same identity that nothing keeps from being written at the same time."""
    if context.request.needs is None:
        return
    world = context.world
    for other in context.siblings():
        if other.assumed or other.urn not in world.needs or other.urn == context.urn:
            continue
        if not (world.reaches(context.urn, other.urn) or world.reaches(other.urn, context.urn)):
            message = (
                "Too many Federated Identity Credentials are written concurrently for the managed identity "
                f"'{ids.parent_of(context.id)}'."
            )
            hint = f"let it depend on '{other.urn.rsplit('::', 1)[-1]}', so that one is written after the other"
            code = "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity"
            yield context.problem(code, message, "", hint, LOGS)
            return


RULES = {CREDENTIAL: (_number, _pair, _texts, _audience, _order)}
