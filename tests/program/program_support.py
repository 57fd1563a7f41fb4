"""Words of the tests of the whole program: a run of it in this process, and what is in a graph."""

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from apim_infra.environment import Environment, load_environment
from apim_infra.platform import deploy
from apim_infra.rehearsal.graph import Graph, Resource
from apim_infra.rehearsal.provider import Instance, Provider, Request
from apim_infra.rehearsal.testing import Recording, record
from apim_infra.rehearsal.twins.random import RandomTwin
from apim_infra.settings.program import to_program

ROOT = Path(__file__).resolve().parents[2]


def environment_of(stack: str, *overrides: str, file: Path | None = None) -> Environment:
    """Return a stack of the project with settings laid over it."""
    return load_environment(stack, directory=ROOT, file=file, overrides=overrides)


def record_stack(
    stack: str,
    *overrides: str,
    file: Path | None = None,
    before: Recording | None = None,
    providers: Mapping[str, Provider] | None = None,
) -> Recording:
    """Run the program once in this process, as the stack of that name."""
    values, secret_keys = to_program(environment_of(stack, *overrides, file=file).config)
    return record(
        deploy, stack=stack, config=values, secret_keys=secret_keys, before=before, providers=providers, at_once=True
    )


@cache
def production() -> Recording:
    """Return the recording of prd; it is made once a process."""
    return record_stack("prd")


def of_type(graph: Graph, *types: str) -> list[Resource]:
    """Return the resources of some types, at least one."""
    found = [resource for resource in graph.resources if resource.type in types]
    assert found, f"no resource of {', '.join(types)}"
    return found


def one(graph: Graph, type_: str) -> Resource:
    """Return the only resource of a type."""
    (resource,) = of_type(graph, type_)
    return resource


def in_cluster(graph: Graph) -> list[Resource]:
    """Return the Kubernetes objects and Helm releases."""
    return [resource for resource in graph.resources if resource.type.startswith("kubernetes:")]


def objects(graph: Graph, kind: str) -> dict[str, Resource]:
    """Return the Kubernetes objects of a kind, at least one, by namespace and name: `apim/quota`, or `/envoy` outside of namespaces."""
    found = [resource for resource in in_cluster(graph) if resource.type.endswith(f":{kind}")]
    assert found, f"no {kind}"
    metadata = [(resource, resource.inputs["metadata"]) for resource in found]
    return {f"{data.get('namespace', '')}/{data['name']}": resource for resource, data in metadata}


def texts(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Iterate over every text inside a value, with its path."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(item, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from texts(item, f"{path}[{index}]")


def passwords(graph: Graph) -> list[str]:
    """Return the passwords that the rehearsal of a graph generated: they depend on seed, URN and inputs alone."""
    return [
        str(made.outputs[key])
        for resource in of_type(graph, "random:index/randomPassword:RandomPassword")
        for made in [RandomTwin(graph.seed).create(_request(resource))]
        for key in made.secret_outputs
    ]


def _request(resource: Resource) -> Request:
    return Request(
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        inputs={key: value for key, value in resource.outputs.items() if key not in ("result", "bcryptHash")},
        provider=Instance("", "", {}),
    )
