"""How large the stacks are, and how much the twins know."""

from collections import Counter

from apim_infra.rehearsal import urn as urns
from apim_infra.rehearsal.packages import packages
from benchmarks.out import heading, line
from benchmarks.stacks import STACKS, rehearsed


def report() -> bool:
    """Print resources by stack, and types by twin."""
    heading("Size")
    for stack in STACKS:
        graph = rehearsed(stack).graph
        kinds = Counter(urns.package_of(resource.type) for resource in graph.custom())
        per_package = ", ".join(f"{name} {count}" for name, count in sorted(kinds.items()))
        types = len({resource.type for resource in graph.custom()})
        line(f"{stack}: {sum(kinds.values())} resources of {types} types ({per_package})")
    for name, twin in sorted(packages().items()):
        line(f"types that the {name} twin knows by name: {len(twin.types())}")
    return True
