"""Parts of a namespace's quota that gateway groups have for themselves: by a priority class, to which a second quota is scoped.

Admission counts a pod against the quota of its namespace and against that of its class. The parts are what the groups of a class ask for at their
largest while they are rolled out, so that no group can take the room of another, and together with the rest they are the quota of the namespace.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from apim_infra.products.groups import group_namespace, priority_class
from apim_infra.products.registry import shapes
from apim_infra.products.shapes import WorkloadShape
from apim_infra.settings.stack import StackSettings
from apim_infra.sizing.quota import Quota, shapes_sum


@dataclass(frozen=True, slots=True)
class Share:
    """A priority class, and the part of a namespace's quota that its pods have."""

    name: str
    """Name of the priority class and of the quota."""
    namespace: str
    """Namespace of the pods."""
    priority: int
    """Value of the class: 0 is that of pods without a class, such as the ingress; -1 to -4 for the tiers."""
    groups: tuple[str, ...]
    """Groups whose pods belong to it."""
    quota: Quota


def shares(settings: StackSettings) -> tuple[Share, ...]:
    """Return the parts of one deployment in the order of its groups; none where no group asks for one.

    Groups of a tier share a part in each namespace, and a group with `quota_share` has one for itself.
    Raises `ProductUnavailableError` when the product is not built yet.
    """
    made = shapes(settings)
    groups: dict[tuple[str, str], list[str]] = {}
    priorities: dict[tuple[str, str], int] = {}
    for group in settings.gateway_groups:
        name = priority_class(settings, group)
        if name is not None:
            key = (name, group_namespace(settings, group))
            groups.setdefault(key, []).append(group.name)
            priorities[key] = -(group.tier or 0)
    return tuple(
        Share(
            name, namespace, priorities[name, namespace], tuple(members), shapes_sum(settings, _of(made, set(members)))
        )
        for (name, namespace), members in groups.items()
    )


def _of(made: tuple[WorkloadShape, ...], groups: set[str]) -> Iterator[WorkloadShape]:
    """Return the workloads of some groups whose pods have a priority class: those that stay, not their Jobs."""
    return (shape for shape in made if shape.group in groups and shape.priority_class)
