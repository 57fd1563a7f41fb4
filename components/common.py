"""What components on every cloud and in Kubernetes share: options of children, and how wrong arguments are refused."""

from collections.abc import Iterable, Sequence
from typing import cast

import pulumi


def after(
    parent: pulumi.Resource, opts: pulumi.ResourceOptions | None, *more: pulumi.Resource
) -> pulumi.ResourceOptions:
    """Return options of a child that waits for what its component was told to wait for, and for `more`.

    Pulumi does not hand `depends_on` of a component down to its children.
    """
    given = opts.depends_on if opts else None
    before: list[pulumi.Input[pulumi.Resource]] = []
    if isinstance(given, pulumi.Resource):
        before = [given]
    elif given is not None:
        before = list(cast("Sequence[pulumi.Input[pulumi.Resource]]", given))
    return pulumi.ResourceOptions(parent=parent, depends_on=[*before, *more])


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
