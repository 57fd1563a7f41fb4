"""Uniform resource names as Pulumi's engine makes them.

`urn:pulumi:{stack}::{project}::{type of every ancestor, root stack left out, joined by $}${type}::{name}`; a name may itself contain `::`.
Rule: `sdk/go/common/resource/urn/urn.go` and `pkg/resource/deploy/deployment.go` (`generateURN`) of pulumi/pulumi, August 2026.
"""

PREFIX = "urn:pulumi:"
ROOT_STACK_TYPE = "pulumi:pulumi:Stack"
PROVIDER_PREFIX = "pulumi:providers:"


def make(stack: str, project: str, parent: str, type_: str, name: str) -> str:
    """Return the URN of a resource; `parent` is the parent's URN or empty."""
    qualified = type_
    if parent:
        parents = qualified_type(parent)
        if parents != ROOT_STACK_TYPE:
            qualified = f"{parents}${type_}"
    return f"{PREFIX}{stack}::{project}::{qualified}::{name}"


def valid(urn: str) -> bool:
    """Tell whether a text has the form of a URN."""
    return urn.startswith(PREFIX) and urn.count("::") >= 3


def qualified_type(urn: str) -> str:
    """Return the type with the types of its ancestors."""
    return urn.split("::", 3)[2]


def type_of(urn: str) -> str:
    """Return the type token alone."""
    return qualified_type(urn).rpartition("$")[2]


def name_of(urn: str) -> str:
    """Return the resource's name."""
    return urn.split("::", 3)[3]


def package_of(type_: str) -> str:
    """Return the package of a type token: `aws` of `aws:ec2/vpc:Vpc` and of `pulumi:providers:aws`."""
    if type_.startswith(PROVIDER_PREFIX):
        return type_.removeprefix(PROVIDER_PREFIX)
    return type_.partition(":")[0]


def is_provider(type_: str) -> bool:
    """Tell whether a type token is that of a provider resource."""
    return type_.startswith(PROVIDER_PREFIX)


def split_reference(reference: str) -> tuple[str, str]:
    """Split a provider reference `urn::id` into its two parts; both are empty when it is."""
    urn, _, identifier = reference.rpartition("::")
    return urn, identifier
