"""Names of resources that are unique in the whole of Azure, or have an alphabet of their own."""

import hashlib

import pulumi

DIGITS = 6
"""Hexadecimal digits of the digest that makes a name unique among subscriptions."""


def unique_name(
    prefix: str, subscription_id: pulumi.Input[str], longest: int, separator: str = "-"
) -> pulumi.Output[str]:
    """Return a name that no other stack and no other subscription has: the prefix as far as it fits, and a digest of both.

    `separator` replaces the hyphens of the prefix and stands before the digest: "" for names of letters and digits alone (storage accounts,
    registries). The same stack in the same subscription always has the same name.
    """
    kept = prefix.replace("-", separator)[: longest - DIGITS - len(separator)].rstrip("-")

    def named(subscription: str) -> str:
        digest = hashlib.sha256(f"{subscription}/{prefix}".encode()).hexdigest()[:DIGITS]
        return f"{kept}{separator}{digest}"

    return pulumi.Output.from_input(subscription_id).apply(named)
