"""Names that are too long for what carries them."""

import hashlib

LONGEST_ROLE_NAME = 64
"""Longest name of a role, in characters (IAM user guide, quotas)."""

SUFFIX = "-1234567"
"""What the provider adds to the name of a resource that is given none of its own."""


def role_name(name: str) -> str | None:
    """Return a name for a role whose resource has too long a name for the provider to add to it, otherwise None.

    It begins as the resource's name does and ends with a digest of the whole.
    """
    if len(name) + len(SUFFIX) <= LONGEST_ROLE_NAME:
        return None
    digest = hashlib.sha256(name.encode()).hexdigest()[:7]
    return f"{name[: LONGEST_ROLE_NAME - len(SUFFIX)].rstrip('-')}-{digest}"
