"""For tests of components: run a function as a Pulumi program against twins, in this process."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apim_infra.findings import Finding, Severity
from apim_infra.rehearsal.deployment import Deployment
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.inprocess import InProcess
from apim_infra.rehearsal.packages import packages
from apim_infra.rehearsal.provider import Provider
from apim_infra.rehearsal.record import graph_of
from apim_infra.rehearsal.state import Step


@dataclass(slots=True)
class Recording:
    """What a program registered, and what the twins said."""

    graph: Graph
    deployment: Deployment

    @property
    def findings(self) -> list[Finding]:
        """Everything found, warnings too."""
        return self.graph.findings

    @property
    def errors(self) -> list[Finding]:
        """Findings of severity error."""
        return [finding for finding in self.findings if finding.severity is Severity.ERROR]

    @property
    def exports(self) -> dict[str, Any]:
        """Stack exports, secrets masked."""
        return self.graph.exports

    @property
    def steps(self) -> list[Step]:
        """What was done with each resource."""
        return self.deployment.steps

    def of_type(self, type_: str) -> list[Resource]:
        """Return the resources of one type."""
        return [resource for resource in self.graph.resources if resource.type == type_]

    def named(self, name: str) -> Resource:
        """Return the resource of a name. Raises KeyError when there is none, or more than one."""
        found = [resource for resource in self.graph.resources if resource.name == name]
        if len(found) != 1:
            known = sorted(resource.name for resource in self.graph.resources)
            raise KeyError(f"{len(found)} resources are named {name!r}; there are {known}")
        return found[0]


def record(
    program: Callable[[], Any],
    *,
    project: str = "apim",
    stack: str = "test",
    config: Mapping[str, str] | None = None,
    secret_keys: Iterable[str] = (),
    providers: Mapping[str, Provider] | None = None,
    seed: int = 0,
    parallel: int = 4,
    before: Recording | None = None,
    at_once: bool = False,
) -> Recording:
    """Run a program once and return what it registered.

    What the program raises is raised here. Rejections of twins are findings, not exceptions: a refused resource fails, what needs it is skipped.

    Args:
        program: A function without arguments, or a coroutine function, that makes resources and may call `pulumi.export`.
        project: Project name in URNs.
        stack: Stack name in URNs.
        config: Full keys such as `aws:region` to texts, as `pulumi config` holds them.
        secret_keys: Keys of `config` that are secret.
        providers: Package to twin; None stands for a fresh twin of every package that the project knows.
        seed: Seed of the twins' ids and random values.
        parallel: As the CLI's `--parallel`.
        before: An earlier recording of the same stack, with the same `providers`: the program then runs as an update of it.
        at_once: Whether requests are answered where they are made, which is faster; not for a program with hooks or transforms.

    """
    secrets = frozenset(secret_keys)
    settings = dict(config or {})
    twins = providers if providers is not None else packages(seed)
    deployment = Deployment(
        stack,
        project,
        twins,
        config=settings,
        secret_keys=secrets,
        before=before.deployment.after if before else None,
        seed=seed,
    )
    raised = InProcess(program, _folder(program), settings, secrets, parallel, at_once).run(deployment)
    if raised is not None:
        raise raised
    return Recording(graph_of(deployment), deployment)


def _folder(program: Callable[[], Any]) -> Path:
    """Return the folder that sources are told relative to: that of the project when there is one above the program's file."""
    try:
        file = Path(inspect.getfile(inspect.unwrap(program))).resolve()
    except TypeError:
        return Path.cwd()
    for folder in file.parents:
        if (folder / "Pulumi.yaml").exists() or (folder / "pyproject.toml").exists():
            return folder
    return file.parent
