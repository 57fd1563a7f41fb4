"""Tags of AWS resources."""

from collections.abc import Mapping

import pulumi

Tags = Mapping[str, pulumi.Input[str]]
"""Tags by key."""


def named(tags: Tags | None, name: str) -> dict[str, pulumi.Input[str]]:
    """Return `tags` with the tag `Name`, which the console shows for resources that have no name of their own."""
    return {**(tags or {}), "Name": name}
