"""Wrong requests for identities, their credentials, roles and locks."""

from azure_cases.case import Case, Step
from azure_cases.given import IDENTITY, STORAGE, VAULT

FEDERATION, ROLES, LOCKS = "Federated credentials", "Role assignments", "Locks"
ISSUER = "https://token.actions.githubusercontent.com"
AUDIENCE = "api://AzureADTokenExchange"


def credential(name: str, subject: str, after: tuple[str, ...] = ()) -> Step:
    """Return a credential of the identity."""
    return Step(
        "managedidentity:FederatedIdentityCredential",
        name,
        {
            "resourceName": "${identity.name}",
            "federatedIdentityCredentialResourceName": name,
            "issuer": ISSUER,
            "subject": subject,
            "audiences": [AUDIENCE],
        },
        after,
    )


FIRST = credential("first", "repo:example/images:environment:dev")
SECOND = credential("second", "repo:example/images:environment:stg", ("first",))
TWENTY = tuple(
    credential(
        f"number-{number}", f"repo:example/images:environment:{number}", (f"number-{number - 1}",) if number else ()
    )
    for number in range(20)
)
RIGHT = Step(
    "authorization:RoleAssignment",
    "right",
    {
        "roleAssignmentName": "6d2b1f1e-6a3c-4d8e-9a55-000000000001",
        "scope": "${account.id}",
        "principalId": "${identity.principalId}",
        "principalType": "ServicePrincipal",
        "roleDefinitionId": (
            "/subscriptions/00000000-0000-4000-8000-000000000001/providers/Microsoft.Authorization/roleDefinitions/"
            "acdd72a7-3385-48ef-bd42-f606fba81ae7"
        ),
    },
)
AGAIN = Step(RIGHT.token, "again", {**RIGHT.inputs, "roleAssignmentName": "6d2b1f1e-6a3c-4d8e-9a55-000000000002"})
ELSEWHERE = AGAIN.but(scope="${vault.id}")
LOCK = Step(
    "authorization:ManagementLockByScope",
    "lock",
    {"lockName": "lock", "scope": "${account.id}", "level": "CanNotDelete"},
)
SOMEBODY = (STORAGE, IDENTITY)

CASES = (
    Case(
        FEDERATION,
        "twenty-first credential",
        credential("last", "repo:example/other:ref:refs/heads/main", ("number-19",)),
        "BadRequest",
        given=(IDENTITY, *TWENTY),
        holders=("number-3",),
    ),
    Case(
        FEDERATION,
        "two credentials for one pipeline",
        credential("second", "repo:example/images:environment:dev", ("first",)),
        "Conflict",
        SECOND,
        given=(IDENTITY, FIRST),
        path="subject",
    ),
    Case(
        FEDERATION,
        "issuer without TLS",
        FIRST.but(issuer="http://tokens.example.com"),
        "BadRequest",
        FIRST,
        given=(IDENTITY,),
        path="issuer",
    ),
    Case(
        FEDERATION,
        "subject without a word",
        FIRST.but(subject=""),
        "BadRequest",
        FIRST,
        given=(IDENTITY,),
        path="subject",
    ),
    Case(
        FEDERATION,
        "two audiences",
        FIRST.but(audiences=[AUDIENCE, "sts"]),
        "BadRequest",
        FIRST,
        given=(IDENTITY,),
        path="audiences",
    ),
    Case(
        FEDERATION,
        "audience that Entra does not know",
        FIRST.but(audiences=["api://AzureADTokenExchangeUSGov"]),
        "BadRequest",
        FIRST,
        given=(IDENTITY,),
        warning=True,
        path="audiences[0]",
    ),
    Case(
        FEDERATION,
        "two credentials of one identity at the same time",
        credential("second", "repo:example/images:environment:stg"),
        "ConcurrentFederatedIdentityCredentialsWritesForSingleManagedIdentity",
        SECOND,
        given=(IDENTITY, FIRST),
    ),
    Case(
        FEDERATION,
        "credential with a name of two letters",
        FIRST.but(federatedIdentityCredentialResourceName="ab"),
        "InvalidResourceName",
        FIRST,
        given=(IDENTITY,),
    ),
    Case(ROLES, "the same right twice", AGAIN, "RoleAssignmentExists", ELSEWHERE, given=(*SOMEBODY, VAULT, RIGHT)),
    Case(
        ROLES,
        "name that is no GUID",
        RIGHT.but(roleAssignmentName="reader"),
        "InvalidRoleAssignmentId",
        RIGHT,
        given=SOMEBODY,
    ),
    Case(
        ROLES,
        "resource id in the place of an object id",
        RIGHT.but(principalId="${identity.name}"),
        "InvalidPrincipalId",
        RIGHT,
        given=SOMEBODY,
        path="principalId",
    ),
    Case(
        ROLES,
        "client id in the place of an object id",
        RIGHT.but(principalId="${identity.clientId}"),
        "PrincipalNotFound",
        RIGHT,
        given=SOMEBODY,
        path="principalId",
    ),
    Case(
        ROLES,
        "new identity without the type of the principal",
        RIGHT.but(principalType=None),
        "PrincipalNotFound",
        RIGHT,
        given=SOMEBODY,
        warning=True,
        path="principalType",
    ),
    Case(
        ROLES,
        "identity called a group",
        RIGHT.but(principalType="Group"),
        "UnmatchedPrincipalType",
        RIGHT,
        given=SOMEBODY,
        path="principalType",
    ),
    Case(
        LOCKS,
        "notes that are too long",
        LOCK.but(notes="x" * 513),
        "InvalidRequestContent",
        LOCK,
        given=(STORAGE,),
        path="notes",
    ),
    Case(
        LOCKS,
        "lock that locks nothing",
        LOCK.but(level="NotSpecified"),
        "InvalidRequestContent",
        LOCK,
        given=(STORAGE,),
        warning=True,
        path="level",
    ),
)
