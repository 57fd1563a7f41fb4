"""Records programs on Azure without the aliases of single API versions, as the platform does: they take ten times as long as all else."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import pulumi

from components.azure.version_aliases import without_version_aliases


def lean(program: Callable[[], Any]) -> Callable[[], Any]:
    """Return a program whose resources carry no aliases of single API versions."""

    @wraps(program)
    def run() -> Any:
        pulumi.runtime.register_stack_transformation(without_version_aliases)
        return program()

    return run
