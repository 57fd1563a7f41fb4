"""What the AWS components share: tags, options of children, and how wrong arguments are refused."""

from collections.abc import Iterable, Mapping

import pulumi

Tags = Mapping[str, pulumi.Input[str]]
"""Tags by key."""


def named(tags: Tags | None, name: str) -> dict[str, pulumi.Input[str]]:
    """Return `tags` with the tag `Name`, which the console shows for resources that have no name of their own."""
    return {**(tags or {}), "Name": name}


def after(parent: pulumi.Resource, opts: pulumi.ResourceOptions | None) -> pulumi.ResourceOptions:
    """Return options of a child that waits for what its component was told to wait for.

    Pulumi does not hand `depends_on` of a component down to its children.
    """
    return pulumi.ResourceOptions(parent=parent, depends_on=opts.depends_on if opts else None)


def refuse(component: str, problems: Iterable[tuple[str, str]]) -> None:
    """Refuse wrong arguments of a component, all at once.

    `problems` are pairs of a property path and the rule that it breaks, with the fix. Raises `pulumi.InputPropertiesError` if there are any.
    """
    found = list(problems)
    if found:
        message = f"{component}: " + "; ".join(f"{path}: {reason}" for path, reason in found)
        raise pulumi.InputPropertiesError(
            message, [{"property_path": path, "reason": reason} for path, reason in found]
        )
