"""Locks on what keeps state on Azure, once everything else is there."""

from typing import cast

import pulumi

from apim_infra.platform.azure_ground import Ground
from apim_infra.platform.naming import Naming
from components.azure.lock import Locks


def build_locks(naming: Naming, ground: Ground) -> None:
    """Lock what the components ask for. Last, since a lock refuses the deletion of everything below its resource: it is taken off first."""
    before = f"{naming.prefix}-"
    scopes = {
        name.removeprefix(before): scope
        for component in ground.made
        for name, scope in cast("dict[str, pulumi.Output[str]]", getattr(component, "locked", {})).items()
    }
    if scopes:
        waiting = pulumi.ResourceOptions(depends_on=list(ground.made))
        Locks(naming.name("locks"), {"scopes": scopes}, pulumi.ResourceOptions.merge(ground.options, waiting))
